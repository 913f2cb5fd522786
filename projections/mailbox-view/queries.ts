/** What the mailbox view answers. Erased names are null. */
import type { ViewDatabase } from '../view-database.ts';

export interface FolderSummary {
  readonly folderId: number;
  readonly parentId: number | null;
  readonly name: string | null;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly specialUse: string | null;
  readonly selectable: boolean;
  readonly highestModseq: number;
  readonly octets: number;
  readonly messages: number;
  readonly unseen: number;
}

export interface MessageSummary {
  readonly uid: number;
  /** Bits of `flagBits`. */
  readonly flags: number;
  readonly keywordIds: readonly number[];
  readonly modseq: number;
  readonly size: number;
  readonly internalDate: number;
  readonly internalOffset: number;
  readonly savedAt: number;
  readonly origin: number;
  readonly ordinal: number;
  readonly messageId: string;
}

export const mailboxQueries = {
  /** The revision of the account's stream that the view has reached, -1 when it has seen none. */
  revision: (db: ViewDatabase, accountId: string): number =>
    db.get<{ revision: number }>('SELECT revision FROM mailboxes WHERE account_id = ?', accountId)
      ?.revision ?? -1,

  folders: (db: ViewDatabase, accountId: string): FolderSummary[] =>
    db
      .all<Omit<FolderSummary, 'selectable'> & { selectable: number }>(
        `SELECT folder_id AS folderId, parent_id AS parentId, name, uid_validity AS uidValidity,
           uid_next AS uidNext, special_use AS specialUse, selectable, highest_modseq AS highestModseq, octets,
           (SELECT count(*) FROM messages m
             WHERE m.account_id = f.account_id AND m.folder_id = f.folder_id) AS messages,
           (SELECT count(*) FROM messages m
             WHERE m.account_id = f.account_id AND m.folder_id = f.folder_id AND m.flags & 1 = 0) AS unseen
         FROM folders f WHERE account_id = ? ORDER BY folder_id`,
        accountId,
      )
      .map((row) => ({ ...row, selectable: row.selectable === 1 })),

  /** Names by keyword number. */
  keywords: (db: ViewDatabase, accountId: string): { keywordId: number; name: string | null }[] =>
    db.all(
      'SELECT keyword_id AS keywordId, name FROM keywords WHERE account_id = ? ORDER BY keyword_id',
      accountId,
    ),

  subscriptions: (db: ViewDatabase, accountId: string): { subscriptionId: number; path: string | null }[] =>
    db.all(
      `SELECT subscription_id AS subscriptionId, path FROM subscriptions
       WHERE account_id = ? ORDER BY subscription_id`,
      accountId,
    ),

  /** A folder's messages by rising UID, from `fromUid` on, at most `limit`. */
  messages: (
    db: ViewDatabase,
    accountId: string,
    folderId: number,
    fromUid: number,
    limit: number,
  ): MessageSummary[] =>
    db
      .all<Omit<MessageSummary, 'keywordIds'> & { keywordIds: string | null }>(
        `SELECT uid, flags, k.keyword_ids AS keywordIds, modseq, size, internal_date AS internalDate,
           internal_offset AS internalOffset, saved_at AS savedAt, origin, ordinal, message_id AS messageId
         FROM messages m
         LEFT JOIN keyword_sets k ON k.account_id = m.account_id AND k.number = m.keywords
         WHERE m.account_id = ? AND m.folder_id = ? AND m.uid >= ? ORDER BY m.uid LIMIT ?`,
        accountId,
        folderId,
        fromUid,
        limit,
      )
      .map((row) => ({ ...row, keywordIds: JSON.parse(row.keywordIds ?? '[]') as number[] })),
} as const;
