/**
 * The embedded event log: one SQLite file, a writing worker with group commit, a reading worker beside
 * it, and the live edge in this process's memory.
 *
 * One process owns the directory of the file (`DataDirectoryLocked` otherwise), which is why the last
 * revisions of streams can be answered from memory. The octets of an event must not change after it was
 * handed to `append`: followers get the same arrays. Events read from disk are views of their page's
 * buffer: whoever keeps the octets of one event for long should copy them.
 *
 * A worker that dies is started again; appends that it had fail as `LogUnavailable` with an unknown
 * outcome. A full disk fails every append of its batch, none of which is then stored.
 */
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import {
  type Appended,
  type EventLog,
  LogUnavailable,
  type NewEvent,
  type RecordedEvent,
  type Revision,
  WrongExpectedRevision,
} from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import { lockDataDirectory } from '../../sqlite/data-lock.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';
import { type SqliteWorker, startSqliteWorker } from '../../sqlite/worker-client.ts';
import { checkAppend } from '../check-append.ts';
import { subscribeByFollowing } from '../subscribe-by-following.ts';
import { type BoundedMap, boundedMap } from './bounded-map.ts';
import { followers } from './follow.ts';
import { type LiveEdge, liveEdge } from './live-edge.ts';
import { logUnavailable } from './log-failure.ts';
import type { AppendAnswer, AppendRequest, LogSetup, WriterHello } from './protocol.ts';
import { type Reader, readIndexes, readNumberFrom, readPage, readRevisions } from './read-pages.ts';

export interface SqliteLogOptions {
  /** The database file; made with its directory when there is none. */
  readonly path: string;
  /** Opens an existing log without owning it, beside its owner or alone: appends are refused, new events
   * of the owner are found by looking now and then. */
  readonly readOnly?: boolean;
  /** Most 4,096-octet pages the file may grow to; over it appends fail as on a full disk. */
  readonly pagesMax?: number;
  /** Called with each worker thread that is started. */
  readonly onThread?: (role: 'writer' | 'reader', thread: Worker) => void;
}

type Writer = SqliteWorker<AppendRequest, AppendAnswer>;

/** Throws `DataDirectoryLocked`, or `LogUnavailable` when the file cannot be opened. */
export async function openSqliteLog(options: SqliteLogOptions): Promise<EventLog> {
  const edge = liveEdge({ eventsMax: limits.log.recentEventsMax, octetsMax: limits.log.recentOctetsMax });
  if (options.readOnly) return openReadOnly(options, edge);
  const lock = lockDataDirectory(dirname(options.path));
  try {
    const heads = boundedMap<string, Revision>(limits.log.headsKeptMax);
    const writer = await startWriter(options, (hello) => edge.learn(hello.next));
    const reader = await startReader(options).catch(async (error) => {
      await writer.close();
      throw error;
    });
    return assemble({
      edge,
      reader,
      heads,
      head: () => edge.next(),
      append: (stream, expected, events) => append(writer, edge, heads, stream, expected, events),
      async release() {
        await Promise.all([writer.close(), reader.close()]);
        lock.release();
      },
    });
  } catch (error) {
    lock.release();
    throw logUnavailable(error);
  }
}

async function openReadOnly(options: SqliteLogOptions, edge: LiveEdge): Promise<EventLog> {
  try {
    const reader = await startReader(options);
    const look = async (): Promise<number> => {
      edge.learn(await readNumberFrom(reader, { kind: 'head' }));
      return edge.next();
    };
    await look();
    // A failed look is repeated; a follower that waits loses nothing by it, and a read reports it.
    const timer = setInterval(() => look().catch(() => undefined), limits.log.readOnlyPollMs);
    return assemble({
      edge,
      reader,
      heads: undefined,
      head: look,
      append: () =>
        Promise.reject(new LogUnavailable('the log is open for reading only', { outcomeUnknown: false })),
      async release() {
        clearInterval(timer);
        await reader.close();
      },
    });
  } catch (error) {
    throw logUnavailable(error);
  }
}

function startWriter(options: SqliteLogOptions, onStarted: (hello: WriterHello) => void): Promise<Writer> {
  const setup: LogSetup = { path: options.path, pagesMax: options.pagesMax };
  return startSqliteWorker({
    module: new URL('./writer.ts', import.meta.url),
    name: 'log-writer',
    setup,
    bounds: {
      batchWeightMax: limits.log.batchEventsMax,
      batchOctetsMax: limits.log.batchOctetsMax,
      waitingRequestsMax: limits.log.waitingAppendsMax,
      waitingOctetsMax: limits.log.waitingOctetsMax,
    },
    onStarted,
    onThread: (thread) => options.onThread?.('writer', thread),
  });
}

