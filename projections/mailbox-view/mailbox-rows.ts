/**
 * A mailbox's state (without its messages) as rows, and back: exact, so that the view goes on from its own
 * tables after a restart. Nothing here interprets an event.
 */
import { erased, type Personal } from '../../events/event-definition.ts';
import type { SpecialUse } from '../../events/mailbox.ts';
import { type Folder, initialMailbox, type MailboxState } from '../../events/mailbox-state.ts';
import { MessageTable } from '../../events/message-table.ts';
import { opened } from '../personal.ts';
import type { ViewDatabase } from '../view-database.ts';

export const mailboxSchema = [
  `CREATE TABLE mailboxes (
    account_id TEXT PRIMARY KEY,
    opened INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    modseq_base INTEGER NOT NULL,
    last_uid_validity INTEGER NOT NULL,
    last_folder_id INTEGER NOT NULL,
    folders_revision INTEGER NOT NULL,
    last_subscription_id INTEGER NOT NULL,
    highest_source INTEGER NOT NULL,
    skipped_sources TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE folders (
    account_id TEXT NOT NULL,
    folder_id INTEGER NOT NULL,
    parent_id INTEGER,
    name TEXT,
    uid_validity INTEGER NOT NULL,
    uid_next INTEGER NOT NULL,
    special_use TEXT,
    selectable INTEGER NOT NULL,
    highest_modseq INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    PRIMARY KEY (account_id, folder_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE keywords (
    account_id TEXT NOT NULL,
    keyword_id INTEGER NOT NULL,
    name TEXT,
    PRIMARY KEY (account_id, keyword_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE keyword_sets (
    account_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    keyword_ids TEXT NOT NULL,
    PRIMARY KEY (account_id, number)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE subscriptions (
    account_id TEXT NOT NULL,
    subscription_id INTEGER NOT NULL,
    path TEXT,
    PRIMARY KEY (account_id, subscription_id)
  ) STRICT, WITHOUT ROWID`,
] as const;

export const mailboxDigest = [
  { table: 'mailboxes', key: ['account_id'] },
  { table: 'folders', key: ['account_id', 'folder_id'] },
  { table: 'keywords', key: ['account_id', 'keyword_id'] },
  { table: 'keyword_sets', key: ['account_id', 'number'] },
  { table: 'subscriptions', key: ['account_id', 'subscription_id'] },
] as const;

export function saveMailbox(db: ViewDatabase, accountId: string, state: MailboxState): void {
  db.run(
    'INSERT OR REPLACE INTO mailboxes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    accountId,
    Number(state.accountId !== undefined),
    Number(state.closed),
    state.revision,
    state.modseqBase,
    state.lastUidValidity,
    state.lastFolderId,
    state.foldersRevision,
    state.lastSubscriptionId,
    state.highestSource,
    JSON.stringify([...state.skippedSources].sort((a, b) => a - b)),
  );
}

/** Writes the folder as the state has it; deletes the row when the state has it no more. */
export function saveFolder(db: ViewDatabase, accountId: string, folderId: number, state: MailboxState): void {
  const folder = state.folders.get(folderId);
  if (folder === undefined) {
    db.run('DELETE FROM folders WHERE account_id = ? AND folder_id = ?', accountId, folderId);
    return;
  }
  db.run(
    'INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    accountId,
    folderId,
    folder.parentId,
    opened(folder.label)?.name ?? null,
    folder.uidValidity,
    folder.uidNext,
    folder.specialUse ?? null,
    Number(folder.selectable),
    folder.highestModseq,
    folder.octets,
  );
}

export function saveKeyword(
  db: ViewDatabase,
  accountId: string,
  keywordId: number,
  state: MailboxState,
): void {
  const name = opened(state.keywords[keywordId])?.name ?? null;
  db.run('INSERT OR REPLACE INTO keywords VALUES (?, ?, ?)', accountId, keywordId, name);
}

/** Writes the keyword combinations from number `from` on: they are only ever added. */
export function saveKeywordSets(
  db: ViewDatabase,
  accountId: string,
  from: number,
  state: MailboxState,
): void {
  for (let number = from; number < state.keywordSets.length; number++) {
    const keywordIds = JSON.stringify(state.keywordSets[number]);
    db.run('INSERT OR REPLACE INTO keyword_sets VALUES (?, ?, ?)', accountId, number, keywordIds);
  }
}

