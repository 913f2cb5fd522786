/** What happened to messages in a mailbox, as lines in their timelines. */
import type { StoredEvent } from '../../events/codec.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { streamId } from '../../events/streams.ts';
import type { MailboxChange } from '../mailbox-view/partial-fold.ts';
import type { Places } from '../mailbox-view/places.ts';
import type { EventOfType } from '../projection.ts';
import type { ViewDatabase } from '../view-database.ts';
import { writeEntry } from './entries.ts';

export function mailboxEntries(db: ViewDatabase, stored: StoredEvent<MailboxEvent>, places: Places): void {
  places.apply(db, stored, (change) => writeEntries(db, stored, change));
}

function writeEntries(db: ViewDatabase, stored: StoredEvent<MailboxEvent>, change: MailboxChange): void {
  const accountId = streamId(stored.stream);
  const { event } = stored;
  switch (event.type) {
    case 'MessageDelivered': {
      const { messageId, folderId, uid, size } = event.data;
      writeEntry(db, stored, { messageId, accountId, detail: { folderId, uid, size } });
      return;
    }
    case 'DeliveryRefused': {
      const { messageId, reason } = event.data;
      writeEntry(db, stored, { messageId, accountId, detail: { reason } });
      return;
    }
    case 'MessagesAppended':
      appended(db, { ...stored, event }, accountId);
      return;
    case 'MessagesCopied':
    case 'MessagesMoved':
      transferred(db, { ...stored, event }, accountId, change);
      return;
    case 'MessagesFlagged': {
      const { folderId, mode, flags, keywordIds } = event.data;
      const detail = { folderId, mode, flags, keywordIds };
      for (const { row, messageId } of change.named)
        writeEntry(db, stored, { messageId, place: row.uid, accountId, detail: { ...detail, uid: row.uid } });
      return;
    }
    case 'MessagesExpunged':
      for (const { folderId, row, messageId } of change.named)
        writeEntry(db, stored, {
          messageId,
          place: row.uid,
          accountId,
          detail: { folderId, uid: row.uid },
        });
      return;
    case 'FolderDeleted':
      folderDeleted(db, { ...stored, event }, accountId);
      return;
    case 'MailboxOpened':
    case 'MailboxClosed':
    case 'FolderCreated':
    case 'FolderRenamed':
    case 'FolderRestored':
    case 'FolderSubscribed':
    case 'FolderUnsubscribed':
    case 'KeywordDeclared':
      return;
    default:
      event satisfies never;
  }
}

function appended(
  db: ViewDatabase,
  stored: StoredEvent<EventOfType<'MessagesAppended'>>,
  accountId: string,
): void {
  const { folderId, firstUid, messages } = stored.event.data;
  for (const [ordinal, { content, size, flags, keywordIds }] of messages.entries()) {
    const { messageId } = content;
    const uid = firstUid + ordinal;
    db.run(
      `INSERT OR REPLACE INTO messages
       VALUES (?, ?, ?, 'append', NULL, NULL, ?, NULL, NULL, NULL, NULL, NULL, 0)`,
      messageId,
      stored.index,
      stored.at,
      size,
    );
    const detail = { folderId, uid, size, flags, keywordIds };
    writeEntry(db, stored, { messageId, place: uid, accountId, detail });
  }
}

/** The n-th message that the event names is the n-th that it makes. */
function transferred(
  db: ViewDatabase,
  stored: StoredEvent<EventOfType<'MessagesCopied' | 'MessagesMoved'>>,
  accountId: string,
  change: MailboxChange,
): void {
  const { sourceFolderId, targetFolderId } = stored.event.data;
  for (const [n, { row, messageId }] of change.named.entries()) {
    const detail = {
      fromFolderId: sourceFolderId,
      fromUid: row.uid,
      folderId: targetFolderId,
      uid: change.written[n]?.row.uid,
    };
    writeEntry(db, stored, { messageId, place: row.uid, accountId, detail });
  }
}

/** Every message of the folder went with it. */
function folderDeleted(
  db: ViewDatabase,
  stored: StoredEvent<EventOfType<'FolderDeleted'>>,
  accountId: string,
): void {
  const { folderId } = stored.event.data;
  db.run(
    `INSERT OR REPLACE INTO entries
     SELECT message_id, ?, uid, ?, ?, ?, ?, account_id, json_object('folderId', folder_id, 'uid', uid), NULL
     FROM places WHERE account_id = ? AND folder_id = ?`,
    stored.index,
    stored.at,
    stored.event.type,
    stored.by,
    stored.stream,
    accountId,
    folderId,
  );
}
