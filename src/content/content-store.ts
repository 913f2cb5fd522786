/**
 * Messages' content, sealed: writes it, reads ranges of it, and checks it against what the log committed
 * to. Brings the key ring and the blob store together; knows nothing of events.
 */
import type { ContentRef, ContentSource } from '../../events/content.ts';
import { newId } from '../../events/ids.ts';
import { messageScope } from '../../events/scope-keys.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { limits } from '../limits.ts';
import { createChunkRoot } from './chunk-root.ts';
import { blobKey } from './chunk-seal.ts';
import {
  type ContentReaderParts,
  chunkCount,
  fetchChunks,
  openAt,
  readContent,
  requireKey,
} from './content-reader.ts';
import { type ContentWriter, createContentWriter } from './content-writer.ts';
import { ContentDamaged } from './errors.ts';

export interface ContentStore {
  /** Starts the content of a message that has no key yet (or whose key the ring holds): one under a new
   * blob id. `finish` throws `ContentKeyConflict` when the message has another key after all. */
  receive(messageId: string): ContentWriter;
  /** See `readContent`. */
  read(source: ContentSource, offset?: number, length?: number): AsyncIterable<Uint8Array>;
  /** Fetches and opens every chunk and recomputes lengths and root. Throws `ContentErased`, or
   * `ContentDamaged` with the first thing that is wrong. */
  verifyBlob(ref: ContentRef): Promise<void>;
}

export interface ContentStoreParts {
  readonly keys: Pick<KeyRing, 'begin' | 'get'>;
  readonly blobs: Pick<BlobStore, 'create' | 'read'>;
}

export function createContentStore({ keys, blobs }: ContentStoreParts): ContentStore {
  const reading: ContentReaderParts = {
    key: (messageId) => keys.get(messageScope(messageId)),
    read: (blobId, first, last) => blobs.read(blobId, first, last),
  };
  return {
    receive: (messageId) => createContentWriter({ keys, blobs }, messageId, newId()),
    read: (source, offset, length) => readContent(reading, source, offset, length),
    verifyBlob: (ref) => verifyBlob(reading, ref),
  };
}

async function verifyBlob(parts: ContentReaderParts, ref: ContentRef): Promise<void> {
  const { blobId } = ref;
  const key = blobKey(requireKey(ref, await parts.key(ref.messageId)), blobId);
  const root = createChunkRoot();
  const count = chunkCount(ref.length);
  let sealedLength = 0;
  let number = 0;
  while (number < count) {
    const until = Math.min(count, number + limits.content.readAheadChunks) - 1;
    const sealedChunks = await fetchChunks(parts, ref, number, until);
    for (const sealed of sealedChunks) {
      openAt(key, ref, number, sealed);
      root.add(sealed);
      sealedLength += sealed.byteLength;
      number++;
    }
    if (number <= until) throw new ContentDamaged(blobId, number, 'missing');
  }
  const behind = await fetchChunks(parts, ref, count, count);
  if (behind.length > 0) throw new ContentDamaged(blobId, count, 'length');
  if (sealedLength !== ref.sealedLength) throw new ContentDamaged(blobId, undefined, 'length');
  if (root.root() !== ref.chunkRoot) throw new ContentDamaged(blobId, undefined, 'root');
}
