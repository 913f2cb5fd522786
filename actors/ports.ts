/** What the actors need from the world; adapters stand in `src/`. */
import type { Actor, Codec } from '../events/codec.ts';
import type { EventLog } from '../events/event-log.ts';
import type { KeyScope } from '../events/scope-keys.ts';

export interface Snapshot {
  readonly revision: number;
  /** Time of the event at that revision. */
  readonly at: number;
  readonly octets: Uint8Array;
}

/** A cache: losing it costs time only. Implementations seal what they keep under the scope's key. */
export interface SnapshotStore {
  load(stream: string, foldVersion: number, scope: KeyScope): Promise<Snapshot | undefined>;
  save(stream: string, foldVersion: number, scope: KeyScope, snapshot: Snapshot): Promise<void>;
}

export interface ActorLogger {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface ActorRuntime {
  readonly log: EventLog;
  readonly codec: Codec;
  readonly snapshots: SnapshotStore;
  readonly logger: ActorLogger;
  readonly now: () => number;
  readonly newId: () => string;
}

/** Who asks, and in which chain of causes. */
export interface AskContext {
  readonly by: Actor;
  readonly correlationId: string;
  readonly causationId: string;
}

/** The actor could not answer: the log is not to be had, it timed out, or it crashed. The command may or
 * may not have happened; asking again with the same ids is safe where the command says so. */
export class ActorUnavailable extends Error {
  override readonly name = 'ActorUnavailable';
}
