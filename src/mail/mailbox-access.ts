/**
 * What IMAP, POP3 and the command line see of a mailbox: the view of its folders and messages, the way to
 * change it, and its content. Every promise here rejects with `ServiceUnavailable` when the log, the key
 * store or a view cannot answer: the protocol's temporary error, never an older state.
 */
import type { Observable } from 'rxjs';
import type { MailboxCommand, MailboxReply } from '../../actors/mailbox-commands.ts';
import type { Segment } from '../../events/content.ts';
import type { ContentCommitment } from '../../events/fields.ts';
import type { MailboxState } from '../../events/mailbox-state.ts';
import type { MessageFacts } from '../../projections/message-facts/message-facts.ts';
import type { SessionRecorder } from './session-recorder.ts';

export interface MailboxAccess {
  /** A session's hold on an account's mailbox; made on first use. Release it with `close`. */
  open(accountId: string, session: SessionRecorder): Promise<OpenMailbox>;
}

export interface OpenMailbox {
  readonly accountId: string;
  /**
   * The mailbox as of now, whoever wrote last: waits until the view has reached the stream's revision as
   * of the call. The state is the view's own and moves with it: read what you need before the next
   * `await`, change nothing, keep no reference to its tables.
   */
  current(): Promise<MailboxState>;
  /** Asks the mailbox's actor. Resolves when the change is durable; `current` then shows it. The session's
   * own events are durable with it. */
  execute(command: MailboxCommand): Promise<MailboxReply>;
  /** Emits after the mailbox changed, by anyone; many changes may be one emission. */
  readonly changes: Observable<void>;
  /** The content of a message, by folder and UID; undefined when there is no such message (any more). */
  content(folderId: number, uid: number): Promise<MessageContent | undefined>;
  /** Envelope, structure, sizes and offsets by UID; a message that is gone or erased is absent. */
  facts(folderId: number, uids: readonly number[]): Promise<ReadonlyMap<number, MessageFacts>>;
  /** Takes the octets of a message that is about to be appended. */
  receive(): ContentReceiver;
  /** Puts a read on record; the bytes may leave once it has resolved. `uids` is a canonical UID set. */
  recordRead(folderId: number, uids: string, part: string): Promise<void>;
  close(): void;
}

export interface MessageContent {
  /** The stable id of the message (RFC 8474 EMAILID), the same in every folder it is copied or moved to. */
  readonly messageId: string;
  /** Octets. */
  readonly size: number;
  /** The octets from `offset` on, at most `length` of them, in chunks of up to 64 KiB. Throws
   * `ContentErased` when the message's key has been destroyed. */
  read(offset?: number, length?: number): AsyncIterable<Uint8Array>;
}

export interface ContentReceiver {
  write(chunk: Uint8Array): Promise<void>;
  /** Durable when resolved; the result goes into an `AppendMessages` command. */
  finish(): Promise<{
    readonly content: ContentCommitment;
    readonly size: number;
    readonly segments: readonly Segment[];
  }>;
  /** Forgets what was written. Never rejects. */
  abort(): Promise<void>;
}
