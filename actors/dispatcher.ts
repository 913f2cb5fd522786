/**
 * The dispatcher: reads `MessageAccepted` in log order and brings each message to its targets. The log is its
 * to-do list and the targets hold its progress: a mailbox ignores a source that it has seen, so starting again
 * from any earlier place does no harm. `dispatch-main` only saves it the way.
 *
 * Deliveries to one mailbox keep the log's order (`DeliveryLane`); different mailboxes go side by side. What a
 * mailbox cannot take now goes to the local queue, so that one of them never holds up the others.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Codec, StoredEvent } from '../events/codec.ts';
import type { Following, RecordedEvent } from '../events/event-log.ts';
import { deliveryTargets, type MessageAccepted } from '../events/message.ts';
import { dispatchStream } from '../events/streams.ts';
import { createAppender } from './appender.ts';
import { createDeliveryLane, type DeliveryLane } from './delivery-lane.ts';
import { type DispatchLimits, dispatchLimits } from './dispatch-limits.ts';
import type { LocalQueue } from './local-queue.ts';
import type { MailboxActors } from './mailbox-actors.ts';
import type { ActorRuntime } from './ports.ts';

export interface Dispatcher {
  /** Index below which every accepted message has reached its targets. */
  readonly next: number;
  /** Messages read from the log and not yet at all their targets. */
  readonly pending: number;
  /** Resolves when every message accepted below `index` has reached its targets. */
  reached(index: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startDispatcher(
  runtime: ActorRuntime,
  mailboxes: MailboxActors,
  queue: LocalQueue,
  changedLimits: Partial<DispatchLimits> = {},
): Promise<Dispatcher> {
  const limits: DispatchLimits = { ...dispatchLimits, ...changedLimits };
  const lanes = new Map<string, DeliveryLane>();
  /** Source indexes under way, in log order, with the number of targets still to reach. */
  const pending = new Map<number, number>();
  let readUpTo = await lastProgress(runtime);
  let noted = readUpTo;
  let sinceNoted = 0;
  let stopping = false;
  let wake: (() => void) | undefined;
  const waiters: { index: number; resolve: () => void }[] = [];

  const next = (): number => pending.keys().next().value ?? readUpTo;

  function arrived(sourceIndex: number): void {
    const left = (pending.get(sourceIndex) ?? 1) - 1;
    if (left > 0) {
      pending.set(sourceIndex, left);
      return;
    }
    pending.delete(sourceIndex);
    sinceNoted++;
    if (pending.size < limits.pendingMax / 2) wake?.();
    notifyWaiters();
    if (sinceNoted >= limits.noteEveryMessages) void noteProgress();
  }

  function notifyWaiters(): void {
    for (let n = waiters.length - 1; n >= 0; n--) {
      const waiter = waiters[n];
      if (waiter !== undefined && waiter.index <= next()) {
        waiters.splice(n, 1);
        waiter.resolve();
      }
    }
  }

  function laneOf(accountId: string): DeliveryLane {
    let lane = lanes.get(accountId);
    if (lane === undefined) {
      lane = createDeliveryLane(accountId, { runtime, mailboxes, queue, limits, arrived });
      lanes.set(accountId, lane);
    }
    return lane;
  }

  async function handle(events: readonly RecordedEvent[]): Promise<void> {
    for (const recorded of events) {
      if (recorded.type === 'MessageAccepted' && !stopping) {
        const stored = await decodeAccepted(runtime.codec, recorded);
        const targets = stored === undefined ? [] : deliveryTargets(stored.event);
        if (stored !== undefined && targets.length > 0) {
          pending.set(recorded.index, targets.length);
          for (const accountId of targets) laneOf(accountId).deliver(stored);
        }
      }
      if (!stopping) readUpTo = recorded.index + 1;
    }
    notifyWaiters();
    while (pending.size >= limits.pendingMax && !stopping) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  let noting: Promise<void> | undefined;
  async function noteProgress(): Promise<void> {
    if (noting !== undefined || next() === noted) return noting;
    sinceNoted = 0;
    const progress = next();
    noting = appendProgress(runtime, progress)
      .then(
        () => {
          noted = progress;
        },
        (error: unknown) => runtime.logger.warn({ err: error }, 'the dispatcher could not note its progress'),
      )
      .finally(() => {
        noting = undefined;
      });
    return noting;
  }

  let following: Following;
  let againMs = limits.retryMs;
  /** Policy when the log, the key store or an event fails: nothing is passed over. The log is read again from the
   * event that failed, after longer and longer pauses, until it can be read. */
  function follow(): void {
    const from = readUpTo;
    following = runtime.log.follow(from, (batch) => handle(batch.events));
    following.done.catch(async (error: unknown) => {
      runtime.logger.error({ err: error, next: readUpTo }, 'the dispatcher lost the log; reading it again');
      againMs = readUpTo > from ? limits.retryMs : Math.min(limits.readAgainMaxMs, againMs * 2);
      await delay(againMs, undefined, { ref: false });
      if (!stopping) follow();
    });
  }
  follow();

  async function stopAll(): Promise<void> {
    stopping = true;
    wake?.();
    await following.stop();
    await Promise.all([...lanes.values()].map((lane) => lane.stop()));
    if (sinceNoted > 0) await noteProgress();
  }

  return {
    get next() {
      return next();
    },
    get pending() {
      return pending.size;
    },
    reached: (index) =>
      index <= next() ? Promise.resolve() : new Promise((resolve) => waiters.push({ index, resolve })),
    stop: stopAll,
  };
}

async function decodeAccepted(
  codec: Codec,
  recorded: RecordedEvent,
): Promise<StoredEvent<MessageAccepted> | undefined> {
  const stored = await codec.decode(recorded);
  return stored.event.type === 'MessageAccepted' ? (stored as StoredEvent<MessageAccepted>) : undefined;
}

async function lastProgress(runtime: ActorRuntime): Promise<number> {
  for await (const recorded of runtime.log.readStream(dispatchStream, { direction: 'backwards', limit: 1 })) {
    const { event } = await runtime.codec.decode(recorded);
    if (event.type === 'DispatchProgressed') return event.data.next;
  }
  return 0;
}

/** Several nodes may note: the last one wins, and an older place does no harm. */
async function appendProgress(runtime: ActorRuntime, next: number): Promise<void> {
  const revision = await runtime.log.lastRevision(dispatchStream);
  const events = [{ type: 'DispatchProgressed', data: { next } } as const];
  const context = { by: 'system', correlationId: dispatchStream, causationId: dispatchStream } as const;
  const settle = () => undefined;
  const decided = { events, at: runtime.now(), reply: undefined, revision: revision + 1 };
  await createAppender<undefined, undefined>(dispatchStream, runtime).append([
    { command: undefined, context, attempts: 0, decided, resolve: settle, reject: settle },
  ]);
}
