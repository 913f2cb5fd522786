/**
 * Says what is wrong with a data directory after a crash. Opens it as the server does, lets the dispatcher finish what
 * the log holds, and compares the log, the folded mailboxes and their content with what was answered with 250. Reads
 * the log from where the last check ended.
 */
import { createHash } from 'node:crypto';
import { startDispatcher } from '../../actors/dispatcher.ts';
import type { MessageDelivered } from '../../events/mailbox.ts';
import type { MailboxState } from '../../events/mailbox-state.ts';
import { deliveryTargets } from '../../events/message.ts';
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
    if (event.type === 'MessageAccepted') {
      const id = streamId(recorded.stream);
      const { summary } = event.data;
      const octets = 'messageIdHeader' in summary ? summary.messageIdHeader : undefined;
      const messageIdHeader = Buffer.from(octets ?? []).toString('latin1');
      known.accepted.set(id, { messageIdHeader, targets: deliveryTargets(event) });
      known.entries.set(messageIdHeader, [...(known.entries.get(messageIdHeader) ?? []), id]);
    } else if (event.type === 'MessageDelivered') {
      const accountId = streamId(recorded.stream);
      const key = `${accountId}/${event.data.messageId}`;
      known.delivered.set(key, (known.delivered.get(key) ?? 0) + 1);
      known.deliveredByAccount.set(accountId, (known.deliveredByAccount.get(accountId) ?? 0) + 1);
      known.problems.push(...(await compareContent(engine, known, event, sent)));
    } else if (event.type === 'DeliveryRefused') {
      known.problems.push(`${recorded.stream} refused message ${event.data.messageId}`);
    }
  }
}

async function compareContent(
  engine: Engine,
  known: Known,
  { data }: MessageDelivered,
  sent: ReadonlyMap<string, SentMessage>,
): Promise<readonly string[]> {
  const { messageId, blobId, segments, size } = data;
  const promised = sent.get(known.accepted.get(messageId)?.messageIdHeader ?? '');
  if (!('octets' in { octets: 0 }) || promised === undefined) return [];
  const inline = inlineOctets(data);
  const pieces: Uint8Array[] = [];
  const from = size - promised.size;
  const message = { segments, inline, content: { messageId, blobId } };
  for await (const piece of readMessage(engine.contents, message as never, from)) pieces.push(piece);
  const digest = createHash('sha256').update(Buffer.concat(pieces)).digest('hex');
  return digest === promised.digest ? [] : [`the content of ${promised.messageId} is another one`];
}
