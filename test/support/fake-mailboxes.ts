/**
 * `MailboxAccess` in memory, on the real decider and the real fold: what it decides and shows is what the
 * server decides and shows, without actors, keys and stores. For tests of protocols.
 *
 * A command takes effect at once, and `current` gives the one state that commands change. `changes` emits a
 * turn later, as the real view does. A test sets `before` to make a call wait or fail.
 */
import { createHash } from 'node:crypto';
import { type Observable, Subject } from 'rxjs';
import type { FolderPlan, MailboxCommand, MailboxReply } from '../../actors/mailbox-commands.ts';
import { mailboxDecider } from '../../actors/mailbox-decider.ts';
import type { Segment } from '../../events/content.ts';
import { erased } from '../../events/event-definition.ts';
import type { ContentCommitment } from '../../events/fields.ts';
import { newId } from '../../events/ids.ts';
import { inboxId, type MailboxEvent } from '../../events/mailbox.ts';
import type { MailboxState } from '../../events/mailbox-state.ts';
import { messageFacts } from '../../projections/message-facts/message-facts.ts';
import { ContentErased } from '../../src/content/errors.ts';
import { limits } from '../../src/limits.ts';
import type { ContentReceiver, MailboxAccess, OpenMailbox } from '../../src/mail/mailbox-access.ts';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import type { SessionRecorder } from '../../src/mail/session-recorder.ts';

export type MailboxCall = 'open' | 'current' | 'execute' | 'content' | 'facts' | 'receive' | 'recordRead';

export interface FakeMailboxes extends MailboxAccess {
  /** Opens an account's mailbox: INBOX, Drafts, Sent and Trash unless told otherwise. */
  add(accountId: string, folders?: readonly FolderPlan[]): void;
  /** Delivers into INBOX and gives the UID. */
  deliver(accountId: string, message: string | Uint8Array, receivedAt?: number): number;
  /** What the account's actor would answer to anybody. */
  execute(accountId: string, command: MailboxCommand): MailboxReply;
  state(accountId: string): MailboxState;
  /** As when the message's key is destroyed. */
  erase(accountId: string, folderId: number, uid: number): void;
  /** As when the account's key is destroyed: folder names, keywords and subscriptions are unreadable. */
  eraseLabels(accountId: string): void;
  /** Stored content by folder and UID. */
  octets(accountId: string, folderId: number, uid: number): Uint8Array;
  /** Called before each call is carried out; what it throws, the call rejects with. */
  before: (call: MailboxCall, accountId: string) => Promise<void> | void;
  /** The store takes no octets: each write rejects with `ServiceUnavailable`. */
  failWrites: boolean;
  /** Every command that sessions sent. */
  readonly executed: { readonly accountId: string; readonly command: MailboxCommand }[];
  /** How many sessions hold a mailbox open. */
  readonly openCount: number;
}

interface FakeMessage {
  readonly messageId: string;
  readonly octets: Uint8Array;
  isErased: boolean;
}

interface Account {
  readonly id: string;
  state: MailboxState;
  /** By revision: the messages that the event brought. */
  readonly origins: Map<number, readonly FakeMessage[]>;
  lastSource: number;
  readonly changes: Subject<void>;
}

const readChunkOctets = 64 * 1024;
const defaultFolders: readonly FolderPlan[] = [
  { name: 'Drafts', specialUse: 'Drafts' },
  { name: 'Sent', specialUse: 'Sent' },
  { name: 'Trash', specialUse: 'Trash' },
];

export function createFakeMailboxes(now: () => number = Date.now): FakeMailboxes {
  const accounts = new Map<string, Account>();
  /** Content received and not yet named by an event, by blob id. */
  const received = new Map<string, FakeMessage>();
  let openCount = 0;

  const accountOf = (accountId: string): Account => {
    const account = accounts.get(accountId);
    if (account === undefined) throw new Error(`no account ${accountId} in this test`);
    return account;
  };

  const fake: FakeMailboxes = {
    executed: [],
    failWrites: false,
    before: () => undefined,
    get openCount() {
      return openCount;
    },
    add(accountId, folders = defaultFolders) {
      accounts.set(accountId, {
        id: accountId,
        state: mailboxDecider.initial(),
        origins: new Map(),
        lastSource: -1,
        changes: new Subject(),
      });
      fake.execute(accountId, { type: 'OpenMailbox', modseqBase: 0, uidValidityBase: 0, folders });
    },
    deliver(accountId, message, receivedAt = now()) {
      const octets = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
      const account = accountOf(accountId);
      const { content, segments, size } = keep(received, octets, now());
      const reply = fake.execute(accountId, {
        type: 'DeliverMessage',
        messageId: newId(now()),
        blobId: content.blobId,
        sourceIndex: account.lastSource + 1,
        skippedSources: [],
        afterSource: undefined,
        size,
        segments,
        addressed: '',
        inline: [],
        receivedAt,
      });
      account.lastSource++;
      if (reply.kind !== 'delivered') throw new Error(`not delivered: ${reply.kind}`);
      return reply.uid;
    },
    execute: (accountId, command) => execute(accountOf(accountId), command, received, now()),
    state: (accountId) => accountOf(accountId).state,
    erase(accountId, folderId, uid) {
      const found = find(accountOf(accountId), folderId, uid);
      if (found !== undefined) found.message.isErased = true;
    },
    eraseLabels(accountId) {
      const account = accountOf(accountId);
      for (const folder of account.state.folders.values()) if (folder.id !== inboxId) folder.label = erased;
      account.state.keywords.fill(erased);
      for (const id of account.state.subscriptions.keys()) account.state.subscriptions.set(id, erased);
      // A view that showed the names is dropped and folded anew.
      account.state = { ...account.state };
      setImmediate(() => account.changes.next());
    },
    octets(accountId, folderId, uid) {
      const found = find(accountOf(accountId), folderId, uid);
      if (found === undefined) throw new Error(`no message ${uid} in folder ${folderId}`);
      return found.message.octets;
    },
    async open(accountId, session) {
      await fake.before('open', accountId);
      const account = accountOf(accountId);
      openCount++;
      let isOpen = true;
      return openFake(fake, account, session, {
        receive: () => receive(fake, received, now()),
        close() {
          if (isOpen) openCount--;
          isOpen = false;
        },
      });
    },
  };
  return fake;
}

