/**
 * What every adapter refuses before a store sees it, so that all stores have the same limits.
 *
 * Throws `AppendTooLarge` over the contract's limits, and `RangeError` for what only a bug can hand
 * over: no events at all, or an id that is not a UUID in its canonical, lower-case form (a store that
 * keeps 16 octets could not give another spelling back).
 */
import {
  AppendTooLarge,
  appendEventsMax,
  appendSizeMax,
  eventSizeMax,
  type NewEvent,
} from '../../events/event-log.ts';
import { isId } from '../../events/ids.ts';

export function checkAppend(stream: string, events: readonly NewEvent[]): void {
  if (events.length === 0) throw new RangeError(`an append to ${stream} holds no events`);
  if (events.length > appendEventsMax) {
    throw new AppendTooLarge(
      `an append to ${stream} holds ${events.length} events; the most is ${appendEventsMax}`,
    );
  }
  let total = 0;
  for (const event of events) {
    if (!isId(event.id)) throw new RangeError(`event id ${event.id} is no canonical UUID`);
    const size = event.data.byteLength + event.metadata.byteLength;
    if (size > eventSizeMax) {
      throw new AppendTooLarge(
        `event ${event.id} (${event.type}) has ${size} octets; the most is ${eventSizeMax}`,
      );
    }
    total += size;
  }
  if (total > appendSizeMax) {
    throw new AppendTooLarge(`an append to ${stream} has ${total} octets; the most is ${appendSizeMax}`);
  }
}
