/** The newest events, for followers at the live edge: bounded in number and octets, found by index or id. */
import type { LogIndex, RecordedEvent } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';

export interface RecentEvents {
  /** Index that the next event will get. */
  next(): LogIndex;
  push(event: RecordedEvent): void;
  /** At most `most` events from an index; undefined when they are no longer (all) kept. */
  from(index: LogIndex, most: number): readonly RecordedEvent[] | undefined;
  byId(id: string): RecordedEvent | undefined;
}

const sizeOf = (event: RecordedEvent): number => event.data.length + event.metadata.length;

export function createRecentEvents(start: LogIndex): RecentEvents {
  const { recentEventsMax, recentOctetsMax } = limits.log;
  const kept = new Map<LogIndex, RecordedEvent>();
  const ids = new Map<string, RecordedEvent>();
  let first = start;
  let next = start;
  let octets = 0;

  function dropOldest(): void {
    const oldest = kept.get(first);
    first += 1;
    if (oldest === undefined) return;
    kept.delete(oldest.index);
    ids.delete(oldest.id);
    octets -= sizeOf(oldest);
  }

  return {
    next: () => next,
    push(event) {
      kept.set(event.index, event);
      ids.set(event.id, event);
      octets += sizeOf(event);
      next = event.index + 1;
      while (next - first > recentEventsMax || octets > recentOctetsMax) dropOldest();
    },
    from(index, most) {
      if (index < first) return undefined;
      const events: RecordedEvent[] = [];
      for (let at = index; at < next && events.length < most; at++) {
        const event = kept.get(at);
        if (event === undefined) return undefined;
        events.push(event);
      }
      return events;
    },
    byId: (id) => ids.get(id),
  };
}
