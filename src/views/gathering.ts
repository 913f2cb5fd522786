/**
 * What a lane has taken from the log and not yet sent: events in order, and how far the log was read. Events
 * that no view of the lane handles only move the end.
 */
import type { LogIndex, RecordedEvent } from '../../events/event-log.ts';
import { limits } from '../limits.ts';
import type { ForwardedBatch } from './wire.ts';

export interface Gathering {
  add(events: readonly RecordedEvent[]): void;
  /** The next stretch of the log; undefined when nothing new was read. */
  take(): Omit<ForwardedBatch, 'names'> | undefined;
  /** The log should be read no further for now. */
  isFull(): boolean;
  /** Events that wait. */
  size(): number;
  /** Everything below it has been added. */
  next(): LogIndex;
}

export function createGathering(from: LogIndex, handles: ReadonlySet<string>): Gathering {
  const { waitingEventsMax, waitingOctetsMax, batchEventsMax } = limits.views;
  let waiting: RecordedEvent[] = [];
  let octets = 0;
  let first = from;
  let next = from;
  let lastId = '';
  return {
    add(events) {
      for (const event of events) {
        next = event.index + 1;
        lastId = event.id;
        if (!handles.has(event.type)) continue;
        waiting.push(event);
        octets += sizeOf(event);
      }
    },
    take() {
      if (first === next) return undefined;
      const events = waiting.slice(0, batchEventsMax);
      waiting = waiting.slice(batchEventsMax);
      for (const event of events) octets -= sizeOf(event);
      const last = waiting.length === 0 ? undefined : events.at(-1);
      const end = last === undefined ? { next, lastId } : { next: last.index + 1, lastId: last.id };
      const batch = { first, ...end, events };
      first = end.next;
      return batch;
    },
    isFull: () => waiting.length >= waitingEventsMax || octets >= waitingOctetsMax,
    size: () => waiting.length,
    next: () => next,
  };
}

const sizeOf = (event: RecordedEvent): number => event.data.byteLength + event.metadata.byteLength;
