/** What the trace answers. What is erased is null. */
import type { ViewDatabase } from '../view-database.ts';

export interface TracedMessage {
  readonly messageId: string;
  readonly logIndex: number;
  readonly at: number;
  /** `mx`, `submission` or `append`. */
  readonly origin: string;
  readonly sessionId: string | null;
  readonly submitterId: string | null;
  readonly size: number;
  readonly sender: string | null;
  readonly messageIdHeader: string | null;
  readonly subject: string | null;
  readonly from: string | null;
  /** 1 when bare CRs and LFs were made CRLF on the way in. */
  readonly newlinesNormalized: number;
}

export interface TracedRecipient {
  readonly accountIds: readonly string[];
  readonly address: string | null;
  /** As sent, with its parameters. */
  readonly path: unknown;
}

export interface TraceEntry {
  readonly logIndex: number;
  readonly at: number;
  readonly type: string;
  readonly by: string;
  readonly stream: string;
  readonly accountId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface SessionEntry {
  readonly logIndex: number;
  readonly at: number;
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly personal: Readonly<Record<string, unknown>> | null;
}

export interface MessageTrace {
  readonly message: TracedMessage;
  readonly envelope: unknown;
  readonly recipients: readonly TracedRecipient[];
  /** In log order. */
  readonly entries: readonly TraceEntry[];
  /** The session that brought it, in log order. */
  readonly session: readonly SessionEntry[];
}

const messageColumns = `m.message_id AS messageId, m.log_index AS logIndex, m.at, m.origin,
  m.session_id AS sessionId, m.submitter_id AS submitterId, m.size, m.sender,
  m.message_id_header AS messageIdHeader, m.subject, m.from_header AS "from",
  m.newlines_normalized AS newlinesNormalized`;

const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
type Fields = Readonly<Record<string, unknown>>;

export const traceQueries = {
  /** The life of one message; undefined when the view knows none with that id. */
  message(db: ViewDatabase, messageId: string): MessageTrace | undefined {
    const found = db.get<TracedMessage & { envelope: string | null }>(
      `SELECT ${messageColumns}, m.envelope FROM messages m WHERE message_id = ?`,
      messageId,
    );
    if (found === undefined) return undefined;
    const { envelope, ...message } = found;
    return {
      message,
      envelope: parsed(envelope),
      recipients: recipientsOf(db, messageId),
      entries: entriesOf(db, messageId),
      session: message.sessionId === null ? [] : traceQueries.session(db, message.sessionId),
    };
  },

  /** What one session did. */
  session: (db: ViewDatabase, sessionId: string): SessionEntry[] =>
    db
      .all<Omit<SessionEntry, 'detail' | 'personal'> & { detail: string; personal: string | null }>(
        `SELECT log_index AS logIndex, at, type, detail, personal FROM session_entries
         WHERE session_id = ? ORDER BY log_index`,
        sessionId,
      )
      .map((row) => ({
        ...row,
        detail: JSON.parse(row.detail) as Fields,
        personal: parsed(row.personal) as Fields | null,
      })),

  /** By Message-ID, with or without its angle brackets; newest first. */
  byMessageIdHeader: (db: ViewDatabase, header: string, limit: number): TracedMessage[] =>
    db.all(
      `SELECT ${messageColumns} FROM messages m
       WHERE message_id_header IN (?, '<' || ? || '>') ORDER BY log_index DESC LIMIT ?`,
      header,
      header,
      limit,
    ),

  /** By an address of the envelope, the sender's or a recipient's, in any case of letters; newest first. */
  byAddress: (db: ViewDatabase, address: string, limit: number): TracedMessage[] =>
    db.all(
      `SELECT ${messageColumns} FROM messages m WHERE m.message_id IN (
         SELECT message_id FROM messages WHERE sender = ? COLLATE NOCASE
         UNION SELECT message_id FROM recipients WHERE address = ? COLLATE NOCASE
       ) ORDER BY log_index DESC LIMIT ?`,
      address,
      address,
      limit,
    ),

  /** A folder's own name as it is now; null when erased or gone. */
  folderName: (db: ViewDatabase, accountId: string, folderId: number): string | null =>
    db.get<{ name: string | null }>(
      'SELECT name FROM folders WHERE account_id = ? AND folder_id = ?',
      accountId,
      folderId,
    )?.name ?? null,
} as const;

const recipientsOf = (db: ViewDatabase, messageId: string): TracedRecipient[] =>
  db
    .all<{ account_ids: string; address: string | null; path: string | null }>(
      'SELECT account_ids, address, path FROM recipients WHERE message_id = ? ORDER BY place',
      messageId,
    )
    .map((row) => ({
      accountIds: JSON.parse(row.account_ids) as string[],
      address: row.address,
      path: parsed(row.path),
    }));

const entriesOf = (db: ViewDatabase, messageId: string): TraceEntry[] =>
  db
    .all<Omit<TraceEntry, 'detail'> & { detail: string }>(
      `SELECT log_index AS logIndex, at, type, actor AS "by", stream, account_id AS accountId, detail
       FROM entries WHERE message_id = ? ORDER BY log_index, place`,
      messageId,
    )
    .map((row) => ({ ...row, detail: JSON.parse(row.detail) as Fields }));
