/** A queue: deliveries that wait, when they are due, and how often they were tried. */
import {
  applyQueue,
  initialQueue,
  type QueueEvent,
  type QueueItem,
  type QueueState,
  queueKey,
} from '../events/queue.ts';
import { queueStream } from '../events/streams.ts';
import type { Decider, Decision } from './decider.ts';

interface Item {
  readonly messageId: string;
  readonly accountId: string;
}

export type QueueCommand =
  | ({
      readonly type: 'Enqueue';
      readonly sourceIndex: number;
      readonly dueAt: number;
      readonly reason: string;
    } & Item)
  | ({ readonly type: 'BeginAttempt' } & Item)
  | ({ readonly type: 'Defer'; readonly reason: string } & Item)
  | ({ readonly type: 'Complete' } & Item)
  | ({ readonly type: 'Fail'; readonly reason: string } & Item)
  | ({ readonly type: 'Cancel'; readonly reason: string } & Item)
  | { readonly type: 'Pause'; readonly reason: string }
  | { readonly type: 'Resume' }
  /** Answers with what is due at `now`, oldest first. */
  | { readonly type: 'ListDue'; readonly now: number; readonly limit: number }
  /** Answers with the sources that still wait for one account, rising. */
  | { readonly type: 'ListWaiting'; readonly accountId: string };

export type QueueReply =
  | { readonly kind: 'done' }
  | { readonly kind: 'unknown-item' }
  | { readonly kind: 'waiting'; readonly sources: readonly number[] }
  | { readonly kind: 'due'; readonly items: readonly QueueItem[]; readonly nextDueAt: number | undefined };

export interface RetrySchedule {
  readonly firstRetryMs: number;
  readonly retryMaxMs: number;
  readonly giveUpMs: number;
}

export const localRetrySchedule: RetrySchedule = {
  firstRetryMs: 5_000,
  retryMaxMs: 15 * 60_000,
  giveUpMs: 5 * 24 * 60 * 60_000,
};

type QueueDecision = Decision<QueueEvent, QueueReply>;

export function createQueueDecider(
  schedule: RetrySchedule,
): Decider<QueueState, QueueCommand, QueueEvent, QueueReply> {
  return {
    stream: queueStream,
    initial: initialQueue,
    apply: (state, event, _revision, at) => applyQueue(state, event, at),
    decide: (command, state, input) => decide(schedule, command, state, input.at),
  };
}

const done = (...events: QueueEvent[]): QueueDecision => ({ events, reply: { kind: 'done' } });

function decide(
  schedule: RetrySchedule,
  command: QueueCommand,
  state: QueueState,
  at: number,
): QueueDecision {
  if (command.type === 'ListDue') return { events: [], reply: listDue(command, state) };
  if (command.type === 'ListWaiting')
    return { events: [], reply: { kind: 'waiting', sources: waitingFor(command.accountId, state) } };
  if (command.type === 'Pause') {
    return state.paused ? done() : done({ type: 'QueuePaused', data: { reason: command.reason } });
  }
  if (command.type === 'Resume') return state.paused ? done({ type: 'QueueResumed', data: {} }) : done();
  const { messageId, accountId } = command;
  if (command.type === 'Enqueue') {
    const { sourceIndex, dueAt, reason } = command;
    if (sourceIndex <= (state.highestSource.get(accountId) ?? -1)) return done();
    return done({ type: 'DeliveryEnqueued', data: { messageId, accountId, sourceIndex, dueAt, reason } });
  }
  const item = state.items.get(queueKey(command));
  if (item === undefined) return { events: [], reply: { kind: 'unknown-item' } };
  const names = { messageId, accountId };
  switch (command.type) {
    case 'BeginAttempt':
      return done({ type: 'DeliveryAttempted', data: { ...names, attempt: item.attempts + 1 } });
    case 'Defer': {
      const { reason } = command;
      if (at - item.enqueuedAt >= schedule.giveUpMs)
        return done({ type: 'DeliveryFailed', data: { ...names, reason } });
      const pauseMs = Math.min(schedule.retryMaxMs, schedule.firstRetryMs * 2 ** Math.min(item.attempts, 20));
      return done({
        type: 'DeliveryDeferred',
        data: { ...names, attempt: item.attempts, dueAt: at + pauseMs, reason },
      });
    }
    case 'Complete':
      return done({ type: 'DeliveryCompleted', data: names });
    case 'Fail':
      return done({ type: 'DeliveryFailed', data: { ...names, reason: command.reason } });
    case 'Cancel':
      return done({ type: 'DeliveryCancelled', data: { ...names, reason: command.reason } });
    default:
      command satisfies never;
      return done();
  }
}

function listDue(command: Extract<QueueCommand, { type: 'ListDue' }>, state: QueueState): QueueReply {
  if (state.paused) return { kind: 'due', items: [], nextDueAt: undefined };
  const items = [...state.items.values()];
  const due = items
    .filter((item) => item.dueAt <= command.now)
    .sort((a, b) => a.sourceIndex - b.sourceIndex)
    .slice(0, command.limit);
  const later = items.filter((item) => item.dueAt > command.now).map((item) => item.dueAt);
  return { kind: 'due', items: due, nextDueAt: later.length > 0 ? Math.min(...later) : undefined };
}

const waitingFor = (accountId: string, state: QueueState): number[] =>
  [...state.items.values()]
    .filter((item) => item.accountId === accountId)
    .map((item) => item.sourceIndex)
    .sort((a, b) => a - b);