export function saveSubscription(
  db: ViewDatabase,
  accountId: string,
  subscriptionId: number,
  state: MailboxState,
): void {
  const label = state.subscriptions.get(subscriptionId);
  if (label === undefined)
    db.run(
      'DELETE FROM subscriptions WHERE account_id = ? AND subscription_id = ?',
      accountId,
      subscriptionId,
    );
  else
    db.run(
      'INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)',
      accountId,
      subscriptionId,
      opened(label)?.path ?? null,
    );
}

interface MailboxColumns {
  readonly opened: number;
  readonly closed: number;
  readonly revision: number;
  readonly modseq_base: number;
  readonly last_uid_validity: number;
  readonly last_folder_id: number;
  readonly folders_revision: number;
  readonly last_subscription_id: number;
  readonly highest_source: number;
  readonly skipped_sources: string;
}

/** The state without messages; the initial one for an account that the view has never seen. */
export function loadMailbox(db: ViewDatabase, accountId: string): MailboxState {
  const state = initialMailbox();
  const row = db.get<MailboxColumns>('SELECT * FROM mailboxes WHERE account_id = ?', accountId);
  if (row === undefined) return state;
  if (row.opened === 1) state.accountId = accountId;
  state.closed = row.closed === 1;
  state.revision = row.revision;
  state.modseqBase = row.modseq_base;
  state.lastUidValidity = row.last_uid_validity;
  state.lastFolderId = row.last_folder_id;
  state.foldersRevision = row.folders_revision;
  state.lastSubscriptionId = row.last_subscription_id;
  state.highestSource = row.highest_source;
  for (const source of JSON.parse(row.skipped_sources) as number[]) state.skippedSources.add(source);
  for (const folder of loadFolders(db, accountId)) state.folders.set(folder.id, folder);
  loadNames(db, accountId, state);
  return state;
}

interface FolderColumns {
  readonly folder_id: number;
  readonly parent_id: number | null;
  readonly name: string | null;
  readonly uid_validity: number;
  readonly uid_next: number;
  readonly special_use: SpecialUse | null;
  readonly selectable: number;
  readonly highest_modseq: number;
  readonly octets: number;
}

const loadFolders = (db: ViewDatabase, accountId: string): Folder[] =>
  db
    .all<FolderColumns>('SELECT * FROM folders WHERE account_id = ? ORDER BY folder_id', accountId)
    .map((row) => ({
      id: row.folder_id,
      parentId: row.parent_id,
      label: row.name === null ? erased : { name: row.name },
      uidValidity: row.uid_validity,
      uidNext: row.uid_next,
      specialUse: row.special_use ?? undefined,
      selectable: row.selectable === 1,
      highestModseq: row.highest_modseq,
      octets: row.octets,
      messages: new MessageTable(),
    }));

function loadNames(db: ViewDatabase, accountId: string, state: MailboxState): void {
  const named = <T>(value: T | null): Personal<T> => value ?? erased;
  for (const row of db.all<{ keyword_id: number; name: string | null }>(
    'SELECT keyword_id, name FROM keywords WHERE account_id = ? ORDER BY keyword_id',
    accountId,
  ))
    state.keywords[row.keyword_id] = named(row.name === null ? null : { name: row.name });
  for (const row of db.all<{ number: number; keyword_ids: string }>(
    'SELECT number, keyword_ids FROM keyword_sets WHERE account_id = ? ORDER BY number',
    accountId,
  )) {
    const keywordIds = JSON.parse(row.keyword_ids) as number[];
    state.keywordSets[row.number] = keywordIds;
    state.keywordSetIndex.set(keywordIds.join(','), row.number);
  }
  for (const row of db.all<{ subscription_id: number; path: string | null }>(
    'SELECT subscription_id, path FROM subscriptions WHERE account_id = ? ORDER BY subscription_id',
    accountId,
  ))
    state.subscriptions.set(row.subscription_id, named(row.path === null ? null : { path: row.path }));
}
