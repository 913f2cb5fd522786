/**
 * The maildrop: INBOX as it was at login (RFC 1939 section 3), and what the session marked in it. Nothing that is
 * marked is changed before `update`. One session at a time holds it, in this process.
 *
 * Rejects with `ServiceUnavailable` as the mailbox does, and with `UpdateRefused` when the mailbox says no.
 */
import type { MailboxCommand } from '../../actors/mailbox-commands.ts';
import { inboxId } from '../../events/mailbox.ts';
import { flagBits, type MessageTable } from '../../events/message-table.ts';
import { formatUidSet } from '../../events/uid-set.ts';
import type { MessageContent, OpenMailbox } from '../mail/mailbox-access.ts';
import type { SessionRecorder } from '../mail/session-recorder.ts';
import type { Pop3Services } from './ports.ts';

export interface MaildropMessage {
  /** From 1. */
  readonly number: number;
  readonly uid: number;
  /** Octets as they are stored. */
  readonly size: number;
  /** Unique and stable, at most 21 characters (RFC 1939 section 7 allows 70). */
  readonly uniqueId: string;
}

export interface Maildrop {
  /** Messages that are not marked as deleted, and their octets. */
  readonly count: number;
  readonly octets: number;
  messages(): Generator<MaildropMessage, void, void>;
  /** Undefined when there is none, or it is marked as deleted. */
  find(number: number): MaildropMessage | undefined;
  delete(message: MaildropMessage): void;
  /** Forgets every mark. */
  reset(): void;
  /** Undefined when another session has expunged it. */
  content(message: MaildropMessage): Promise<MessageContent | undefined>;
  /** Puts it on record before its octets leave, unless this session has read as much of it. `lines` of the body:
   * `Infinity` is RETR. */
  recordRead(message: MaildropMessage, lines: number): Promise<void>;
  markRetrieved(message: MaildropMessage): void;
  /** Marks as seen what was retrieved and expunges what was deleted: durable when resolved. */
  update(): Promise<void>;
  /** The next session may have it. */
  release(): void;
}

/** The mailbox is closed, or its INBOX is gone: nothing was changed. */
export class UpdateRefused extends Error {
  override readonly name = 'UpdateRefused';
}

const marks = { deleted: 1, retrieved: 2 } as const;

/** `in-use` when another session holds it (RFC 1939 section 8: one has exclusive access). */
export async function openMaildrop(
  { mailboxes, heldMaildrops }: Pop3Services,
  accountId: string,
  recorder: SessionRecorder,
): Promise<Maildrop | 'in-use'> {
  if (heldMaildrops.has(accountId)) return 'in-use';
  heldMaildrops.add(accountId);
  let mailbox: OpenMailbox | undefined;
  const release = (): void => {
    mailbox?.close();
    heldMaildrops.delete(accountId);
  };
  try {
    mailbox = await mailboxes.open(accountId, recorder);
    const inbox = (await mailbox.current()).folders.get(inboxId);
    return createMaildrop(mailbox, inbox?.uidValidity ?? 0, columnsOf(inbox?.messages), release);
  } catch (error) {
    release();
    throw error;
  }
}

/** Columns as in the table, because a maildrop may hold a million messages. */
interface Columns {
  readonly uids: Uint32Array;
  readonly sizes: Uint32Array;
  readonly seen: Uint8Array;
}

function columnsOf(table: MessageTable | undefined): Columns {
  const length = table?.length ?? 0;
  const uids = new Uint32Array(length);
  const sizes = new Uint32Array(length);
  const seen = new Uint8Array(length);
  for (let row = 0; table !== undefined && row < length; row++) {
    const message = table.rowAt(row);
    uids[row] = message.uid;
    sizes[row] = message.size;
    seen[row] = message.flags & flagBits.seen;
  }
  return { uids, sizes, seen };
}

function createMaildrop(
  mailbox: OpenMailbox,
  uidValidity: number,
  { uids, sizes, seen }: Columns,
  release: () => void,
): Maildrop {
  const marked = new Uint8Array(uids.length);
  const octetsAtLogin = sizes.reduce((sum, size) => sum + size, 0);
  let count = uids.length;
  let octets = octetsAtLogin;
  /** By UID: how many lines of the body this session has read. */
  const read = new Map<number, number>();

  const isMarked = (row: number, mark: number): boolean => ((marked[row] ?? 0) & mark) !== 0;

  function messageAt(row: number): MaildropMessage | undefined {
    const uid = uids[row];
    if (uid === undefined || isMarked(row, marks.deleted)) return undefined;
    return { number: row + 1, uid, size: sizes[row] ?? 0, uniqueId: `${uidValidity}-${uid}` };
  }

  function uidSetOf(isWanted: (row: number) => boolean): string {
    return formatUidSet(uids.filter((_, row) => isWanted(row)));
  }

  return {
    get count() {
      return count;
    },
    get octets() {
      return octets;
    },
    *messages() {
      for (let row = 0; row < uids.length; row++) {
        const message = messageAt(row);
        if (message !== undefined) yield message;
      }
    },
    find: (number) => messageAt(number - 1),
    delete({ number, size }) {
      if (isMarked(number - 1, marks.deleted)) return;
      marked[number - 1] = (marked[number - 1] ?? 0) | marks.deleted;
      count--;
      octets -= size;
    },
    reset() {
      marked.fill(0);
      count = uids.length;
      octets = octetsAtLogin;
    },
    content: (message) => mailbox.content(inboxId, message.uid),
    async recordRead({ uid }, lines) {
      if ((read.get(uid) ?? -1) >= lines) return;
      await mailbox.recordRead(
        inboxId,
        `${uid}`,
        lines === Number.POSITIVE_INFINITY ? 'RETR' : `TOP ${lines}`,
      );
      read.set(uid, lines);
    },
    markRetrieved({ number }) {
      marked[number - 1] = (marked[number - 1] ?? 0) | marks.retrieved;
    },
    async update() {
      // As Dovecot does unless told otherwise: at QUIT, and not for what is expunged anyway.
      const retrieved = uidSetOf((row) => marked[row] === marks.retrieved && seen[row] === 0);
      if (retrieved !== '') await carryOut(mailbox, markAsSeen(retrieved));
      const deleted = uidSetOf((row) => isMarked(row, marks.deleted));
      if (deleted !== '') await carryOut(mailbox, expunge(deleted));
    },
    release,
  };
}

const markAsSeen = (uids: string): MailboxCommand => ({
  type: 'ChangeFlags',
  folderId: inboxId,
  uids,
  mode: 'add',
  change: { flags: flagBits.seen, keywordIds: [] },
});

const expunge = (uids: string): MailboxCommand => ({
  type: 'ExpungeMessages',
  folderId: inboxId,
  uids,
  onlyDeleted: false,
});

async function carryOut(mailbox: OpenMailbox, command: MailboxCommand): Promise<void> {
  const reply = await mailbox.execute(command);
  if (reply.kind === 'rejected') throw new UpdateRefused(`${command.type}: ${reply.reason}`);
}
