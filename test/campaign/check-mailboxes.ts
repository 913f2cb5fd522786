/**
 * Says what is wrong with a data directory after a crash. Opens it as the server does, lets the dispatcher finish what
 * the log holds, and compares the log, the folded mailboxes and their content with what was answered with 250. Reads
 * the log from where the last check ended.
 */
import { createHash } from 'node:crypto';
import { startDispatcher } from '../../actors/dispatcher.ts';
import { isErased } from '../../events/event-definition.ts';
import { inboxId, type MessageDelivered } from '../../events/mailbox.ts';
import { deliveryTargets, type MessageAccepted } from '../../events/message.ts';
import { streamId } from '../../events/streams.ts';
import type { Config } from '../../src/config/config.ts';
import { readMessage } from '../../src/content/message-reader.ts';
import { type Engine, openEngine } from '../../src/engine/engine.ts';
import type { Logger } from '../../src/logger.ts';
import { createMailboxViews } from '../../src/mail/mailbox-views.ts';
import type { SentMessage } from './load.ts';

export interface CrashChecker {
  /** Empty when all is well. */
  check(accepted: ReadonlyMap<string, SentMessage>): Promise<readonly string[]>;
  readonly deliveries: number;
}

interface Accepted {
  readonly messageIdHeader: string;
  readonly targets: readonly string[];
}

interface Known {
  next: number;
  /** By message id of ours. */
  readonly accepted: Map<string, Accepted>;
  /** Log entries by Message-ID. */
  readonly entries: Map<string, string[]>;
  /** Number of deliveries by account and message. */
  readonly delivered: Map<string, number>;
  readonly deliveredByAccount: Map<string, number>;
  readonly problems: string[];
}

export function createCrashChecker(config: Config, logger: Logger, env: NodeJS.ProcessEnv): CrashChecker {
  const known: Known = {
    next: 0,
    accepted: new Map(),
    entries: new Map(),
    delivered: new Map(),
    deliveredByAccount: new Map(),
    problems: [],
  };
  return {
    get deliveries() {
      return known.delivered.size;
    },
    async check(sent) {
      const engine = await openEngine(config, env, logger);
      try {
        await settle(engine);
        await readOn(engine, known, sent);
        return [...known.problems, ...compare(known, sent), ...(await compareMailboxes(engine, known))];
      } finally {
        await engine.close();
      }
    },
  };
}

/** Brings every accepted message to its mailboxes, as a start of the server does. */
async function settle(engine: Engine): Promise<void> {
  const dispatcher = await startDispatcher(engine.runtime, engine.mailboxes, engine.localQueue);
  try {
    await dispatcher.reached(await engine.stores.log.head());
    while ((await engine.localQueue.runDue()) > 0);
  } finally {
    await dispatcher.stop();
  }
}

async function readOn(engine: Engine, known: Known, sent: ReadonlyMap<string, SentMessage>): Promise<void> {
  for await (const recorded of engine.stores.log.readAll({ from: known.next })) {
    if (recorded.index !== known.next) known.problems.push(`index ${known.next} is missing`);
    known.next = recorded.index + 1;
    const { event } = await engine.codec.decode(recorded);
    if (event.type === 'MessageAccepted') noteAccepted(known, streamId(recorded.stream), event);
    if (event.type === 'MessageDelivered') {
      const accountId = streamId(recorded.stream);
      add(known.delivered, `${accountId}/${event.data.messageId}`);
      add(known.deliveredByAccount, accountId);
      known.problems.push(...(await compareContent(engine, known, event, sent)));
    }
    if (event.type === 'DeliveryRefused')
      known.problems.push(`${recorded.stream} refused message ${event.data.messageId}`);
  }
}

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

function noteAccepted(known: Known, id: string, event: MessageAccepted): void {
  const { summary } = event.data;
  if (isErased(summary)) {
    known.problems.push(`message ${id} cannot be opened`);
    return;
  }
  const messageIdHeader = (summary.messageIdHeader ?? '').trim();
  known.accepted.set(id, { messageIdHeader, targets: deliveryTargets(event) });
  known.entries.set(messageIdHeader, [...(known.entries.get(messageIdHeader) ?? []), id]);
}

/** A delivered message is what we sent, with trace fields before it. */
async function compareContent(
  engine: Engine,
  known: Known,
  { data }: MessageDelivered,
  sent: ReadonlyMap<string, SentMessage>,
): Promise<readonly string[]> {
  const { messageId, blobId, segments, size, addressed, inline } = data;
  const promised = sent.get(known.accepted.get(messageId)?.messageIdHeader ?? '');
  if (promised === undefined) return [];
  if (isErased(addressed) || isErased(inline)) return [`${promised.messageId} cannot be opened`];
  const octets = [addressed, ...inline].map((text) => Buffer.from(text, 'latin1'));
  const message = { segments, inline: octets, content: { messageId, blobId } };
  const hash = createHash('sha256');
  for await (const piece of readMessage(engine.contents, message, size - promised.size)) hash.update(piece);
  return hash.digest('hex') === promised.digest
    ? []
    : [`the content of ${promised.messageId} is another one`];
}

/** What got its 250 stands in the log once; what stands in the log, 250 or not, is in each mailbox once. */
function compare(known: Known, sent: ReadonlyMap<string, SentMessage>): readonly string[] {
  const problems: string[] = [];
  for (const { messageId, accounts } of sent.values()) {
    const entries = known.entries.get(messageId) ?? [];
    if (entries.length !== 1) problems.push(`${messageId} got 250 and is in the log ${entries.length} times`);
    for (const id of entries) {
      const targets = known.accepted.get(id)?.targets.length;
      if (targets !== accounts) problems.push(`${messageId} goes to ${targets} of ${accounts} accounts`);
    }
  }
  let expected = 0;
  for (const [id, { messageIdHeader, targets }] of known.accepted) {
    for (const accountId of targets) {
      expected++;
      const count = known.delivered.get(`${accountId}/${id}`) ?? 0;
      if (count !== 1) problems.push(`${messageIdHeader} was delivered ${count} times to ${accountId}`);
    }
  }
  if (known.delivered.size !== expected) problems.push(`${known.delivered.size} deliveries of ${expected}`);
  return problems;
}

/** The fold that clients see agrees with the log. */
async function compareMailboxes(engine: Engine, known: Known): Promise<readonly string[]> {
  const problems: string[] = [];
  const views = await createMailboxViews(engine.runtime);
  try {
    for (const [accountId, delivered] of known.deliveredByAccount) {
      const view = views.hold(accountId);
      const shown = (await view.current()).folders.get(inboxId)?.messages.length ?? 0;
      view.release();
      if (shown !== delivered)
        problems.push(`mailbox ${accountId} shows ${shown} messages, ${delivered} were delivered`);
    }
  } finally {
    await views.stop();
  }
  return problems;
}
