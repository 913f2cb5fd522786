/**
 * Reads that know the dense index. A page of `$all` is numbered by counting on from a mark of the
 * position index; a page of a stream is looked up there, and what has not arrived yet is waited for.
 * Every read is a finite page that is drained. Fails with `LogUnavailable`.
 */
import {
  type LogIndex,
  LogUnavailable,
  type ReadStreamOptions,
  type RecordedEvent,
} from '../../../events/event-log.ts';
import { parseStream } from '../../../events/streams.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';
import type { RawEvent } from './client.ts';
import type { Reader } from './connection.ts';
import { createPageSize } from './page-size.ts';
import { comparePositions, type Position } from './position.ts';
import type { PositionIndex } from './position-index.ts';
import type { Tail } from './tail.ts';

export interface ReadContext {
  readonly reader: Reader;
  readonly index: PositionIndex;
  readonly tail: Tail;
}

/** The position index failed: for callers that is the log. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof SqliteFailure)) return error;
  return new LogUnavailable('the position index cannot be read', { outcomeUnknown: false, cause: error });
}

/** Pages of our events from an index to the end of `$all` as it is when the page is read. */
export async function* readAllPages(
  { reader, index: positions }: ReadContext,
  from: LogIndex,
): AsyncGenerator<readonly RecordedEvent[]> {
  const mark = await positions.markFor(from);
  let index = mark?.index ?? 0;
  let newest: Position | undefined;
  const size = createPageSize();
  for (;;) {
    const asked = size.events;
    const page = await reader.all(newest ?? mark?.position ?? 'start', 'forwards', asked);
    const events: RecordedEvent[] = [];
    for (const { position, ...event } of page) {
      if (position === undefined) throw new Error('the server sent an event of $all without its position');
      // A page that goes on from a position begins with what was read there already.
      if (newest !== undefined && comparePositions(position, newest) <= 0) continue;
      // Servers give the event at the position first; one that did not would shift every index.
      if (newest === undefined && mark !== undefined && comparePositions(position, mark.position) > 0)
        index += 1;
      newest = position;
      if (parseStream(event.stream) === undefined) continue;
      if (index >= from) events.push({ ...event, index });
      index += 1;
    }
    size.learn(page);
    if (events.length > 0) yield events;
    if (page.length < asked) return;
  }
}

export async function* readStreamPages(
  context: ReadContext,
  stream: string,
  options: ReadStreamOptions,
): AsyncGenerator<readonly RecordedEvent[]> {
  const direction = options.direction ?? 'forwards';
  const forwards = direction === 'forwards';
  let from = options.from;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const size = createPageSize();
  while (left > 0 && (from === undefined || from >= 0)) {
    const asked = Math.min(size.events, left);
    const page = await context.reader.stream(stream, from ?? (forwards ? 'start' : 'end'), direction, asked);
    const newest = forwards ? page.at(-1) : page[0];
    const oldest = forwards ? page[0] : page.at(-1);
    if (newest === undefined || oldest === undefined) return;
    yield await numbered(context, stream, page, oldest, newest);
    if (page.length < asked) return;
    size.learn(page);
    left -= page.length;
    from = forwards ? newest.revision + 1 : oldest.revision - 1;
  }
}

async function numbered(
  { index: positions, tail }: ReadContext,
  stream: string,
  page: readonly RawEvent[],
  oldest: RawEvent,
  newest: RawEvent,
): Promise<readonly RecordedEvent[]> {
  if (parseStream(stream) === undefined) throw new RangeError(`${stream} is none of our streams`);
  // All before it in the stream have arrived when the newest has.
  await tail.indexOf(stream, newest.revision);
  const places = await positions.find(stream, oldest.revision, newest.revision);
  return page.map(({ position: _, ...event }) => {
    const index = places.get(event.revision);
    if (index === undefined) {
      throw new LogUnavailable(`the position index lacks revision ${event.revision} of ${stream}`, {
        outcomeUnknown: false,
      });
    }
    return { ...event, index };
  });
}
