/**
 * The blob store of one machine: the file `blobs.db`, a writing worker with group commit and a reading
 * one beside it. Throws `BlobStoreUnavailable` when the file cannot be opened.
 */
import { limits } from '../../limits.ts';
import { type SqliteWorker, startSqliteWorker } from '../../sqlite/worker-client.ts';
import { type BlobInfo, BlobMissing, type BlobStore } from '../blob-store.ts';
import { type BlobWorker, createBlobWriter } from './blob-writer.ts';
import { octetGate } from './octet-gate.ts';
import type { BlobReadAnswer, BlobReadRequest, BlobSetup } from './protocol.ts';
import { unavailable } from './unavailable.ts';

export interface SqliteBlobStoreOptions {
  /** The database file; made with its directory when there is none. */
  readonly path: string;
}

type Reader = SqliteWorker<BlobReadRequest, BlobReadAnswer>;

export async function openSqliteBlobStore(options: SqliteBlobStoreOptions): Promise<BlobStore> {
  const setup: BlobSetup = { path: options.path };
  const writer = await startWriter(setup).catch(unavailable);
  const reader = await startReader(setup).catch(async (error) => {
    await writer.close();
    return unavailable(error);
  });
  const gate = octetGate(limits.blobs.underWayOctetsMax);
  return {
    create: (blobId) => createBlobWriter(writer, gate, blobId),
    read: (blobId, first, last) => read(reader, blobId, first, last),
    async destroy(blobId) {
      await writer.call({ kind: 'destroy', blobId }).catch(unavailable);
    },
    list: (from = '') => list(reader, from),
    async close() {
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

async function read(reader: Reader, blobId: string, first: number, last: number) {
  const weight = Math.max(1, last - first + 1);
  const answer = await reader.call({ kind: 'read', blobId, first, last }, [], weight).catch(unavailable);
  if (answer.head === 'missing') throw new BlobMissing(`there is no blob ${blobId}`);
  return answer.octets;
}

async function* list(reader: Reader, from: string): AsyncIterable<BlobInfo> {
  const limit = limits.blobs.listPageMax;
  let next = from;
  for (;;) {
    const { head } = await reader.call({ kind: 'list', from: next, limit }).catch(unavailable);
    const blobs = typeof head === 'string' ? [] : head;
    yield* blobs;
    const last = blobs.at(-1);
    if (last === undefined || blobs.length < limit) return;
    // The least text that comes after this id.
    next = `${last.blobId}\0`;
  }
}

function startWriter(setup: BlobSetup): Promise<BlobWorker> {
  return startSqliteWorker({
    module: new URL('./writer.ts', import.meta.url),
    name: 'blob-writer',
    setup,
    bounds: {
      batchWeightMax: limits.blobs.batchRequestsMax,
      batchOctetsMax: limits.blobs.batchOctetsMax,
      waitingRequestsMax: limits.blobs.waitingRequestsMax,
      // The gate in front holds the octets.
      waitingOctetsMax: Number.POSITIVE_INFINITY,
    },
  });
}

/** Requests weigh as many chunks as they ask for. */
function startReader(setup: BlobSetup): Promise<Reader> {
  return startSqliteWorker({
    module: new URL('./reader.ts', import.meta.url),
    name: 'blob-reader',
    setup,
    bounds: {
      batchWeightMax: limits.blobs.batchReadChunksMax,
      batchOctetsMax: Number.POSITIVE_INFINITY,
      waitingRequestsMax: limits.sqlite.waitingReadsMax,
      waitingOctetsMax: Number.POSITIVE_INFINITY,
    },
    batchesInFlightMax: 2,
  });
}
