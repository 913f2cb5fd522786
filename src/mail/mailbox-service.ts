/** What protocols see of mailboxes (`mailbox-access.ts`), over actors, views, content and facts. */
import type { MailboxActors } from '../../actors/mailbox-actors.ts';
import type { MailboxCommand } from '../../actors/mailbox-commands.ts';
import { type ActorRuntime, ActorUnavailable, type AskContext } from '../../actors/ports.ts';
import type { ContentSource, Segment } from '../../events/content.ts';
import { isErased } from '../../events/event-definition.ts';
import type { MailboxState } from '../../events/mailbox-state.ts';
import { mailboxStream } from '../../events/streams.ts';
import type { MessageFacts } from '../../projections/message-facts/message-facts.ts';
import type { ContentStore } from '../content/content-store.ts';
import { ContentErased } from '../content/errors.ts';
import { readMessage } from '../content/message-reader.ts';
import { limits } from '../limits.ts';
import type { ContentReceiver, MailboxAccess, MessageContent, OpenMailbox } from './mailbox-access.ts';
import type { MailboxViews } from './mailbox-views.ts';
import { ServiceUnavailable } from './service-unavailable.ts';
import type { SessionRecorder } from './session-recorder.ts';

/** Where a message's content came from on its mailbox's stream. */
export interface Origin {
  readonly origin: number;
  readonly ordinal: number;
}

/** Facts of the messages with these origins, in their order; undefined for what is erased. */
export type FactsSource = (
  accountId: string,
  origins: readonly Origin[],
) => Promise<readonly (MessageFacts | undefined)[]>;

export interface MailboxServiceParts {
  readonly runtime: ActorRuntime;
  readonly actors: MailboxActors;
  readonly views: MailboxViews;
  readonly contents: ContentStore;
  readonly facts: FactsSource;
}

/** Where a stored message's octets are: what the event that brought it says. */
interface StoredMessage {
  readonly segments: readonly Segment[];
  readonly inline: readonly Uint8Array[] | undefined;
  readonly content: ContentSource;
}

export function createMailboxService(parts: MailboxServiceParts): MailboxAccess {
  return {
    async open(accountId, session) {
      const context = contextOf(session);
      await answering(() => parts.actors.openMailbox(accountId, context));
      return openMailbox(parts, accountId, session, context);
    },
  };
}

const contextOf = (session: SessionRecorder): AskContext => ({
  by: `session:${session.sessionId}`,
  correlationId: session.sessionId,
  causationId: session.sessionId,
});

function openMailbox(
  parts: MailboxServiceParts,
  accountId: string,
  session: SessionRecorder,
  context: AskContext,
): OpenMailbox {
  const view = parts.views.hold(accountId);
  const origins = new Map<number, Promise<readonly StoredMessage[]>>();

  function originEvent(origin: number): Promise<readonly StoredMessage[]> {
    const known = origins.get(origin);
    if (known !== undefined) return known;
    const reading = readOrigin(parts.runtime, accountId, origin);
    if (origins.size >= limits.mailboxView.originsCachedMax) origins.clear();
    origins.set(origin, reading);
    reading.catch(() => origins.delete(origin));
    return reading;
  }

  async function content(folderId: number, uid: number): Promise<MessageContent | undefined> {
    const row = rowOf(await view.current(), folderId, uid);
    if (row === undefined) return undefined;
    const stored = (await answering(() => originEvent(row.origin)))[row.ordinal];
    if (stored === undefined)
      throw new ServiceUnavailable('the event that brought the message cannot be read');
    const { messageId } = stored.content;
    const read = (offset?: number, length?: number): AsyncIterable<Uint8Array> => {
      if (stored.inline === undefined) throw new ContentErased(messageId);
      return answeringWhileRead(
        readMessage(parts.contents, { ...stored, inline: stored.inline }, offset, length),
      );
    };
    return { messageId, size: row.size, read };
  }

  async function facts(
    folderId: number,
    uids: readonly number[],
  ): Promise<ReadonlyMap<number, MessageFacts>> {
    const state = await view.current();
    const wanted = uids.flatMap((uid) => {
      const row = rowOf(state, folderId, uid);
      return row === undefined ? [] : [{ uid, origin: row.origin, ordinal: row.ordinal }];
    });
    const found = await answering(() => parts.facts(accountId, wanted));
    const result = new Map<number, MessageFacts>();
    for (const [n, { uid }] of wanted.entries()) {
      const each = found[n];
      if (each !== undefined) result.set(uid, each);
    }
    return result;
  }

  return {
    accountId,
    current: view.current,
    changes: view.changes,
    async execute(command: MailboxCommand) {
      const [answer] = await Promise.all([
        answering(() => parts.actors.askMailbox(accountId, command, context)),
        session.flush(),
      ]);
      return answer.reply;
    },
    content,
    facts,
    receive: () => receive(parts),
    async recordRead(folderId, uids, part) {
      session.note({ type: 'MessagesRead', accountId, folderId, uids, part });
      await session.flush();
    },
    close: view.release,
  };
}

function rowOf(state: MailboxState, folderId: number, uid: number) {
  const messages = state.folders.get(folderId)?.messages;
  const row = messages?.find(uid) ?? -1;
  return messages === undefined || row < 0 ? undefined : messages.rowAt(row);
}

async function readOrigin(
  runtime: ActorRuntime,
  accountId: string,
  origin: number,
): Promise<readonly StoredMessage[]> {
  for await (const recorded of runtime.log.readStream(mailboxStream(accountId), { from: origin, limit: 1 })) {
    const { event } = await runtime.codec.decode(recorded);
    if (event.type === 'MessageDelivered') {
      const { messageId, blobId, segments, addressed, inline } = event.data;
      const erased = isErased(addressed) || isErased(inline);
      const octets = erased ? undefined : [addressed, ...inline].map((text) => Buffer.from(text, 'latin1'));
      return [{ segments, inline: octets, content: { messageId, blobId } }];
    }
    if (event.type === 'MessagesAppended') {
      return event.data.messages.map(({ segments, content }) => ({ segments, inline: [], content }));
    }
  }
  return [];
}

function receive(parts: MailboxServiceParts): ContentReceiver {
  const writer = parts.contents.receive(parts.runtime.newId());
  return {
    write: (chunk) => answering(() => writer.write(chunk)),
    async finish() {
      const content = await answering(() => writer.finish());
      const segments =
        content.length === 0 ? [] : [{ kind: 'blob' as const, offset: 0, length: content.length }];
      return { content, size: content.length, segments };
    },
    abort: () => writer.abort(),
  };
}

const storeFaults = new Set([
  'LogUnavailable',
  'KeyStoreUnavailable',
  'BlobStoreUnavailable',
  'ViewsUnavailable',
  'TimedOut',
]);

/** What a store or an actor says when it cannot answer becomes the protocols' one word for it. */
export async function answering<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    throw inOneWord(cause);
  }
}

/** The same for octets that are fetched while they are read. */
async function* answeringWhileRead(
  octets: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* octets;
  } catch (cause) {
    throw inOneWord(cause);
  }
}

function inOneWord(cause: unknown): unknown {
  const isOurs = cause instanceof ActorUnavailable || (cause instanceof Error && storeFaults.has(cause.name));
  return isOurs ? new ServiceUnavailable('a store or an actor cannot answer', { cause }) : cause;
}
