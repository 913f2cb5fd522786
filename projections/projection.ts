/**
 * What a projection is: a name, a version, tables, and a fold of events into them. A view can be dropped
 * and rebuilt from the log at any time, and a rebuild gives the same tables (`digest.ts`): so `apply` uses
 * nothing but the event, what `prepare` read from the content, and the view's own tables.
 *
 * Any personal field may be erased; it then stands as NULL. `purge` brings the tables of a scope whose key
 * was destroyed to where a rebuild would now bring them.
 */
import type { StoredEvent } from '../events/codec.ts';
import type { DomainEvent } from '../events/domain-event.ts';
import type { KeyScope } from '../events/scope-keys.ts';
import type { ViewDatabase } from './view-database.ts';

export type EventType = DomainEvent['type'];
export type EventOfType<T extends EventType> = Extract<DomainEvent, { readonly type: T }>;

/** A part of the content of a table that counts for the digest, in the order of its key. */
export interface DigestTable {
  readonly table: string;
  /** Columns that tell one row from another. */
  readonly key: readonly string[];
}

export interface Projection<Prepared = unknown> {
  readonly name: string;
  /** Raise it whenever the same events would give other tables. */
  readonly version: number;
  /** DDL of an empty view. */
  readonly schema: readonly string[];
  readonly handles: ReadonlySet<string>;
  /** Every table of the view. */
  readonly digest: readonly DigestTable[];
  /** Reads, outside the transaction, what `apply` needs beside the event. Throws `SourceUnavailable` when
   * it should be tried again; content that is gone for good is a value. */
  prepare?(event: StoredEvent, sources: Sources): Promise<Prepared>;
  apply(db: ViewDatabase, event: StoredEvent, prepared: Prepared): void;
  /** What was applied since the last commit has been rolled back: forget what was kept of the tables. */
  undone?(): void;
  /** Removes what stood under a key that was destroyed. */
  purge?(db: ViewDatabase, scope: KeyScope): void;
}

export type Segment =
  | { readonly kind: 'inline'; readonly length: number }
  | { readonly kind: 'blob'; readonly offset: number; readonly length: number };

/** A message's octets as its readers see them: a list of inline pieces and ranges of a sealed blob. */
export interface SegmentedContent {
  readonly messageId: string;
  readonly blobId: string;
  readonly segments: readonly Segment[];
  /** The inline segments' octets, in order. */
  readonly inline: readonly Uint8Array[];
}

/** What a projection may read beside the log. */
export interface Sources {
  /** The whole content, in pieces. Throws `ContentGone` or `SourceUnavailable`. */
  readContent(content: SegmentedContent): AsyncIterable<Uint8Array>;
}

/** The content was erased or disposed of. */
export class ContentGone extends Error {
  override readonly name = 'ContentGone';
}
/** The content cannot be read now; later it may be. */
export class SourceUnavailable extends Error {
  override readonly name = 'SourceUnavailable';
}

/** One function for each event type that a projection handles. */
export type Handlers = {
  readonly [T in EventType]?: (db: ViewDatabase, event: StoredEvent<EventOfType<T>>) => void;
};

export const handledTypes = (handlers: Handlers): ReadonlySet<string> => new Set(Object.keys(handlers));

/** Calls the handler of the event's type, if there is one. */
export function handle(handlers: Handlers, db: ViewDatabase, stored: StoredEvent): void {
  if (stored.event.type === 'Unknown') return;
  const handler = handlers[stored.event.type] as
    | ((db: ViewDatabase, event: StoredEvent<DomainEvent>) => void)
    | undefined;
  handler?.(db, stored as StoredEvent<DomainEvent>);
}
