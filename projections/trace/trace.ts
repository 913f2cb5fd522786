/**
 * Trace: the life of a message, as a timeline of what the log says about it, found by its id, its Message-ID
 * or an address. A message's timeline has its acceptance, what became of it for each account, the attempts of
 * the queues, and every read, flag, copy, move and expunge; the sessions stand beside it.
 *
 * What is personal stands in columns of its own and is NULL once erased. A read that can no longer be opened
 * names no message, and so stands in no timeline.
 */
import type { StoredEvent } from '../../events/codec.ts';
import type { DomainEvent } from '../../events/domain-event.ts';
import { type MailboxEvent, mailboxDefinitions } from '../../events/mailbox.ts';
import { type QueueEvent, queueDefinitions } from '../../events/queue.ts';
import { type KeyScope, messageScope } from '../../events/scope-keys.ts';
import { type SessionEvent, sessionDefinitions } from '../../events/session.ts';
import { streamId } from '../../events/streams.ts';
import { createPlaces, type Places, placesDigest, placesSchema } from '../mailbox-view/places.ts';
import { opened, scopeId, separateFields } from '../personal.ts';
import type { EventOfType, Projection } from '../projection.ts';
import type { ViewDatabase } from '../view-database.ts';
import { writeEntry } from './entries.ts';
import { mailboxEntries } from './mailbox-entries.ts';
import { traceDigest, traceSchema } from './schema.ts';

type TracedEvent = EventOfType<'MessageAccepted'> | MailboxEvent | QueueEvent | SessionEvent;

/** These count what had no session worth an event. */
const uncounted: ReadonlySet<string> = new Set(['SilentConnectionsCounted', 'IdleLoginsCounted']);

const handledTypes: ReadonlySet<string> = new Set(
  [
    'MessageAccepted',
    ...[...mailboxDefinitions, ...queueDefinitions, ...sessionDefinitions].map((each) => each.type),
  ].filter((type) => !uncounted.has(type)),
);

export function createTrace(options: { readonly mailboxesMax: number }): Projection<undefined> {
  const places = createPlaces(options.mailboxesMax);
  return {
    name: 'trace',
    version: 1,
    schema: [...traceSchema, ...placesSchema],
    handles: handledTypes,
    digest: [...traceDigest, ...placesDigest],
    apply: (db, stored) => applyEvent(db, stored as StoredEvent<TracedEvent>, places),
    undone: () => places.undone(),
    purge: (db, scope) => purge(db, scope, places),
  };
}

function applyEvent(db: ViewDatabase, stored: StoredEvent<TracedEvent>, places: Places): void {
  const { event } = stored;
  switch (event.type) {
    case 'MessageAccepted':
      applyAccepted(db, { ...stored, event });
      return;
    case 'MessagesRead':
      applyRead(db, { ...stored, event }, places);
      applySession(db, { ...stored, event });
      return;
    case 'SessionOpened':
    case 'ClientIdentified':
    case 'TlsEstablished':
    case 'TlsFailed':
    case 'Authenticated':
    case 'AuthenticationFailed':
    case 'CommandRefused':
    case 'ProtocolViolated':
    case 'FolderOpened':
    case 'SessionClosed':
    case 'SilentConnectionsCounted':
    case 'IdleLoginsCounted':
      applySession(db, { ...stored, event });
      return;
    case 'DeliveryEnqueued':
    case 'DeliveryAttempted':
    case 'DeliveryDeferred':
    case 'DeliveryCompleted':
    case 'DeliveryFailed':
    case 'DeliveryCancelled':
      applyAttempt(db, stored, event);
      return;
    case 'QueuePaused':
    case 'QueueResumed':
      return;
    case 'MailboxOpened':
    case 'FolderCreated':
    case 'FolderRenamed':
    case 'FolderDeleted':
    case 'FolderRestored':
    case 'FolderSubscribed':
    case 'FolderUnsubscribed':
    case 'KeywordDeclared':
    case 'MessageDelivered':
    case 'DeliveryRefused':
    case 'MessagesAppended':
    case 'MessagesCopied':
    case 'MessagesMoved':
    case 'MessagesFlagged':
    case 'MessagesExpunged':
    case 'MailboxClosed':
      mailboxEntries(db, { ...stored, event }, places);
      return;
    default:
      event satisfies never;
  }
}

