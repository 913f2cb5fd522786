/** One line in the timeline of one message. */
import type { StoredEvent } from '../../events/codec.ts';
import type { DomainEvent } from '../../events/domain-event.ts';
import type { KeyScope } from '../../events/scope-keys.ts';
import type { ViewDatabase } from '../view-database.ts';

export interface Entry {
  readonly messageId: string;
  /** Tells messages of one event apart. Default 0. */
  readonly place?: number;
  readonly accountId?: string;
  /** Nothing personal, but for a line that has a `scope`. */
  readonly detail: Readonly<Record<string, unknown>>;
  readonly scope?: KeyScope | null;
}

export function writeEntry(db: ViewDatabase, stored: StoredEvent<DomainEvent>, entry: Entry): void {
  db.run(
    'INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    entry.messageId,
    stored.index,
    entry.place ?? 0,
    stored.at,
    stored.event.type,
    stored.by,
    stored.stream,
    entry.accountId ?? null,
    JSON.stringify(entry.detail),
    entry.scope ?? null,
  );
}
