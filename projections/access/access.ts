/**
 * Access: who read, opened and entered what, by person and by message. An act is one event of a session
 * after login; the messages of a read are those that lay at its UIDs when it was made.
 *
 * An act whose key is gone keeps its time, its session and the accounts; what was read is then unknown.
 */
import type { StoredEvent } from '../../events/codec.ts';
import { isErased } from '../../events/event-definition.ts';
import { type MailboxEvent, mailboxDefinitions } from '../../events/mailbox.ts';
import { streamId } from '../../events/streams.ts';
import { createPlaces, type Places, placesDigest, placesSchema } from '../mailbox-view/places.ts';
import { scopeId, separateFields } from '../personal.ts';
import type { EventOfType, Projection } from '../projection.ts';
import type { ViewDatabase } from '../view-database.ts';

const schema = [
  `CREATE TABLE acts (
    log_index INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    reader_id TEXT NOT NULL,
    account_id TEXT,
    session_id TEXT NOT NULL,
    clear TEXT NOT NULL,
    personal TEXT,
    scope TEXT
  ) STRICT`,
  'CREATE INDEX acts_by_reader ON acts (reader_id, log_index)',
  'CREATE INDEX acts_by_account ON acts (account_id, log_index) WHERE account_id IS NOT NULL',
  `CREATE TABLE act_messages (
    message_id TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    PRIMARY KEY (message_id, log_index, uid)
  ) STRICT, WITHOUT ROWID`,
] as const;

type Act = EventOfType<'MessagesRead' | 'FolderOpened' | 'Authenticated' | 'IdleLoginsCounted'>;
const actTypes: readonly Act['type'][] = [
  'MessagesRead',
  'FolderOpened',
  'Authenticated',
  'IdleLoginsCounted',
];

export function createAccess(options: { readonly mailboxesMax: number }): Projection<undefined> {
  const places = createPlaces(options.mailboxesMax);
  return {
    name: 'access',
    version: 1,
    schema: [...schema, ...placesSchema],
    handles: new Set<string>([...actTypes, ...mailboxDefinitions.map(({ type }) => type)]),
    digest: [
      { table: 'acts', key: ['log_index'] },
      { table: 'act_messages', key: ['message_id', 'log_index', 'uid'] },
      ...placesDigest,
    ],
    apply: (db, stored) => applyEvent(db, stored as StoredEvent<Act | MailboxEvent>, places),
    undone: () => places.undone(),
    purge(db, scope) {
      const accountId = scopeId('account', scope);
      if (accountId !== undefined) places.purgeAccount(db, accountId);
      if (!scope.startsWith('activity/')) return;
      db.run(
        'DELETE FROM act_messages WHERE log_index IN (SELECT log_index FROM acts WHERE scope = ?)',
        scope,
      );
      db.run('UPDATE acts SET personal = NULL WHERE scope = ?', scope);
    },
  };
}

function applyEvent(db: ViewDatabase, stored: StoredEvent<Act | MailboxEvent>, places: Places): void {
  const { event } = stored;
  switch (event.type) {
    case 'MessagesRead':
      writeAct(db, { ...stored, event }, event.data.accountId);
      writeReadMessages(db, { ...stored, event }, places);
      return;
    case 'FolderOpened':
      writeAct(db, { ...stored, event }, event.data.accountId);
      return;
    case 'Authenticated':
    case 'IdleLoginsCounted':
      writeAct(db, { ...stored, event }, null);
      return;
    default:
      places.apply(db, { ...stored, event }, () => undefined);
  }
}

function writeAct(db: ViewDatabase, stored: StoredEvent<Act>, accountId: string | null): void {
  const { clear, personal, scope } = separateFields(stored);
  db.run(
    'INSERT OR REPLACE INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    stored.index,
    stored.at,
    stored.event.type,
    stored.event.data.readerId,
    accountId,
    streamId(stored.stream),
    clear,
    personal,
    scope,
  );
}

function writeReadMessages(
  db: ViewDatabase,
  stored: StoredEvent<EventOfType<'MessagesRead'>>,
  places: Places,
): void {
  const { accountId, act } = stored.event.data;
  if (isErased(act)) return;
  for (const { uid, messageId } of places.find(db, accountId, act.folderId, act.uids))
    db.run('INSERT OR REPLACE INTO act_messages VALUES (?, ?, ?)', messageId, stored.index, uid);
}
