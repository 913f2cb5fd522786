/**
 * The position index: from a stream and revision to the dense index, and from the dense index to a
 * position in `$all`. KurrentDB knows neither. It is a cache kept on disk by a worker, written behind:
 * `add` returns at once, and what the worker has not stored yet is answered from memory.
 *
 * A file that cannot be read is thrown away and counted anew. A batch that cannot be stored (disk full)
 * is tried again until it can; meanwhile memory is bounded by `hasRoom`, which holds the subscription.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LogIndex, Revision } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';
import { type SqliteWorker, startSqliteWorker } from '../../sqlite/worker-client.ts';
import type { Position } from './position.ts';
import type {
  Counted,
  IndexAnswer,
  IndexHello,
  IndexRequest,
  IndexSetup,
  Mark,
} from './position-index-protocol.ts';
import type { Notice } from './settings.ts';
import { streamKey } from './stream-key.ts';
import { pause } from './waiting.ts';

export interface Place {
  readonly stream: string;
  readonly revision: Revision;
  readonly index: LogIndex;
  readonly position: Position;
  readonly id: string;
}

export interface PositionIndex {
  /** The newest event counted when the index was opened. */
  readonly newest: Counted | undefined;
  /** Places come densely, in order. */
  add(place: Place): void;
  /** What is not stored yet, without asking the worker. */
  waitingPlace(stream: string, revision: Revision): LogIndex | undefined;
  /** Indexes by revision; what is not known is missing. */
  find(stream: string, first: Revision, last: Revision): Promise<ReadonlyMap<Revision, LogIndex>>;
  /** A place to start reading `$all` for an index; undefined: from its start. */
  markFor(index: LogIndex): Promise<Mark | undefined>;
  /** Resolves when more places may be added. */
  hasRoom(): true | Promise<void>;
  /** Forgets everything. Nothing may be waiting. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

type IndexWorker = SqliteWorker<IndexRequest, IndexAnswer>;

interface State {
  readonly worker: IndexWorker;
  readonly report: (notice: Notice) => void;
  readonly closing: AbortController;
  readonly byKey: Map<string, LogIndex>;
  places: Place[];
  storing: Promise<void> | undefined;
  room: PromiseWithResolvers<void> | undefined;
}

const keyOf = (stream: string, revision: Revision): string => `${revision}@${stream}`;

function start(path: string, hear: (hello: IndexHello) => void): Promise<IndexWorker> {
  const { placesPerBatch, waitingPlacesMax, waitingReadsMax } = limits.kurrentdb;
  return startSqliteWorker<IndexSetup, IndexHello, IndexRequest, IndexAnswer>({
    module: new URL('./position-index-worker.ts', import.meta.url),
    name: 'kurrentdb-position-index',
    setup: { path },
    bounds: {
      batchWeightMax: placesPerBatch,
      batchOctetsMax: limits.log.batchOctetsMax,
      waitingRequestsMax: waitingReadsMax + waitingPlacesMax,
      waitingOctetsMax: limits.log.waitingOctetsMax,
    },
    onStarted: hear,
  });
}

async function remove(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${path}${suffix}`, { force: true });
}

async function startFresh(
  path: string,
  report: (notice: Notice) => void,
  hear: (hello: IndexHello) => void,
): Promise<IndexWorker> {
  try {
    return await start(path, hear);
  } catch (error) {
    // Another process holds it, or there is no room: a new file would fare no better.
    const kind = error instanceof SqliteFailure ? error.kind : 'failed';
    if (kind !== 'corrupt' && kind !== 'failed') throw error;
    report({ kind: 'position-index-rebuilt', cause: error });
    await remove(path);
    return start(path, hear);
  }
}

/** `path` undefined: a temporary file, removed at close. Rejects with `SqliteFailure`. */
export async function openPositionIndex(
  path: string | undefined,
  report: (notice: Notice) => void,
): Promise<PositionIndex> {
  const file = path ?? join(await mkdtemp(join(tmpdir(), 'chancery-positions-')), 'positions.db');
  let newest: Counted | undefined;
  const worker = await startFresh(file, report, (hello) => {
    newest = hello.newest;
  });
  const state: State = {
    worker,
    report,
    closing: new AbortController(),
    byKey: new Map(),
    places: [],
    storing: undefined,
    room: undefined,
  };
  return {
    newest,
    add(place) {
      state.places.push(place);
      state.byKey.set(keyOf(place.stream, place.revision), place.index);
      state.storing ??= storeAll(state);
    },
    waitingPlace: (stream, revision) => state.byKey.get(keyOf(stream, revision)),
    find: (stream, first, last) => find(state, stream, first, last),
    markFor: async (index) => {
      const { head } = await worker.call({ kind: 'mark', atOrBelow: index });
      return head.kind === 'mark' ? head.mark : undefined;
    },
    hasRoom() {
      if (state.places.length < limits.kurrentdb.waitingPlacesMax) return true;
      state.room ??= Promise.withResolvers<void>();
      return state.room.promise;
    },
    reset: async () => {
      await worker.call({ kind: 'reset' });
    },
    async close() {
      state.closing.abort();
      await state.storing;
      await worker.close();
      if (path === undefined) await rm(dirname(file), { recursive: true, force: true });
    },
  };
}

async function find(
  { byKey, worker }: State,
  stream: string,
  first: Revision,
  last: Revision,
): Promise<ReadonlyMap<Revision, LogIndex>> {
  const found = new Map<Revision, LogIndex>();
  // In this order: what is stored in between is found twice rather than never.
  for (let revision = first; revision <= last; revision++) {
    const index = byKey.get(keyOf(stream, revision));
    if (index !== undefined) found.set(revision, index);
  }
  if (found.size === last - first + 1) return found;
  const { head } = await worker.call({ kind: 'find', first, last }, [streamKey(stream)]);
  for (const [revision, index] of head.kind === 'places' ? head.places : []) found.set(revision, index);
  return found;
}

/** Stores batch after batch until nothing waits. Never rejects. */
async function storeAll(state: State): Promise<void> {
  // Gathers what arrives in this turn.
  await new Promise<void>((resolve) => void setImmediate(resolve));
  while (state.places.length > 0) {
    const batch = state.places.slice(0, limits.kurrentdb.placesPerBatch);
    try {
      await storeBatch(state.worker, batch);
    } catch (error) {
      state.report({ kind: 'position-index-late', cause: error });
      if (state.closing.signal.aborted) break;
      await pause(limits.kurrentdb.timings.backOffMsMax, state.closing.signal);
      continue;
    }
    state.places = state.places.slice(batch.length);
    for (const { stream, revision } of batch) state.byKey.delete(keyOf(stream, revision));
    if (state.places.length < limits.kurrentdb.waitingPlacesMax) {
      state.room?.resolve();
      state.room = undefined;
    }
  }
  state.storing = undefined;
}

async function storeBatch(worker: IndexWorker, batch: readonly Place[]): Promise<void> {
  const first = batch[0];
  const newest = batch.at(-1);
  if (first === undefined || newest === undefined) return;
  const marks = batch.filter(({ index }) => index % limits.kurrentdb.markEvery === 0);
  await worker.call(
    {
      kind: 'add',
      firstIndex: first.index,
      revisions: batch.map(({ revision }) => revision),
      marks: marks.map(({ index, position }) => ({ index, position })),
      newest: { index: newest.index, position: newest.position, id: newest.id },
    },
    batch.map(({ stream }) => streamKey(stream)),
    batch.length,
  );
}
