/** What the access view answers; newest first. */
import type { ViewDatabase } from '../view-database.ts';

export interface AccessAct {
  readonly logIndex: number;
  readonly at: number;
  /** `MessagesRead`, `FolderOpened`, `Authenticated` or `IdleLoginsCounted`. */
  readonly type: string;
  readonly readerId: string;
  /** Whose mailbox; null for a login. */
  readonly accountId: string | null;
  readonly sessionId: string;
  readonly clear: Readonly<Record<string, unknown>>;
  /** Null when erased. */
  readonly personal: Readonly<Record<string, unknown>> | null;
}

type ActRow = Omit<AccessAct, 'clear' | 'personal'> & {
  readonly clear: string;
  readonly personal: string | null;
};

const columns = `a.log_index AS logIndex, a.at, a.type, a.reader_id AS readerId, a.account_id AS accountId,
  a.session_id AS sessionId, a.clear, a.personal`;

const actOf = (row: ActRow): AccessAct => ({
  ...row,
  clear: JSON.parse(row.clear) as AccessAct['clear'],
  personal: row.personal === null ? null : (JSON.parse(row.personal) as AccessAct['clear']),
});

export const accessQueries = {
  /** What a person did. */
  byReader: (db: ViewDatabase, readerId: string, limit: number): AccessAct[] =>
    db
      .all<ActRow>(
        `SELECT ${columns} FROM acts a WHERE reader_id = ? ORDER BY log_index DESC LIMIT ?`,
        readerId,
        limit,
      )
      .map(actOf),

  /** Who did something in an account. */
  byAccount: (db: ViewDatabase, accountId: string, limit: number): AccessAct[] =>
    db
      .all<ActRow>(
        `SELECT ${columns} FROM acts a WHERE account_id = ? ORDER BY log_index DESC LIMIT ?`,
        accountId,
        limit,
      )
      .map(actOf),

  /** Who read a message. */
  byMessage: (db: ViewDatabase, messageId: string, limit: number): AccessAct[] =>
    db
      .all<ActRow>(
        `SELECT DISTINCT ${columns} FROM act_messages m JOIN acts a USING (log_index)
         WHERE m.message_id = ? ORDER BY log_index DESC LIMIT ?`,
        messageId,
        limit,
      )
      .map(actOf),

  /** The messages of one act. */
  messagesOf: (db: ViewDatabase, logIndex: number): { messageId: string; uid: number }[] =>
    db.all(
      'SELECT message_id AS messageId, uid FROM act_messages WHERE log_index = ? ORDER BY uid, message_id',
      logIndex,
    ),
} as const;
