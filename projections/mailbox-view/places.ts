/**
 * Which message lies where: (account, folder, UID) to message id, for views that must know what an event
 * like `MessagesRead` or `MessagesFlagged` is about. Folded like the mailbox view (`partial-fold.ts`); each
 * view keeps its own copy, so that it is rebuilt from the log alone.
 */
import type { StoredEvent } from '../../events/codec.ts';
import { erased } from '../../events/event-definition.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { type Folder, initialMailbox, type MailboxState } from '../../events/mailbox-state.ts';
import { MessageTable } from '../../events/message-table.ts';
import { streamId } from '../../events/streams.ts';
import { parseUidSet } from '../../events/uid-set.ts';
import { boundedMap } from '../bounded-map.ts';
import { opened } from '../personal.ts';
import type { ViewDatabase } from '../view-database.ts';
import { foldPartially, type MailboxChange, type PlacedMessage } from './partial-fold.ts';

export const placesSchema = [
  `CREATE TABLE places (
    account_id TEXT NOT NULL,
    folder_id INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (account_id, folder_id, uid)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE folders (
    account_id TEXT NOT NULL,
    folder_id INTEGER NOT NULL,
    parent_id INTEGER,
    name TEXT,
    PRIMARY KEY (account_id, folder_id)
  ) STRICT, WITHOUT ROWID`,
] as const;

export const placesDigest = [
  { table: 'places', key: ['account_id', 'folder_id', 'uid'] },
  { table: 'folders', key: ['account_id', 'folder_id'] },
] as const;

export interface Place {
  readonly uid: number;
  readonly messageId: string;
}

export interface Places {
  /** Tells what became of the messages, a bulk change in pieces; `note` is called before a piece is
   * written. */
  apply(db: ViewDatabase, stored: StoredEvent<MailboxEvent>, note: (change: MailboxChange) => void): void;
  /** The messages of a UID set that are there. */
  find(db: ViewDatabase, accountId: string, folderId: number, uids: string): readonly Place[];
  undone(): void;
  purgeAccount(db: ViewDatabase, accountId: string): void;
}

export function createPlaces(mailboxesMax: number): Places {
  const states = boundedMap<string, MailboxState>(mailboxesMax);
  return {
    apply(db, stored, note) {
      const accountId = streamId(stored.stream);
      const state = states.get(accountId) ?? loadState(db, accountId);
      states.set(accountId, state);
      const from = (folderId: number, uids: string) => load(db, accountId, folderId, uids);
      for (const change of foldPartially(state, stored, from)) {
        note(change);
        save(db, accountId, change);
        if (stored.event.type.startsWith('Folder'))
          for (const folderId of change.folders) saveFolder(db, accountId, folderId, state);
      }
    },
    find: (db, accountId, folderId, uids) =>
      load(db, accountId, folderId, uids).map(({ row, messageId }) => ({ uid: row.uid, messageId })),
    undone: () => states.clear(),
    purgeAccount: (db, accountId) => db.run('UPDATE folders SET name = NULL WHERE account_id = ?', accountId),
  };
}

function save(db: ViewDatabase, accountId: string, change: MailboxChange): void {
  if (change.emptied !== undefined)
    db.run('DELETE FROM places WHERE account_id = ? AND folder_id = ?', accountId, change.emptied);
  for (const { folderId, row } of change.removed)
    db.run(
      'DELETE FROM places WHERE account_id = ? AND folder_id = ? AND uid = ?',
      accountId,
      folderId,
      row.uid,
    );
  for (const { folderId, row, messageId } of change.written)
    db.run(
      'INSERT OR IGNORE INTO places VALUES (?, ?, ?, ?, ?, ?)',
      accountId,
      folderId,
      row.uid,
      row.origin,
      row.ordinal,
      messageId,
    );
}

interface PlaceColumns {
  readonly uid: number;
  readonly origin: number;
  readonly ordinal: number;
  readonly message_id: string;
}

/** What the fold asks of a row beside its place does not matter here. */
const unknownColumns = {
  flags: 0,
  keywords: 0,
  modseq: -1,
  size: 0,
  internalDate: 0,
  internalOffset: 0,
  savedAt: 0,
} as const;

function load(db: ViewDatabase, accountId: string, folderId: number, uids: string): PlacedMessage[] {
  const placed: PlacedMessage[] = [];
  for (const [first, last] of parseUidSet(uids)) {
    const rows = db.all<PlaceColumns>(
      `SELECT uid, origin, ordinal, message_id FROM places
       WHERE account_id = ? AND folder_id = ? AND uid BETWEEN ? AND ? ORDER BY uid`,
      accountId,
      folderId,
      first,
      last,
    );
    for (const { uid, origin, ordinal, message_id: messageId } of rows)
      placed.push({ folderId, messageId, row: { uid, origin, ordinal, ...unknownColumns } });
  }
  return placed;
}

function saveFolder(db: ViewDatabase, accountId: string, folderId: number, state: MailboxState): void {
  const folder = state.folders.get(folderId);
  if (folder === undefined)
    db.run('DELETE FROM folders WHERE account_id = ? AND folder_id = ?', accountId, folderId);
  else
    db.run(
      'INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?)',
      accountId,
      folderId,
      folder.parentId,
      opened(folder.label)?.name ?? null,
    );
}

/** As much of the state as the fold needs to place messages. */
function loadState(db: ViewDatabase, accountId: string): MailboxState {
  const state = initialMailbox();
  for (const row of db.all<{ folder_id: number; parent_id: number | null; name: string | null }>(
    'SELECT folder_id, parent_id, name FROM folders WHERE account_id = ?',
    accountId,
  ))
    state.folders.set(row.folder_id, placedFolder(row.folder_id, row.parent_id, row.name));
  return state;
}

const placedFolder = (id: number, parentId: number | null, name: string | null): Folder => ({
  id,
  parentId,
  label: name === null ? erased : { name },
  uidValidity: 0,
  uidNext: 1,
  specialUse: undefined,
  selectable: true,
  highestModseq: 0,
  octets: 0,
  messages: new MessageTable(),
});
