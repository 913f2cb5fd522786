/**
 * The mailbox fold (`events/mailbox-state.ts`) over only those messages that an event names, so that a view
 * applies an event at the cost of what it touches, however large the account is.
 *
 * The state passed in holds everything but messages: its folders' tables are empty, and are empty again
 * afterwards. That is enough because an event that brings messages needs none that are there, and every other
 * one names its messages by UID; a folder that goes takes all of its messages along.
 */
import type { StoredEvent } from '../../events/codec.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { applyMailbox, folderOf, type MailboxState } from '../../events/mailbox-state.ts';
import { type MessageRow, MessageTable } from '../../events/message-table.ts';
import { splitBulkEvent } from './split-bulk-event.ts';

/** A message at its place. `messageId` is what the log calls its content. */
export interface PlacedMessage {
  readonly folderId: number;
  readonly row: MessageRow;
  readonly messageId: string;
}

export interface MailboxChange {
  /** Messages that the event names, as they stood before it. */
  readonly named: readonly PlacedMessage[];
  readonly removed: readonly PlacedMessage[];
  /** New and changed ones. */
  readonly written: readonly PlacedMessage[];
  /** A folder that lost all of its messages, whichever they were. */
  readonly emptied: number | undefined;
  /** Folders that changed, the deleted ones too. */
  readonly folders: readonly number[];
}

/** The messages of a UID set that are there, by rising UID. */
export type LoadMessages = (folderId: number, uids: string) => readonly PlacedMessage[];

/** Messages that one change may touch; larger ones come in pieces. */
const messagesMax = 10_000;

/** Applies one event to the state and tells what became of the messages: one change, or for a bulk event
 * several, each to be written down before the next is asked for. */
export function* foldPartially(
  state: MailboxState,
  stored: StoredEvent<MailboxEvent>,
  load: LoadMessages,
): Generator<MailboxChange> {
  for (const piece of splitBulkEvent(stored, messagesMax)) yield foldPiece(state, piece, load);
}

function foldPiece(
  state: MailboxState,
  stored: StoredEvent<MailboxEvent>,
  load: LoadMessages,
): MailboxChange {
  const { event } = stored;
  const reach = reachOf(event);
  const named = reach.named === undefined ? [] : load(reach.named.folderId, reach.named.uids);
  for (const { folderId, row } of named) folderOf(state, folderId).messages.push(row);
  applyMailbox(state, event, stored.revision, stored.at);

  const messageIds = messageIdsOf(event, stored.revision, named);
  const before = new Map(named.map((each) => [placeKey(each.folderId, each.row.uid), each]));
  const written: PlacedMessage[] = [];
  for (const folderId of reach.folders) {
    const folder = state.folders.get(folderId);
    if (folder === undefined || folder.messages.length === 0) continue;
    for (let at = 0; at < folder.messages.length; at++) {
      const row = folder.messages.rowAt(at);
      const known = before.get(placeKey(folderId, row.uid));
      before.delete(placeKey(folderId, row.uid));
      if (known !== undefined && known.row.modseq === row.modseq) continue;
      written.push({ folderId, row, messageId: messageIds.get(originKey(row)) ?? '' });
    }
    folder.messages = new MessageTable();
  }
  return { named, removed: [...before.values()], written, emptied: reach.emptied, folders: reach.folders };
}

const placeKey = (folderId: number, uid: number): string => `${folderId}/${uid}`;
const originKey = (row: { readonly origin: number; readonly ordinal: number }): string =>
  `${row.origin}/${row.ordinal}`;

/** What an event touches. */
interface Reach {
  readonly folders: readonly number[];
  readonly named?: { readonly folderId: number; readonly uids: string };
  readonly emptied?: number;
}

function reachOf(event: MailboxEvent): Reach {
  switch (event.type) {
    case 'MailboxOpened':
    case 'MailboxClosed':
    case 'FolderSubscribed':
    case 'FolderUnsubscribed':
    case 'KeywordDeclared':
    case 'DeliveryRefused':
      return { folders: [] };
    case 'FolderCreated':
    case 'FolderRenamed':
    case 'FolderRestored':
    case 'MessageDelivered':
    case 'MessagesAppended':
      return { folders: [event.data.folderId] };
    case 'FolderDeleted':
      return { folders: [event.data.folderId], emptied: event.data.folderId };
    case 'MessagesCopied':
    case 'MessagesMoved': {
      const { sourceFolderId, targetFolderId, uids } = event.data;
      const folders = [...new Set([sourceFolderId, targetFolderId])];
      return { folders, named: { folderId: sourceFolderId, uids } };
    }
    case 'MessagesFlagged':
    case 'MessagesExpunged': {
      const { folderId, uids } = event.data;
      return { folders: [folderId], named: { folderId, uids } };
    }
    default:
      event satisfies never;
      return { folders: [] };
  }
}

/** Which message a row is about, by the event that brought its content. */
function messageIdsOf(
  event: MailboxEvent,
  revision: number,
  named: readonly PlacedMessage[],
): ReadonlyMap<string, string> {
  if (event.type === 'MessageDelivered')
    return new Map([[originKey({ origin: revision, ordinal: 0 }), event.data.messageId]]);
  if (event.type === 'MessagesAppended')
    return new Map(
      event.data.messages.map(({ content }, ordinal) => [
        originKey({ origin: revision, ordinal }),
        content.messageId,
      ]),
    );
  return new Map(named.map(({ row, messageId }) => [originKey(row), messageId]));
}
