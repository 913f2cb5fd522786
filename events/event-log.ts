/**
 * The log's contract: what every store of events must do, and nothing about how.
 *
 * The log carries bytes. What an event means, and which of its fields are sealed, is the codec's
 * business (`codec.ts`); the log neither parses nor rewrites what it stores, so that a leaf of the
 * later proof tree is the same in every store.
 */
import type { Observable } from 'rxjs';

/** Dense position of an event over all streams of our categories: 0, 1, 2, ... the same in every store. */
export type LogIndex = number;

/** Position of an event in its stream: 0, 1, 2, ... */
export type Revision = number;

/** What the writer believes the stream's last revision to be. `'any'` skips the check. */
export type ExpectedRevision = Revision | 'none' | 'any';

/** An event as a writer hands it over. `id` is a UUIDv7; a retry sends the same ids and bytes. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event as it stands in the log. `data` and `metadata` are the stored bytes, never re-serialised. */
export interface RecordedEvent extends NewEvent {
  readonly index: LogIndex;
  readonly stream: string;
  readonly revision: Revision;
}

/** Where the events of one append stand. For an idempotent retry: where they stood already. */
export interface Appended {
  readonly firstRevision: Revision;
  readonly lastRevision: Revision;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
}

export interface ReadStreamOptions {
  /** First revision to return (forwards) or to start from going down (backwards). Default: the end that fits. */
  readonly from?: Revision;
  readonly direction?: 'forwards' | 'backwards';
  /** At most this many events. Default: all. */
  readonly limit?: number;
}

export interface ReadAllOptions {
  /** First index to return. Default 0. */
  readonly from?: LogIndex;
  readonly limit?: number;
}

/** What a subscription yields. `caught-up` is emitted each time the live edge is reached: every event
 * with an index below `next` has been emitted before it. */
export type LogItem =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  | { readonly kind: 'caught-up'; readonly next: LogIndex };

export interface EventLog {
  /** All events or none; durable when resolved. Throws `WrongExpectedRevision` when another writer came
   * first, `AppendTooLarge` over the limits, `LogUnavailable` when the store cannot answer (the outcome
   * is then unknown when `outcomeUnknown` says so: settle it by sending the same events again), and
   * `RangeError` for what only a bug can hand over: no events, or an id that is no lower-case UUID.
   *
   * Sending the same event ids again at the same expected revision resolves with where they already
   * stand. With `'any'` a repeat is recognised as long as it comes soon.
   *
   * Appends may be chained without waiting, but each is judged by its own expected revision alone: when
   * the first conflicts because another writer came before it, the next one may expect just what that
   * writer left, and is then taken. The octets must not change once they were handed over. */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended>;
  /** A stream that does not exist yields nothing. */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;
  /** The one global order. Finite: ends at the head as of the call. */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;
  /** Catch-up from an index, then live, without gap or duplicate. Memory stays bounded when the
   * subscriber is slow: the subscription reads ahead only as fast as `next` returns (a subscriber that
   * needs to hold it back uses `subscribeBatches`). */
  subscribe(from: LogIndex): Observable<LogItem>;
  /** The same with back-pressure: `handle` is awaited before the next batch is read. The returned
   * function ends it; `done` rejects when the store or the handler failed. */
  follow(
    from: LogIndex,
    handle: (batch: LogBatch) => Promise<void> | void,
    options?: FollowOptions,
  ): Following;
  /** Index that the next event will get; equals the number of events in the log. */
  head(): Promise<LogIndex>;
  /** Last revision of a stream, -1 when it does not exist, as of the call, whoever wrote it. */
  lastRevision(stream: string): Promise<Revision>;
  close(): Promise<void>;
}

export interface LogBatch {
  /** In index order, without gaps. May be empty when `caughtUp` alone is news. */
  readonly events: readonly RecordedEvent[];
  /** True when nothing lay behind the last event at the time of reading. */
  readonly caughtUp: boolean;
}

export interface FollowOptions {
  /** Most events in one batch. Default 512. */
  readonly batchSize?: number;
}

export interface Following {
  /** Resolves when the batch under way has been handled and no other will be; do not await it, or the
   * log's `close`, inside the handler. Never rejects. */
  stop(): Promise<void>;
  /** Resolves when it was stopped or the log was closed; rejects when the store or the handler failed.
   * Somebody has to look at it. */
  readonly done: Promise<void>;
}

/** Largest single event (data and metadata) and largest append, in octets; safe for every store:
 * servers up to 25.0 refuse appends over 1 MiB. */
export const eventSizeMax = 512 * 1024;
export const appendSizeMax = 960 * 1024;
export const appendEventsMax = 1024;

export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** The stream's last revision as the store saw it, -1 when it does not exist. */
  readonly actual: Revision;
  constructor(stream: string, expected: ExpectedRevision, actual: Revision) {
    super(`stream ${stream} is at revision ${actual}, the writer expected ${expected}`);
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';
}

export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
  /** True when the events may or may not have been stored. */
  readonly outcomeUnknown: boolean;
  constructor(message: string, options: { outcomeUnknown: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.outcomeUnknown = options.outcomeUnknown;
  }
}
