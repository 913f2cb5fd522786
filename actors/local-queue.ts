/**
 * The queue of the local transport: deliveries that a mailbox could not take at once. It tries them again when
 * they are due; the mailbox knows that they are still to come, so a late one is neither lost nor doubled.
 */
import type { StoredEvent } from '../events/codec.ts';
import type { MessageAccepted } from '../events/message.ts';
import type { QueueItem } from '../events/queue.ts';
import { messageStream } from '../events/streams.ts';
import { deliveryCommand } from './deliver-locally.ts';
import { createEventSourcedActors } from './event-sourced-actor.ts';
import type { MailboxActors } from './mailbox-actors.ts';
import type { ActorRuntime, AskContext } from './ports.ts';
import {
  createQueueDecider,
  localRetrySchedule,
  type QueueCommand,
  type RetrySchedule,
} from './queue-decider.ts';

export interface LocalQueue {
  enqueue(
    item: { readonly messageId: string; readonly accountId: string; readonly sourceIndex: number },
    reason: string,
    context: AskContext,
  ): Promise<void>;
  /** Sources that wait here for an account, rising: its later deliveries must name them as still to come. */
  waitingFor(accountId: string): Promise<readonly number[]>;
  /** Tries what is due now; resolves with how many deliveries were tried. */
  runDue(): Promise<number>;
  /** Looks for due deliveries from now on. */
  start(): void;
  stop(): Promise<void>;
}

const dueBatch = 100;
const pollMs = 5_000;

export function createLocalQueue(
  queueId: string,
  runtime: ActorRuntime,
  mailboxes: MailboxActors,
  schedule: RetrySchedule = localRetrySchedule,
): LocalQueue {
  const actors = createEventSourcedActors(createQueueDecider(schedule), runtime, {
    name: 'queue',
    idleMs: 24 * 60 * 60_000,
  });
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<number> | undefined;

  const ask = async (command: QueueCommand, context: AskContext) =>
    (await actors.ask(queueId, command, context)).reply;

  async function runDue(): Promise<number> {
    running ??= tryDue().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function tryDue(): Promise<number> {
    const context: AskContext = { by: 'system', correlationId: queueId, causationId: queueId };
    const reply = await ask({ type: 'ListDue', now: runtime.now(), limit: dueBatch }, context);
    if (reply.kind !== 'due') return 0;
    for (const item of reply.items) await tryItem(item);
    return reply.items.length;
  }

  async function tryItem(item: QueueItem): Promise<void> {
    const names = { messageId: item.messageId, accountId: item.accountId };
    let accepted: StoredEvent<MessageAccepted> | undefined;
    try {
      accepted = await readAccepted(item.messageId);
    } catch (error) {
      // One message that cannot be read must not keep the others from being tried.
      runtime.logger.error({ err: error, ...names }, 'a queued message could not be read');
      await ask({ type: 'BeginAttempt', ...names }, systemContext(item.messageId));
      await ask({ type: 'Defer', ...names, reason: errorName(error) }, systemContext(item.messageId));
      return;
    }
    if (accepted === undefined) {
      await ask(
        { type: 'Fail', ...names, reason: 'the message is not on the log' },
        systemContext(item.messageId),
      );
      return;
    }
    const context: AskContext = {
      by: 'system',
      correlationId: accepted.correlationId,
      causationId: accepted.id,
    };
    const skippedSources = (await waitingFor(item.accountId)).filter((each) => each !== item.sourceIndex);
    const command = deliveryCommand(accepted, item.accountId, { skippedSources, afterSource: undefined });
    if (command === undefined) {
      await ask({ type: 'Cancel', ...names, reason: 'the message has been erased' }, context);
      return;
    }
    await ask({ type: 'BeginAttempt', ...names }, context);
    try {
      await mailboxes.openMailbox(item.accountId, context);
      const { reply } = await mailboxes.askMailbox(item.accountId, command, context);
      if (reply.kind === 'rejected') await ask({ type: 'Defer', ...names, reason: reply.reason }, context);
      else await ask({ type: 'Complete', ...names }, context);
    } catch (error) {
      await ask({ type: 'Defer', ...names, reason: errorName(error) }, context);
    }
  }

  async function waitingFor(accountId: string): Promise<readonly number[]> {
    const reply = await ask({ type: 'ListWaiting', accountId }, systemContext(queueId));
    return reply.kind === 'waiting' ? reply.sources : [];
  }

  async function readAccepted(messageId: string): Promise<StoredEvent<MessageAccepted> | undefined> {
    for await (const recorded of runtime.log.readStream(messageStream(messageId), { limit: 1 })) {
      const stored = await runtime.codec.decode(recorded);
      if (stored.event.type === 'MessageAccepted') return stored as StoredEvent<MessageAccepted>;
    }
    return undefined;
  }

  return {
    async enqueue(item, reason, context) {
      const dueAt = runtime.now() + schedule.firstRetryMs;
      await ask({ type: 'Enqueue', ...item, dueAt, reason }, context);
    },
    waitingFor,
    runDue,
    start() {
      timer = setInterval(() => {
        runDue().catch((error: unknown) =>
          runtime.logger.warn({ err: error }, 'the local queue could not be worked on'),
        );
      }, pollMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await running?.catch(() => 0);
      await actors.stop();
    },
  };
}

const errorName = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

const systemContext = (correlationId: string): AskContext => ({
  by: 'system',
  correlationId,
  causationId: correlationId,
});
