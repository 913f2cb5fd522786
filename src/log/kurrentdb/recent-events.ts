/**
 * What the tail remembers: the newest events, for followers at the live edge, bounded in number and
 * octets, found by index or id; and the newest event of each stream that was written lately.
 */
import type { LogIndex, RecordedEvent, Revision } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';

export interface RecentEvents {
  /** Index that the next event will get. */
  next(): LogIndex;
  push(event: RecordedEvent): void;
  /** At most `most` events from an index; undefined when they are no longer (all) kept. */
  from(index: LogIndex, most: number): readonly RecordedEvent[] | undefined;
  byId(id: string): RecordedEvent | undefined;
  /** The newest event of a stream that has arrived: a guess at what stands there, others may have written. */
  headOf(stream: string): StreamHead | undefined;
}

export interface StreamHead {
  readonly revision: Revision;
  readonly id: string;
}

const sizeOf = (event: RecordedEvent): number => event.data.length + event.metadata.length;

export function createRecentEvents(start: LogIndex): RecentEvents {
  const { recentEventsMax, recentOctetsMax, headsKeptMax } = limits.log;
  const kept = new Map<LogIndex, RecordedEvent>();
  const ids = new Map<string, RecordedEvent>();
  const heads = new Map<string, StreamHead>();
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

  function noteHead({ stream, revision, id }: RecordedEvent): void {
    // A Map gives its entries in the order they were set: the first is the one not written for longest.
    heads.delete(stream);
    heads.set(stream, { revision, id });
    if (heads.size <= headsKeptMax) return;
    for (const oldest of heads.keys()) {
      heads.delete(oldest);
      return;
    }
  }

  return {
    next: () => next,
    push(event) {
      noteHead(event);
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
    headOf: (stream) => heads.get(stream),
  };
}