function startReader(options: SqliteLogOptions): Promise<Reader> {
  const setup: LogSetup = { path: options.path, pagesMax: undefined };
  return startSqliteWorker({
    module: new URL('./reader.ts', import.meta.url),
    name: 'log-reader',
    setup,
    bounds: {
      batchWeightMax: limits.sqlite.readBatchMax,
      batchOctetsMax: limits.log.batchOctetsMax,
      waitingRequestsMax: limits.sqlite.waitingReadsMax,
      waitingOctetsMax: limits.log.waitingOctetsMax,
    },
    batchesInFlightMax: 2,
    onThread: (thread) => options.onThread?.('reader', thread),
  });
}

interface Parts {
  readonly edge: LiveEdge;
  readonly reader: Reader;
  /** Last revisions by stream, where this process is the only writer. */
  readonly heads: BoundedMap<string, Revision> | undefined;
  readonly head: () => number | Promise<number>;
  readonly append: EventLog['append'];
  readonly release: () => Promise<void>;
}

function assemble(parts: Parts): EventLog {
  const { edge, reader, heads } = parts;
  const { follow, stopAll } = followers(edge, async (from, before, eventsMax) => {
    return (await readPage(reader, { kind: 'all', from, before, eventsMax })).events;
  });
  let closed: Promise<void> | undefined;
  const requireOpen = (): void => {
    if (closed) throw new LogUnavailable('the log is closed', { outcomeUnknown: false });
  };
  return {
    append: parts.append,
    follow,
    subscribe: (from) => subscribeByFollowing(follow, from),
    readStream: (stream, options = {}) => readRevisions(reader, stream, options, headNoter(heads, stream)),
    readAll({ from = 0, limit = Number.POSITIVE_INFINITY } = {}) {
      // The owner knows the head as of the call; a log opened read-only has to ask, when reading begins.
      const known = heads === undefined ? undefined : edge.next();
      return readIndexes(reader, from, async () => Math.min(known ?? (await parts.head()), from + limit));
    },
    async head() {
      requireOpen();
      return parts.head();
    },
    async lastRevision(stream) {
      requireOpen();
      const known = heads?.get(stream);
      if (known !== undefined) return known;
      const note = headNoter(heads, stream);
      const last = await readNumberFrom(reader, { kind: 'last-revision', stream });
      note(last);
      return heads?.get(stream) ?? last;
    },
    close() {
      closed ??= stopAll().then(parts.release);
      return closed;
    },
  };
}

/** Takes over a revision that was read, unless an append may have been acknowledged and evicted since. */
function headNoter(
  heads: BoundedMap<string, Revision> | undefined,
  stream: string,
): (last: Revision) => void {
  const evictions = heads?.evictions();
  return (last) => {
    if (heads === undefined || last < 0) return;
    const known = heads.get(stream);
    if (known === undefined ? heads.evictions() === evictions : known < last) heads.set(stream, last);
  };
}

async function append(
  writer: Writer,
  edge: LiveEdge,
  heads: BoundedMap<string, Revision>,
  ...[stream, expected, events]: Parameters<EventLog['append']>
): Promise<Appended> {
  checkAppend(stream, events);
  const request: AppendRequest = {
    stream,
    expected,
    ids: events.map((event) => event.id),
    types: events.map((event) => event.type),
  };
  const octets = events.flatMap((event) => [event.data, event.metadata]);
  let answer: AppendAnswer;
  try {
    answer = (await writer.call(request, octets, events.length)).head;
  } catch (error) {
    // What we remember may be behind the store now.
    if (error instanceof SqliteFailure && error.outcomeUnknown) heads.delete(stream);
    throw logUnavailable(error);
  }
  if (answer.kind === 'conflict') throw new WrongExpectedRevision(stream, expected, answer.actual);
  const { firstRevision, firstIndex, lastIndex } = answer;
  if (answer.repeated) edge.learn(lastIndex + 1);
  else edge.add(recordedAt(stream, events, firstRevision, firstIndex));
  if ((heads.get(stream) ?? -1) < answer.head) heads.set(stream, answer.head);
  return { firstRevision, lastRevision: firstRevision + events.length - 1, firstIndex, lastIndex };
}

function recordedAt(
  stream: string,
  events: readonly NewEvent[],
  firstRevision: Revision,
  firstIndex: number,
): RecordedEvent[] {
  return events.map((event, at) => ({
    index: firstIndex + at,
    stream,
    revision: firstRevision + at,
    id: event.id,
    type: event.type,
    data: event.data,
    metadata: event.metadata,
  }));
}
