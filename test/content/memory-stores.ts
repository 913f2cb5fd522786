/** A key ring and a blob store in memory, for tests of what stands on them. Chunks may be tampered with. */
import { messageScope, type ScopeKey } from '../../events/scope-keys.ts';
import { BlobMissing, type BlobStore } from '../../src/blobs/blob-store.ts';
import { createKeyRing, type KeyRing } from '../../src/keys/key-ring.ts';
import { collect } from '../support/collect.ts';

export interface MemoryStores {
  readonly keys: KeyRing;
  readonly blobs: BlobStore;
  /** The sealed chunks of committed blobs. */
  readonly chunks: Map<string, Uint8Array[]>;
  /** Every read that was asked for: blob id, first and last chunk. */
  readonly reads: (readonly [string, number, number])[];
  eraseMessage(messageId: string): Promise<void>;
}

export function memoryStores(): MemoryStores {
  const stored = new Map<string, ScopeKey>();
  const chunks = new Map<string, Uint8Array[]>();
  const reads: (readonly [string, number, number])[] = [];
  const keys = createKeyRing({
    async put(scope, key) {
      const inForce = stored.get(scope) ?? key;
      stored.set(scope, inForce);
      return inForce;
    },
    get: async (scope) => stored.get(scope),
    async destroy(scope) {
      stored.set(scope, 'destroyed');
    },
    async *list() {},
    close: async () => undefined,
  });
  const blobs: BlobStore = {
    create(blobId) {
      const written: Uint8Array[] = [];
      return {
        async write(chunk) {
          written.push(chunk);
        },
        async commit() {
          chunks.set(blobId, written);
        },
        async abort() {
          written.length = 0;
        },
      };
    },
    async read(blobId, first, last) {
      reads.push([blobId, first, last]);
      const found = chunks.get(blobId);
      if (found === undefined) throw new BlobMissing(`there is no blob ${blobId}`);
      return found.slice(first, last + 1);
    },
    async destroy(blobId) {
      chunks.delete(blobId);
    },
    async *list() {},
    close: async () => undefined,
  };
  return { keys, blobs, chunks, reads, eraseMessage: (id) => keys.destroy(messageScope(id)) };
}

/** Octets that differ from place to place, so that a shifted range is noticed. */
export function patternOctets(length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let at = 0; at < length; at++) octets[at] = (at * 31 + (at >>> 8) * 17 + (at >>> 16)) & 0xff;
  return octets;
}

export async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Uint8Array.from(Buffer.concat(await collect(pieces)));
}
