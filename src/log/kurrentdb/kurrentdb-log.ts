/**
 * The event log on KurrentDB or EventStoreDB, single node or cluster, for more than one machine.
 *
 * Events are binary events: their data and metadata are stored and given back as the bytes they are.
 * The dense index is counted from `$all` over the streams of our categories; system streams and foreign
 * ones are passed over, so every adapter on the same server counts the same. A database that is shared
 * with another application must not have streams of that application in our categories.
 *
 * Assumes a user who may read `$all`. Nothing is ever deleted or truncated. Fails as the contract says;
 * what the operator should know besides (lost subscriptions, replaced clients) goes to `report`.
 */
import {
  type Appended,
  type EventLog,
  type ExpectedRevision,
  type LogIndex,
  LogUnavailable,
  type NewEvent,
  type ReadAllOptions,
  type RecordedEvent,
} from '../../../events/event-log.ts';
import { parseStream } from '../../../events/streams.ts';
import { limits } from '../../limits.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';
import { checkAppend } from '../check-append.ts';
import { subscribeByFollowing } from '../subscribe-by-following.ts';
import { type Appender, createAppender } from './append.ts';
import { type ConnectionContext, createReader, type Reader } from './connection.ts';
import { follow } from './following.ts';
import { openPositionIndex, type PositionIndex } from './position-index.ts';
import { asUnavailable, type ReadContext, readAllPages, readStreamPages } from './reading.ts';
import { checkUrl, type KurrentDbLogOptions, timingsOf } from './settings.ts';
import { keepSubscribed, type Subscription } from './subscription.ts';
import { createTail, type Tail } from './tail.ts';
import { within } from './waiting.ts';

export type { KurrentDbLogOptions, Notice, Timings } from './settings.ts';

interface Parts extends ReadContext {
  readonly reader: Reader;
  readonly index: PositionIndex;
  readonly tail: Tail;
  readonly appender: Appender;
  readonly closing: AbortController;
  readonly subscription: Subscription;
}

/** Resolves when everything that stood in the log has been counted. Rejects with `LogUnavailable`, and
 * with `TypeError` for a URL that the client would misread. */
export async function openKurrentDbLog(options: KurrentDbLogOptions): Promise<EventLog> {
  checkUrl(options.url);
  const report = options.report ?? (() => undefined);
  const closing = new AbortController();
  const connection: ConnectionContext = {
    url: options.url,
    timings: timingsOf(options.timings),
    report,
    closing: closing.signal,
  };
  const index = await openPositionIndex(options.indexPath, report).catch((error: unknown) => {
    throw asUnavailable(error);
  });
  const reader = createReader(connection);
  try {
    const known = await knownIndex(reader, index, report);
    const tail = createTail({ ...connection, reader, index: known });
    await tail.readOn();
    const appender = createAppender({ ...connection, reader, recent: tail.recent, index: known });
    const subscription = keepSubscribed({ ...connection, reader, index: known }, tail);
    return eventLog({ reader, index: known, tail, appender, closing, subscription });
  } catch (error) {
    closing.abort();
    await Promise.all([reader.close(), index.close()]);
    throw asUnavailable(error);
  }
}

/** An index whose newest event is not where it was belongs to another server or an older state of it. */
async function knownIndex(
  reader: Reader,
  index: PositionIndex,
  report: NonNullable<KurrentDbLogOptions['report']>,
): Promise<PositionIndex> {
  if (index.newest === undefined) return index;
  const [found] = await reader.all(index.newest.position, 'forwards', 1);
  if (found?.id === index.newest.id) return index;
  report({ kind: 'position-index-rebuilt', cause: 'it belongs to another log' });
  await index.reset();
  return { ...index, newest: undefined };
}

function eventLog(parts: Parts): EventLog {
  const { signal } = parts.closing;
  let closed: Promise<void> | undefined;
  return {
    append: (stream, expected, events) => append(parts, stream, expected, events),
    readStream: (stream, options = {}) => flatten(parts, () => readStreamPages(parts, stream, options)),
    readAll: (options = {}) => readAll(parts, options),
    subscribe: (from) =>
      subscribeByFollowing((start, handle, options) => follow(parts, signal, start, handle, options), from),
    follow: (from, handle, options) => follow(parts, signal, from, handle, options),
    head: () => head(parts),
    async lastRevision(stream) {
      refuseWhenClosed(parts);
      const [newest] = await parts.reader.stream(stream, 'end', 'backwards', 1);
      return newest?.revision ?? -1;
    },
    close() {
      closed ??= close(parts);
      return closed;
    },
  };
}

function refuseWhenClosed({ closing }: Parts): void {
  if (closing.signal.aborted) throw new LogUnavailable('the event log is closed', { outcomeUnknown: false });
}

async function append(
  parts: Parts,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<Appended> {
  checkAppend(stream, events);
  // It would have no index: only streams of our categories are counted.
  if (parseStream(stream) === undefined) throw new RangeError(`${stream} is none of our streams`);
  refuseWhenClosed(parts);
  const firstRevision = await parts.appender.append(stream, expected, events);
  const lastRevision = firstRevision + events.length - 1;
  try {
    // The events of one append stand together, but let the log itself say where.
    const [firstIndex, lastIndex] = await Promise.all([
      parts.tail.indexOf(stream, firstRevision),
      parts.tail.indexOf(stream, lastRevision),
    ]);
    return { firstRevision, lastRevision, firstIndex, lastIndex };
  } catch (error) {
    if (!(error instanceof LogUnavailable) && !(error instanceof SqliteFailure)) throw error;
    // They are stored, but where is not known: sending them again tells.
    throw new LogUnavailable(error.message, { outcomeUnknown: true, cause: error });
  }
}

async function head({ reader, tail }: Parts): Promise<LogIndex> {
  const [newest] = await reader.all('end', 'backwards', 1);
  if (newest?.position !== undefined) await tail.reach(newest.position);
  return tail.recent.next();
}

async function* flatten(
  parts: Parts,
  open: () => AsyncGenerator<readonly RecordedEvent[]>,
): AsyncGenerator<RecordedEvent> {
  refuseWhenClosed(parts);
  try {
    for await (const page of open()) yield* page;
  } catch (error) {
    throw asUnavailable(error);
  }
}

async function* readAll(parts: Parts, options: ReadAllOptions): AsyncGenerator<RecordedEvent> {
  const from = options.from ?? 0;
  const end = Math.min(await head(parts), from + (options.limit ?? Number.POSITIVE_INFINITY));
  if (from >= end) return;
  const recent = parts.tail.recent.from(from, end - from);
  if (recent !== undefined) {
    yield* recent;
    return;
  }
  for await (const event of flatten(parts, () => readAllPages(parts, from))) {
    yield event;
    if (event.index + 1 >= end) return;
  }
}

async function close({ reader, index, appender, closing, subscription }: Parts): Promise<void> {
  closing.abort();
  await within(limits.kurrentdb.closeWaitMsMax, subscription.done);
  await Promise.all([appender.close(), reader.close()]);
  await index.close();
}
