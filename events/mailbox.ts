/**
 * `mailbox-<accountId>`: one account's whole store, so that a MOVE inside it is one event and the account
 * has one change counter: modseq = recorded base + revision + 1. Bulk changes name UID sets.
 *
 * Folder names and keywords are personal and may be erased: nothing here compares them. A folder has a
 * number and a parent and keeps its own leaf name only; whether a name is free is the view's answer, given
 * with the revision (`foldersAsOf`) at which it held.
 */
import { z } from 'zod';
import { box, defineEvent, type EventOf, optionalBox } from './event-definition.ts';
import { contentCommitment, count, id, instant, octets, segment, uidSet } from './fields.ts';
import { accountScope, type KeyScope, messageScope } from './scope-keys.ts';

const ofAccount = (input: { streamId: string }): KeyScope => accountScope(input.streamId);
const ofMessage = (input: { data: { messageId: string } }): KeyScope => messageScope(input.data.messageId);

/** RFC 6154 special uses, without the backslash. */
const specialUses = ['Archive', 'Drafts', 'Flagged', 'Junk', 'Sent', 'Trash', 'All', 'Important'] as const;
export type SpecialUse = (typeof specialUses)[number];

export const inboxId = 1;

/** System flag bits (`message-table.ts`) and keyword numbers. */
const flagged = { flags: count, keywordIds: z.array(count) };

const mailboxOpened = defineEvent('MailboxOpened', {
  version: 1,
  /** Where modseq and UIDVALIDITY begin: above 0 after an import or a restore, so that they never run back. */
  clear: { accountId: id, modseqBase: count, uidValidityBase: count },
});
const folderCreated = defineEvent('FolderCreated', {
  version: 1,
  clear: {
    folderId: count,
    parentId: count.nullable(),
    uidValidity: count,
    specialUse: z.enum(specialUses).optional(),
  },
  boxes: { label: box(z.object({ name: z.string() }), ofAccount) },
});
const folderRenamed = defineEvent('FolderRenamed', {
  version: 1,
  clear: { folderId: count, parentId: count.nullable() },
  boxes: { label: box(z.object({ name: z.string() }), ofAccount) },
});
/** A folder that has children stays as a name that cannot be selected (RFC 3501 section 6.3.4). */
const folderDeleted = defineEvent('FolderDeleted', {
  version: 1,
  clear: { folderId: count, keptAsParent: z.boolean() },
});
/** A name that could not be selected becomes a folder again, with a new UIDVALIDITY. */
const folderRestored = defineEvent('FolderRestored', {
  version: 1,
  clear: { folderId: count, uidValidity: count },
});
const folderSubscribed = defineEvent('FolderSubscribed', {
  version: 1,
  /** Subscriptions are names (RFC 3501 section 6.3.6): they outlive the folder and do not follow a rename. */
  clear: { subscriptionId: count },
  boxes: { label: box(z.object({ path: z.string() }), ofAccount) },
});
const folderUnsubscribed = defineEvent('FolderUnsubscribed', {
  version: 1,
  clear: { subscriptionId: count },
});
const keywordDeclared = defineEvent('KeywordDeclared', {
  version: 1,
  clear: { keywordId: count },
  boxes: { label: box(z.object({ name: z.string() }), ofAccount) },
});

const messageDelivered = defineEvent('MessageDelivered', {
  version: 1,
  clear: {
    messageId: id,
    blobId: id,
    /** Index of the `MessageAccepted` that this delivers. */
    sourceIndex: count,
    /** Earlier sources that went to the local queue instead and are still to come. */
    skippedSources: z.array(count),
    folderId: count,
    uid: count,
    size: count,
    internalDate: instant,
    segments: z.array(segment),
  },
  boxes: {
    /** Delivered-To, the first inline segment. */
    addressed: box(octets, ofAccount),
    /** Return-Path, then the inline segments of the accepted message. */
    inline: box(z.array(octets), ofMessage),
  },
});
const deliveryRefused = defineEvent('DeliveryRefused', {
  version: 1,
  clear: {
    messageId: id,
    sourceIndex: count,
    skippedSources: z.array(count),
    reason: z.enum(['mailbox-closed', 'over-quota', 'mailbox-full']),
  },
});
const messagesAppended = defineEvent('MessagesAppended', {
  version: 1,
  clear: {
    folderId: count,
    firstUid: count,
    messages: z.array(
      z.object({
        content: contentCommitment,
        size: count,
        internalDate: instant,
        internalOffset: z.number().int(),
        segments: z.array(segment),
        ...flagged,
      }),
    ),
  },
});
const messagesCopied = defineEvent('MessagesCopied', {
  version: 1,
  /** The n-th message of `uids` becomes `firstUid + n`. */
  clear: { sourceFolderId: count, targetFolderId: count, uids: uidSet, firstUid: count },
});
const messagesMoved = defineEvent('MessagesMoved', {
  version: 1,
  clear: { sourceFolderId: count, targetFolderId: count, uids: uidSet, firstUid: count },
});
const messagesFlagged = defineEvent('MessagesFlagged', {
  version: 1,
  clear: { folderId: count, uids: uidSet, mode: z.enum(['add', 'remove', 'replace']), ...flagged },
});
const messagesExpunged = defineEvent('MessagesExpunged', {
  version: 1,
  clear: { folderId: count, uids: uidSet },
});
const mailboxClosed = defineEvent('MailboxClosed', {
  version: 1,
  clear: {},
  boxes: { note: optionalBox(z.string(), ofAccount) },
});

export const mailboxDefinitions = [
  mailboxOpened,
  folderCreated,
  folderRenamed,
  folderDeleted,
  folderRestored,
  folderSubscribed,
  folderUnsubscribed,
  keywordDeclared,
  messageDelivered,
  deliveryRefused,
  messagesAppended,
  messagesCopied,
  messagesMoved,
  messagesFlagged,
  messagesExpunged,
  mailboxClosed,
] as const;
export type MailboxEvent = EventOf<(typeof mailboxDefinitions)[number]>;
export type MessageDelivered = EventOf<typeof messageDelivered>;
