/** What the log asks of its two workers, and what they answer. */
import type { ExpectedRevision, LogIndex, Revision } from '../../../events/event-log.ts';

export interface LogSetup {
  readonly path: string;
  readonly pagesMax: number | undefined;
}

export interface WriterHello {
  /** The index that the next event will get. */
  readonly next: LogIndex;
}

/** Beside it travel each event's data and metadata, in turns. */
export interface AppendRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly ids: readonly string[];
  readonly types: readonly string[];
}

export type AppendAnswer =
  | {
      readonly kind: 'appended';
      readonly firstRevision: Revision;
      readonly firstIndex: LogIndex;
      readonly lastIndex: LogIndex;
      /** True when the events stood there already. */
      readonly repeated: boolean;
      /** The stream's last revision now. */
      readonly head: Revision;
    }
  | { readonly kind: 'conflict'; readonly actual: Revision };

export type ReadRequest =
  | { readonly kind: 'head' }
  | { readonly kind: 'last-revision'; readonly stream: string }
  | { readonly kind: 'all'; readonly from: LogIndex; readonly before: LogIndex; readonly eventsMax: number }
  | {
      readonly kind: 'stream';
      readonly stream: string;
      readonly from: Revision;
      /** Last revision to return when going up. */
      readonly until: Revision;
      readonly backwards: boolean;
      readonly eventsMax: number;
    };

export type ReadAnswer =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'page'; readonly page: PageColumns };

/** A page of events in columns: cheap to clone. Each event's data and metadata travel beside it, in turns. */
export interface PageColumns {
  /** Names of streams and types, each once. */
  readonly names: readonly string[];
  readonly indexes: readonly LogIndex[];
  /** Places in `names`. */
  readonly streams: readonly number[];
  readonly revisions: readonly Revision[];
  readonly ids: readonly string[];
  /** Places in `names`. */
  readonly types: readonly number[];
  /** The stream's last revision at the time of reading; -1 when there is none, or when all were read. */
  readonly lastRevision: Revision;
}