function applyAccepted(db: ViewDatabase, stored: StoredEvent<EventOfType<'MessageAccepted'>>): void {
  const messageId = streamId(stored.stream);
  const { sessionId, origin, submitterId, size, recipients, forwardPaths } = stored.event.data;
  const envelope = opened(stored.event.data.envelope);
  const summary = opened(stored.event.data.summary);
  db.run(
    'INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    messageId,
    stored.index,
    stored.at,
    origin,
    sessionId,
    submitterId ?? null,
    size,
    envelope?.reversePath.address ?? null,
    envelope === undefined ? null : JSON.stringify(envelope),
    summary?.messageIdHeader ?? null,
    summary?.subject ?? null,
    summary?.from ?? null,
    Number(stored.event.data.newlinesNormalized),
  );
  for (const [place, { accountIds }] of recipients.entries()) {
    const path = forwardPaths[place];
    const value = opened(path?.value);
    db.run(
      'INSERT OR REPLACE INTO recipients VALUES (?, ?, ?, ?, ?, ?)',
      messageId,
      place,
      JSON.stringify(accountIds),
      path?.scope ?? messageScope(messageId),
      value?.address ?? null,
      value === undefined ? null : JSON.stringify(value),
    );
  }
  writeEntry(db, stored, { messageId, detail: { origin, size, recipients: recipients.length } });
}

/** The messages of a read, as they lay when it was made. */
function applyRead(db: ViewDatabase, stored: StoredEvent<EventOfType<'MessagesRead'>>, places: Places): void {
  const { accountId, readerId } = stored.event.data;
  const act = opened(stored.event.data.act);
  if (act === undefined) return;
  const { scope } = separateFields(stored);
  const detail = { readerId, folderId: act.folderId, part: act.part };
  for (const { uid, messageId } of places.find(db, accountId, act.folderId, act.uids))
    writeEntry(db, stored, { messageId, place: uid, accountId, detail: { ...detail, uid }, scope });
}

function applyAttempt(
  db: ViewDatabase,
  stored: StoredEvent<DomainEvent>,
  event: Extract<QueueEvent, { readonly data: { readonly messageId: string } }>,
): void {
  const { messageId, accountId, ...rest } = event.data;
  writeEntry(db, stored, { messageId, accountId, detail: { queueId: streamId(stored.stream), ...rest } });
}

function applySession(db: ViewDatabase, stored: StoredEvent<SessionEvent>): void {
  const { clear, personal, scope } = separateFields(stored);
  db.run(
    'INSERT OR REPLACE INTO session_entries VALUES (?, ?, ?, ?, ?, ?, ?)',
    streamId(stored.stream),
    stored.index,
    stored.at,
    stored.event.type,
    clear,
    personal,
    scope,
  );
}

function purge(db: ViewDatabase, scope: KeyScope, places: Places): void {
  const accountId = scopeId('account', scope);
  if (accountId !== undefined) places.purgeAccount(db, accountId);
  const messageId = scopeId('message', scope);
  if (messageId !== undefined)
    db.run(
      `UPDATE messages SET sender = NULL, envelope = NULL, message_id_header = NULL, subject = NULL, from_header = NULL
       WHERE message_id = ?`,
      messageId,
    );
  db.run('UPDATE recipients SET address = NULL, path = NULL WHERE scope = ?', scope);
  db.run('DELETE FROM entries WHERE scope = ?', scope);
  db.run('UPDATE session_entries SET personal = NULL WHERE scope = ?', scope);
}
