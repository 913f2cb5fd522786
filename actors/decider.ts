/**
 * A decider is the write side of one stream: what the facts so far allow to happen next. Pure: time, ids
 * and outside answers arrive with the command. The fold is the one from `events/`.
 */
import type { DomainEvent } from '../events/domain-event.ts';
import type { KeyScope } from '../events/scope-keys.ts';

/** Where a decision stands: the stream's id, and the time its events will carry. */
export interface DecideInput {
  readonly streamId: string;
  /** Milliseconds since the epoch; never before the stream's last event. */
  readonly at: number;
  /** The revision that the first event of this decision will get. */
  readonly nextRevision: number;
}

/** No events and a reply is how a command is refused, or answered when there is nothing to do. */
export interface Decision<Event, Reply> {
  readonly events: readonly Event[];
  readonly reply: Reply;
}

export interface Decider<State, Command, Event extends DomainEvent, Reply> {
  /** The stream of an id, e.g. `mailboxStream`. */
  readonly stream: (id: string) => string;
  readonly initial: () => State;
  /** Must not change the state. */
  readonly decide: (command: Command, state: State, input: DecideInput) => Decision<Event, Reply>;
  /** May consume the state (change it in place); the host keeps only what is returned. */
  readonly apply: (state: State, event: Event, revision: number, at: number) => State;
  readonly snapshot?: SnapshotFormat<State>;
}

/** A sealed cache of a folded state, keyed by stream, revision and fold version. */
export interface SnapshotFormat<State> {
  readonly foldVersion: number;
  readonly scope: (streamId: string) => KeyScope;
  readonly encode: (state: State) => Uint8Array;
  /** Throws on octets it cannot read: the snapshot is then passed over. */
  readonly decode: (octets: Uint8Array) => State;
}