function openFake(
  fake: FakeMailboxes,
  account: Account,
  session: SessionRecorder,
  parts: Pick<OpenMailbox, 'receive' | 'close'>,
): OpenMailbox {
  const { id: accountId } = account;
  return {
    accountId,
    changes: account.changes as Observable<void>,
    async current() {
      await fake.before('current', accountId);
      return account.state;
    },
    async execute(command) {
      await fake.before('execute', accountId);
      fake.executed.push({ accountId, command });
      return fake.execute(accountId, command);
    },
    async content(folderId, uid) {
      await fake.before('content', accountId);
      const found = find(account, folderId, uid);
      if (found === undefined) return undefined;
      const { message } = found;
      return {
        messageId: message.messageId,
        size: message.octets.length,
        read: (offset = 0, length = Number.POSITIVE_INFINITY) => read(message, offset, length),
      };
    },
    async facts(folderId, uids) {
      await fake.before('facts', accountId);
      const known = uids.flatMap((uid) => {
        const message = find(account, folderId, uid)?.message;
        return message === undefined || message.isErased
          ? []
          : [[uid, messageFacts(message.octets, limits.mime)] as const];
      });
      return new Map(known);
    },
    receive() {
      // Not awaited: making a receiver cannot fail, its first write can.
      return parts.receive();
    },
    async recordRead(folderId, uids, part) {
      await fake.before('recordRead', accountId);
      session.note({ type: 'MessagesRead', accountId, folderId, uids, part });
      await session.flush();
    },
    close: parts.close,
  };
}

function execute(
  account: Account,
  command: MailboxCommand,
  received: Map<string, FakeMessage>,
  at: number,
): MailboxReply {
  const { state } = account;
  const input = { streamId: account.id, at, nextRevision: state.revision + 1 };
  const { events, reply } = mailboxDecider.decide(command, state, input);
  for (const event of events) {
    const revision = account.state.revision + 1;
    account.origins.set(revision, broughtBy(event, received));
    account.state = mailboxDecider.apply(account.state, event, revision, at);
  }
  if (events.length > 0) setImmediate(() => account.changes.next());
  return reply;
}

function broughtBy(event: MailboxEvent, received: Map<string, FakeMessage>): readonly FakeMessage[] {
  const blobIds =
    event.type === 'MessageDelivered'
      ? [event.data.blobId]
      : event.type === 'MessagesAppended'
        ? event.data.messages.map(({ content }) => content.blobId)
        : [];
  return blobIds.flatMap((blobId) => received.get(blobId) ?? []);
}

function find(account: Account, folderId: number, uid: number) {
  const messages = account.state.folders.get(folderId)?.messages;
  const row = messages?.find(uid) ?? -1;
  if (messages === undefined || row < 0) return undefined;
  const { origin, ordinal } = messages.rowAt(row);
  const message = account.origins.get(origin)?.[ordinal];
  return message === undefined ? undefined : { message };
}

async function* read(message: FakeMessage, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const end = Math.min(message.octets.length, offset + length);
  for (let at = offset; at < end; at += readChunkOctets) {
    if (message.isErased) throw new ContentErased(message.messageId);
    await new Promise((resolve) => setImmediate(resolve));
    yield message.octets.subarray(at, Math.min(end, at + readChunkOctets));
  }
  if (message.isErased) throw new ContentErased(message.messageId);
}

interface Kept {
  readonly content: ContentCommitment;
  readonly size: number;
  readonly segments: readonly Segment[];
}

function keep(received: Map<string, FakeMessage>, octets: Uint8Array, at: number): Kept {
  const blobId = newId(at);
  const size = octets.length;
  received.set(blobId, { messageId: blobId, octets: Uint8Array.from(octets), isErased: false });
  const chunkRoot = createHash('sha256').update(octets).digest('hex');
  const segments = size === 0 ? [] : [{ kind: 'blob' as const, offset: 0, length: size }];
  return {
    content: { messageId: blobId, blobId, length: size, sealedLength: size, chunkRoot },
    size,
    segments,
  };
}

function receive(fake: FakeMailboxes, received: Map<string, FakeMessage>, at: number): ContentReceiver {
  const chunks: Uint8Array[] = [];
  return {
    async write(chunk) {
      await new Promise((resolve) => setImmediate(resolve));
      if (fake.failWrites) throw new ServiceUnavailable('the store takes nothing');
      chunks.push(Uint8Array.from(chunk));
    },
    async finish() {
      return keep(received, Buffer.concat(chunks), at);
    },
    async abort() {
      chunks.length = 0;
    },
  };
}
