/**
 * What the suite needs to know about a store: how to open it, and how to make it misbehave.
 *
 * A store may already hold events (a real server does); the suite uses fresh stream names and counts
 * from the head that it finds. A store that cannot provoke a fault leaves that hook out: the tests that
 * need it are then not part of its suite.
 */
import type { TestContext } from 'node:test';
import type { EventLog } from '../../../events/event-log.ts';

export interface OpenedLog<Store> {
  readonly log: EventLog;
  /** Whatever the harness needs to find its store again. */
  readonly store: Store;
}

export interface EventLogHarness<Store> {
  /** Opens a log on a store that no other test uses at the same time. Everything that this or a later
   * hook opens is closed and removed by `t.after`. */
  readonly open: (t: TestContext) => Promise<OpenedLog<Store>>;
  /** Closes the adapter and opens another one on the same store. */
  readonly reopen: (opened: OpenedLog<Store>) => Promise<EventLog>;
  /** Opens a second adapter on the same store, as another node has it, while the first stays in use. */
  readonly openBeside?: (opened: OpenedLog<Store>) => Promise<EventLog>;
  /** Restarts the store (its server, its worker) under the adapter, which stays in use. Resolves when
   * the store is on its way up again; until it is, the adapter may answer `LogUnavailable`. */
  readonly restartStore?: (opened: OpenedLog<Store>) => Promise<void>;
  /** From now on appends are carried out, but their answers are lost. The returned function resolves
   * when at least one answer has been lost and the store answers again. */
  readonly loseAnswers?: (opened: OpenedLog<Store>) => Promise<() => Promise<void>>;
  readonly fullDisk?: {
    /** Leaves room for about this many octets more. Resolves with the log to use from now on. */
    readonly limitRoom: (opened: OpenedLog<Store>, octets: number) => Promise<EventLog>;
    /** Ends the shortage. Resolves with the log to use from now on. */
    readonly freeRoom: (opened: OpenedLog<Store>) => Promise<EventLog>;
  };
  /** Octets that the store itself (a stand-in) keeps in this process's memory. Default 0. */
  readonly octetsKeptHere?: (opened: OpenedLog<Store>) => number;
}
