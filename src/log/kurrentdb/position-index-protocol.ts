/** What travels between the position index and its worker. */
import type { LogIndex, Revision } from '../../../events/event-log.ts';
import type { Position } from './position.ts';

/** Where an event stands in `$all`. */
export interface Mark {
  readonly index: LogIndex;
  readonly position: Position;
}

/** The newest event that was counted. */
export interface Counted extends Mark {
  readonly id: string;
}

export type IndexRequest =
  /** Octets: one stream key for each event. The events stand densely from `firstIndex`. */
  | {
      readonly kind: 'add';
      readonly firstIndex: LogIndex;
      readonly revisions: readonly Revision[];
      readonly marks: readonly Mark[];
      readonly newest: Counted;
    }
  /** Octets: the stream's key. */
  | { readonly kind: 'find'; readonly first: Revision; readonly last: Revision }
  | { readonly kind: 'mark'; readonly atOrBelow: LogIndex }
  | { readonly kind: 'reset' };

export type IndexAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'places'; readonly places: readonly (readonly [Revision, LogIndex])[] }
  | { readonly kind: 'mark'; readonly mark: Mark | undefined };

export interface IndexHello {
  readonly newest: Counted | undefined;
}

export interface IndexSetup {
  readonly path: string;
}
