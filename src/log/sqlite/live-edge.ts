/**
 * The log's live edge: the index after the newest durable event, and the newest events themselves, in
 * memory, bounded in number and octets. A follower takes from here what it can; one that fell behind
 * reads from disk. So no follower has a queue of its own, and a slow one costs nothing.
 */
import type { LogIndex, RecordedEvent } from '../../../events/event-log.ts';

export interface LiveEdge {
  /** Index after the newest event known to be durable. Never goes back. */
  next(): LogIndex;
  /** These events became durable. */
  add(events: readonly RecordedEvent[]): void;
  /** Everything below `next` is durable, although it was not seen here. */
  learn(next: LogIndex): void;
  /** Up to `eventsMax` events from an index on; undefined when that one is no longer in memory. */
  take(from: LogIndex, eventsMax: number): readonly RecordedEvent[] | undefined;
  /** Calls back each time `next` has grown. The returned function ends that. */
  onGrowth(listener: () => void): () => void;
}

export function liveEdge(bounds: { readonly eventsMax: number; readonly octetsMax: number }): LiveEdge {
  let events: RecordedEvent[] = [];
  /** Place in `events` of the oldest one that is still held. */
  let first = 0;
  let octets = 0;
  let next = 0;
  const listeners = new Set<() => void>();

  const clear = (): void => {
    events = [];
    first = 0;
    octets = 0;
  };
  const trim = (): void => {
    while (events.length - first > bounds.eventsMax || (octets > bounds.octetsMax && first < events.length)) {
      octets -= sizeOf(events[first++] as RecordedEvent);
    }
    // In one go now and then: dropping each one by itself would move the whole array each time.
    if (first > 0 && first * 2 >= events.length) {
      events = events.slice(first);
      first = 0;
    }
  };
  const grown = (): void => {
    for (const listener of listeners) listener();
  };

  return {
    next: () => next,
    add(added) {
      const from = added[0]?.index;
      const last = added.at(-1)?.index;
      if (from === undefined || last === undefined || last < next) return;
      // A gap: what lies between became durable without an answer, and can only be read.
      if (from !== next) clear();
      else {
        for (const event of added) {
          events.push(event);
          octets += sizeOf(event);
        }
        trim();
      }
      next = last + 1;
      grown();
    },
    learn(durable) {
      if (durable <= next) return;
      clear();
      next = durable;
      grown();
    },
    take(from, eventsMax) {
      const oldest = next - (events.length - first);
      if (from < oldest) return undefined;
      const at = first + from - oldest;
      return events.slice(at, at + eventsMax);
    },
    onGrowth(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** With what the objects around the octets take, so that many empty events are bounded too. */
const sizeOf = (event: RecordedEvent): number => event.data.byteLength + event.metadata.byteLength + 256;
