/**
 * Reads through the reading worker, page by page, one page ahead of the caller. Reading changes nothing,
 * so a page that was lost with its worker is asked for once more.
 */
import type { LogIndex, ReadStreamOptions, RecordedEvent, Revision } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';
import type { Framed } from '../../sqlite/wire.ts';
import type { SqliteWorker } from '../../sqlite/worker-client.ts';
import { logUnavailable } from './log-failure.ts';
import type { PageColumns, ReadAnswer, ReadRequest } from './protocol.ts';

export type Reader = SqliteWorker<ReadRequest, ReadAnswer>;

export interface Page {
  readonly events: readonly RecordedEvent[];
  /** The stream's last revision at the time of reading, when a stream was read. */
  readonly lastRevision: Revision;
}

async function ask(reader: Reader, request: ReadRequest): Promise<Framed<ReadAnswer>> {
  try {
    return await reader.call(request);
  } catch (error) {
    if (!(error instanceof SqliteFailure) || error.kind !== 'crashed') throw logUnavailable(error);
  }
  try {
    return await reader.call(request);
  } catch (error) {
    throw logUnavailable(error);
  }
}

export async function readNumberFrom(
  reader: Reader,
  request: Extract<ReadRequest, { kind: 'head' | 'last-revision' }>,
): Promise<number> {
  const answer = (await ask(reader, request)).head;
  if (answer.kind !== 'number') throw new TypeError(`the log's reader answered ${request.kind} with a page`);
  return answer.value;
}

export async function readPage(
  reader: Reader,
  request: Extract<ReadRequest, { kind: 'all' | 'stream' }>,
): Promise<Page> {
  const { head, octets } = await ask(reader, request);
  if (head.kind !== 'page') throw new TypeError(`the log's reader answered ${request.kind} with a number`);
  return { events: recorded(head.page, octets), lastRevision: head.page.lastRevision };
}

function recorded(page: PageColumns, octets: readonly Uint8Array[]): RecordedEvent[] {
  return page.indexes.map((index, at) => ({
    index,
    stream: page.names[page.streams[at] as number] as string,
    revision: page.revisions[at] as number,
    id: page.ids[at] as string,
    type: page.names[page.types[at] as number] as string,
    data: octets[at * 2] as Uint8Array,
    metadata: octets[at * 2 + 1] as Uint8Array,
  }));
}

/** The log from an index up to but without another, which is asked for when reading begins. */
export async function* readIndexes(
  reader: Reader,
  from: LogIndex,
  end: () => LogIndex | Promise<LogIndex>,
): AsyncGenerator<RecordedEvent, void> {
  const before = await end();
  yield* ahead(from, async (start: LogIndex) => {
    if (start >= before) return { events: [], next: undefined };
    const eventsMax = Math.min(before - start, limits.log.pageEventsMax);
    const { events } = await readPage(reader, { kind: 'all', from: start, before, eventsMax });
    const next = (events.at(-1)?.index ?? before) + 1;
    return { events, next: next < before ? next : undefined };
  });
}

/** A stream as `EventLog.readStream` reads it; going up it ends where the stream ended at the first page. */
export function readRevisions(
  reader: Reader,
  stream: string,
  options: ReadStreamOptions,
  onLastRevision: (last: Revision) => void,
): AsyncGenerator<RecordedEvent, void> {
  const backwards = options.direction === 'backwards';
  const start = options.from ?? (backwards ? Number.MAX_SAFE_INTEGER : 0);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  let until = Number.MAX_SAFE_INTEGER;
  let read = 0;
  return ahead(start, async (from: Revision) => {
    const eventsMax = Math.min(limit - read, limits.log.pageEventsMax);
    if (eventsMax <= 0) return { events: [], next: undefined };
    const page = await readPage(reader, { kind: 'stream', stream, from, until, backwards, eventsMax });
    onLastRevision(page.lastRevision);
    until = Math.min(until, page.lastRevision);
    read += page.events.length;
    const last = page.events.at(-1)?.revision;
    if (last === undefined || read >= limit || last === (backwards ? 0 : until)) {
      return { events: page.events, next: undefined };
    }
    return { events: page.events, next: backwards ? last - 1 : last + 1 };
  });
}

interface Step {
  readonly events: readonly RecordedEvent[];
  /** Where the next page starts; undefined when this was the last. */
  readonly next: number | undefined;
}

async function* ahead(
  start: number,
  read: (from: number) => Promise<Step>,
): AsyncGenerator<RecordedEvent, void> {
  let pending: Promise<Step> | undefined = read(start);
  while (pending !== undefined) {
    const step: Step = await pending;
    pending = step.next === undefined ? undefined : read(step.next);
    // A caller that stops early never awaits it; one that goes on gets the error from the await.
    pending?.catch(() => undefined);
    yield* step.events;
  }
}
