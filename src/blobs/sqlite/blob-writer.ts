/**
 * Writes one blob. Nothing is sent for the first chunk until it is known whether a second one follows: a
 * blob of one chunk is one request in one group commit. A longer one is staged while it arrives, a few
 * chunks under way at a time.
 *
 * The first failure ends the blob: every later call meets it again, and `abort` clears away what the
 * store has of it.
 */
import { limits } from '../../limits.ts';
import type { SqliteWorker } from '../../sqlite/worker-client.ts';
import { BlobExists, type BlobWriter } from '../blob-store.ts';
import type { OctetGate } from './octet-gate.ts';
import type { BlobWriteAnswer, BlobWriteRequest } from './protocol.ts';
import { unavailable } from './unavailable.ts';

export type BlobWorker = SqliteWorker<BlobWriteRequest, BlobWriteAnswer>;

interface Failure {
  readonly error: unknown;
}

export function createBlobWriter(worker: BlobWorker, gate: OctetGate, blobId: string): BlobWriter {
  /** The newest chunk, its number being `number`; sent when it is known what it is. */
  let held: Uint8Array | undefined;
  let number = -1;
  let state: 'open' | 'committing' | 'ended' = 'open';
  let failure: Failure | undefined;
  const underWay = new Set<Promise<void>>();

  const send = async (request: BlobWriteRequest, sealed: Uint8Array): Promise<void> => {
    await gate.enter(sealed.byteLength);
    try {
      const { head } = await worker.call(request, [sealed]).catch(unavailable);
      if (head === 'refused') throw new BlobExists(`blob ${blobId} exists, or was destroyed meanwhile`);
    } finally {
      gate.leave(sealed.byteLength);
    }
  };

  const stage = (sealed: Uint8Array): void => {
    const sent = send({ kind: 'stage', blobId, number }, sealed)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => underWay.delete(sent));
    underWay.add(sent);
  };

  const requireOpen = (): void => {
    if (state !== 'open') throw new Error(`blob ${blobId} takes nothing more`);
    if (failure !== undefined) throw failure.error;
  };

  return {
    async write(chunk) {
      requireOpen();
      if (held !== undefined) stage(held);
      held = chunk;
      number++;
      while (underWay.size >= limits.blobs.underWayChunksMax) await Promise.race(underWay);
      if (failure !== undefined) throw failure.error;
    },
    async commit() {
      requireOpen();
      if (held === undefined) throw new Error(`blob ${blobId} has no chunk`);
      state = 'committing';
      if (number === 0) return send({ kind: 'store', blobId }, held);
      // Requests keep their order, but a failed one must not be followed by a "last".
      await Promise.all(underWay);
      if (failure !== undefined) throw failure.error;
      return send({ kind: 'finish', blobId, number }, held);
    },
    async abort() {
      if (state === 'ended') return;
      state = 'ended';
      held = undefined;
      await Promise.all(underWay);
      // What a failed abort leaves behind stays unfinished, and is listed as such.
      if (number > 0) await worker.call({ kind: 'abort', blobId }).catch(() => undefined);
    },
  };
}
