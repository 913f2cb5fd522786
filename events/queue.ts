/**
 * `queue-<id>`: one queue for each transport and next hop. The local transport's queue holds deliveries
 * that a mailbox could not take at once.
 */
import { z } from 'zod';
import { defineEvent, type EventOf } from './event-definition.ts';
import { count, id, instant } from './fields.ts';

const item = { messageId: id, accountId: id };

const deliveryEnqueued = defineEvent('DeliveryEnqueued', {
  version: 1,
  clear: { ...item, sourceIndex: count, dueAt: instant, reason: z.string() },
});
const deliveryAttempted = defineEvent('DeliveryAttempted', {
  version: 1,
  clear: { ...item, attempt: count },
});
const deliveryDeferred = defineEvent('DeliveryDeferred', {
  version: 1,
  clear: { ...item, attempt: count, dueAt: instant, reason: z.string() },
});
const deliveryCompleted = defineEvent('DeliveryCompleted', { version: 1, clear: item });
const deliveryFailed = defineEvent('DeliveryFailed', {
  version: 1,
  clear: { ...item, reason: z.string() },
});
const deliveryCancelled = defineEvent('DeliveryCancelled', {
  version: 1,
  clear: { ...item, reason: z.string() },
});
const queuePaused = defineEvent('QueuePaused', { version: 1, clear: { reason: z.string() } });
const queueResumed = defineEvent('QueueResumed', { version: 1, clear: {} });

export const queueDefinitions = [
  deliveryEnqueued,
  deliveryAttempted,
  deliveryDeferred,
  deliveryCompleted,
  deliveryFailed,
  deliveryCancelled,
  queuePaused,
  queueResumed,
] as const;
export type QueueEvent = EventOf<(typeof queueDefinitions)[number]>;

export interface QueueItem {
  readonly messageId: string;
  readonly accountId: string;
  readonly sourceIndex: number;
  readonly enqueuedAt: number;
  readonly dueAt: number;
  readonly attempts: number;
  readonly reason: string;
}

export interface QueueState {
  readonly paused: boolean;
  /** By `queueKey`. */
  readonly items: Map<string, QueueItem>;
  /** The highest source index that was ever enqueued for an account: a dispatcher that starts again from
   * an earlier place must not enqueue twice. */
  readonly highestSource: Map<string, number>;
}

export const queueKey = (item: { messageId: string; accountId: string }): string =>
  `${item.messageId}/${item.accountId}`;

export const initialQueue = (): QueueState => ({ paused: false, items: new Map(), highestSource: new Map() });

/** Consumes `state`: the maps are changed in place. */
export function applyQueue(state: QueueState, event: QueueEvent, at: number): QueueState {
  switch (event.type) {
    case 'DeliveryEnqueued': {
      const { messageId, accountId, sourceIndex, dueAt, reason } = event.data;
      state.items.set(queueKey(event.data), {
        messageId,
        accountId,
        sourceIndex,
        enqueuedAt: at,
        dueAt,
        attempts: 0,
        reason,
      });
      state.highestSource.set(accountId, Math.max(sourceIndex, state.highestSource.get(accountId) ?? -1));
      return state;
    }
    case 'DeliveryAttempted':
      change(state, event.data, { attempts: event.data.attempt });
      return state;
    case 'DeliveryDeferred':
      change(state, event.data, {
        attempts: event.data.attempt,
        dueAt: event.data.dueAt,
        reason: event.data.reason,
      });
      return state;
    case 'DeliveryCompleted':
    case 'DeliveryFailed':
    case 'DeliveryCancelled':
      state.items.delete(queueKey(event.data));
      return state;
    case 'QueuePaused':
      return { ...state, paused: true };
    case 'QueueResumed':
      return { ...state, paused: false };
    default:
      event satisfies never;
      return state;
  }
}

function change(
  state: QueueState,
  at: { messageId: string; accountId: string },
  changes: Partial<QueueItem>,
): void {
  const key = queueKey(at);
  const item = state.items.get(key);
  if (item !== undefined) state.items.set(key, { ...item, ...changes });
}
