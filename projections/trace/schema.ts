/** The tables of the trace. */
export const traceSchema = [
  /** One row for each message, accepted or appended. */
  `CREATE TABLE messages (
    message_id TEXT PRIMARY KEY,
    log_index INTEGER NOT NULL,
    at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    session_id TEXT,
    submitter_id TEXT,
    size INTEGER NOT NULL,
    sender TEXT,
    envelope TEXT,
    message_id_header TEXT,
    subject TEXT,
    from_header TEXT,
    newlines_normalized INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX messages_by_header ON messages (message_id_header) WHERE message_id_header IS NOT NULL',
  'CREATE INDEX messages_by_sender ON messages (sender COLLATE NOCASE) WHERE sender IS NOT NULL',
  /** One row for each RCPT command, in its order. */
  `CREATE TABLE recipients (
    message_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    account_ids TEXT NOT NULL,
    scope TEXT NOT NULL,
    address TEXT,
    path TEXT,
    PRIMARY KEY (message_id, place)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX recipients_by_address ON recipients (address COLLATE NOCASE) WHERE address IS NOT NULL',
  /** The timelines. `place` tells messages of one event apart; `scope` is set when the entry can only be
   * made while that scope's key lives. */
  `CREATE TABLE entries (
    message_id TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    actor TEXT NOT NULL,
    stream TEXT NOT NULL,
    account_id TEXT,
    detail TEXT NOT NULL,
    scope TEXT,
    PRIMARY KEY (message_id, log_index, place)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE session_entries (
    session_id TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    detail TEXT NOT NULL,
    personal TEXT,
    scope TEXT,
    PRIMARY KEY (session_id, log_index)
  ) STRICT, WITHOUT ROWID`,
] as const;

export const traceDigest = [
  { table: 'messages', key: ['message_id'] },
  { table: 'recipients', key: ['message_id', 'place'] },
  { table: 'entries', key: ['message_id', 'log_index', 'place'] },
  { table: 'session_entries', key: ['session_id', 'log_index'] },
] as const;
