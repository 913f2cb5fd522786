/**
 * The mailbox view: what IMAP and POP3 clients see, as rows for each account, folder and message. What an
 * event means is the fold's business alone (`partial-fold.ts`); this file writes down what came of it.
 *
 * The states of the accounts in use (without messages) are kept in memory, at most `mailboxesMax`.
 */
import type { StoredEvent } from '../../events/codec.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { mailboxDefinitions } from '../../events/mailbox.ts';
import type { MailboxState } from '../../events/mailbox-state.ts';
import { streamId } from '../../events/streams.ts';
import { parseUidSet } from '../../events/uid-set.ts';
import { type BoundedMap, boundedMap } from '../bounded-map.ts';
import { scopeId } from '../personal.ts';
import type { Projection } from '../projection.ts';
import type { ViewDatabase } from '../view-database.ts';
import {
  loadMailbox,
  mailboxDigest,
  mailboxSchema,
  saveFolder,
  saveKeyword,
  saveKeywordSets,
  saveMailbox,
  saveSubscription,
} from './mailbox-rows.ts';
import { foldPartially, type MailboxChange, type PlacedMessage } from './partial-fold.ts';

const messagesSchema = `CREATE TABLE messages (
  account_id TEXT NOT NULL,
  folder_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  keywords INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  internal_offset INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  origin INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  PRIMARY KEY (account_id, folder_id, uid)
) STRICT, WITHOUT ROWID`;

export function createMailboxView(options: { readonly mailboxesMax: number }): Projection<undefined> {
  const states = boundedMap<string, MailboxState>(options.mailboxesMax);
  return {
    name: 'mailbox',
    version: 1,
    schema: [...mailboxSchema, messagesSchema],
    handles: new Set(mailboxDefinitions.map(({ type }) => type)),
    digest: [...mailboxDigest, { table: 'messages', key: ['account_id', 'folder_id', 'uid'] }],
    apply: (db, stored) => applyEvent(db, stored as StoredEvent<MailboxEvent>, states),
    undone: () => states.clear(),
    purge(db, scope) {
      const accountId = scopeId('account', scope);
      if (accountId === undefined) return;
      db.run('UPDATE folders SET name = NULL WHERE account_id = ?', accountId);
      db.run('UPDATE keywords SET name = NULL WHERE account_id = ?', accountId);
      db.run('UPDATE subscriptions SET path = NULL WHERE account_id = ?', accountId);
    },
  };
}

function applyEvent(
  db: ViewDatabase,
  stored: StoredEvent<MailboxEvent>,
  states: BoundedMap<string, MailboxState>,
): void {
  const accountId = streamId(stored.stream);
  const state = states.get(accountId) ?? loadMailbox(db, accountId);
  states.set(accountId, state);
  const keywordSets = state.keywordSets.length;
  const load = (folderId: number, uids: string) => loadMessages(db, accountId, folderId, uids);
  for (const change of foldPartially(state, stored, load)) {
    saveMessages(db, accountId, change);
    for (const folderId of change.folders) saveFolder(db, accountId, folderId, state);
  }
  saveKeywordSets(db, accountId, keywordSets, state);
  const { event } = stored;
  if (event.type === 'KeywordDeclared') saveKeyword(db, accountId, event.data.keywordId, state);
  if (event.type === 'FolderSubscribed' || event.type === 'FolderUnsubscribed')
    saveSubscription(db, accountId, event.data.subscriptionId, state);
  saveMailbox(db, accountId, state);
}

function saveMessages(db: ViewDatabase, accountId: string, change: MailboxChange): void {
  if (change.emptied !== undefined)
    db.run('DELETE FROM messages WHERE account_id = ? AND folder_id = ?', accountId, change.emptied);
  for (const { folderId, row } of change.removed)
    db.run(
      'DELETE FROM messages WHERE account_id = ? AND folder_id = ? AND uid = ?',
      accountId,
      folderId,
      row.uid,
    );
  for (const { folderId, row, messageId } of change.written)
    db.run(
      'INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      accountId,
      folderId,
      row.uid,
      row.flags,
      row.keywords,
      row.modseq,
      row.size,
      row.internalDate,
      row.internalOffset,
      row.savedAt,
      row.origin,
      row.ordinal,
      messageId,
    );
}

/** A row of the table `messages`. */
export interface MessageColumns {
  readonly uid: number;
  readonly flags: number;
  readonly keywords: number;
  readonly modseq: number;
  readonly size: number;
  readonly internal_date: number;
  readonly internal_offset: number;
  readonly saved_at: number;
  readonly origin: number;
  readonly ordinal: number;
  readonly message_id: string;
}

function loadMessages(db: ViewDatabase, accountId: string, folderId: number, uids: string): PlacedMessage[] {
  const placed: PlacedMessage[] = [];
  for (const [first, last] of parseUidSet(uids)) {
    const rows = db.all<MessageColumns>(
      'SELECT * FROM messages WHERE account_id = ? AND folder_id = ? AND uid BETWEEN ? AND ? ORDER BY uid',
      accountId,
      folderId,
      first,
      last,
    );
    for (const row of rows)
      placed.push({
        folderId,
        messageId: row.message_id,
        row: {
          uid: row.uid,
          flags: row.flags,
          keywords: row.keywords,
          modseq: row.modseq,
          size: row.size,
          internalDate: row.internal_date,
          internalOffset: row.internal_offset,
          savedAt: row.saved_at,
          origin: row.origin,
          ordinal: row.ordinal,
        },
      });
  }
  return placed;
}
