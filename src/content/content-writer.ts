/**
 * Seals one content while it arrives and hands the chunks to the blob store. Memory is one chunk, and
 * what the blob writer has under way.
 *
 * The key is begun with the first chunk that is sealed: its put and the blob's are made durable side by
 * side, and `finish` resolves after both. What an abandoned or failed writer leaves behind is a key, or
 * a blob, that no event names: the sweeper's business.
 */
import type { ContentRef } from '../../events/content.ts';
import { messageScope, type ScopeKey } from '../../events/scope-keys.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { BegunKey, KeyRing } from '../keys/key-ring.ts';
import { limits } from '../limits.ts';
import { createChunkRoot } from './chunk-root.ts';
import { blobKey, sealChunk } from './chunk-seal.ts';
import { ContentErased, ContentKeyConflict } from './errors.ts';

export interface ContentWriter {
  /** Takes the octets, which the caller may reuse after the call; resolves when it may go on. */
  write(octets: Uint8Array): Promise<void>;
  /** Resolves when key and blob are durable, with what the log has to commit to. */
  finish(): Promise<ContentRef>;
  /** Forgets what was written. Never throws. */
  abort(): Promise<void>;
}

export interface ContentWriterParts {
  readonly keys: Pick<KeyRing, 'begin'>;
  readonly blobs: Pick<BlobStore, 'create'>;
}

export function createContentWriter(
  parts: ContentWriterParts,
  messageId: string,
  blobId: string,
): ContentWriter {
  const blob = parts.blobs.create(blobId);
  const root = createChunkRoot();
  const chunk = chunkBuffer();
  let begun: { readonly message: BegunKey; readonly key: Uint8Array } | undefined;
  let chunks = 0;
  let length = 0;
  let sealedLength = 0;
  let open = true;

  const requireOpen = (): void => {
    if (!open) throw new Error(`the content of message ${messageId} takes nothing more`);
  };

  const seal = async (last: boolean): Promise<void> => {
    begun ??= beginKey(parts.keys, messageId, blobId);
    const sealed = sealChunk(begun.key, { blobId, number: chunks, last }, chunk.take());
    chunks++;
    sealedLength += sealed.byteLength;
    root.add(sealed);
    await blob.write(sealed);
  };

  return {
    async write(octets) {
      requireOpen();
      length += octets.byteLength;
      for (let at = 0; at < octets.byteLength; ) {
        // A full chunk is sealed when more follows: only then it is known not to be the last.
        if (chunk.full()) await seal(false);
        requireOpen();
        at += chunk.add(octets.subarray(at));
      }
    },
    async finish() {
      requireOpen();
      open = false;
      await seal(true);
      const message = begun?.message as BegunKey;
      const [stored, inForce] = await Promise.allSettled([blob.commit(), message.durable]);
      if (inForce.status === 'rejected') throw inForce.reason;
      if (stored.status === 'rejected') throw stored.reason;
      requireSameKey(messageId, message.key, inForce.value);
      return { messageId, blobId, length, sealedLength, chunkRoot: root.root() };
    },
    async abort() {
      open = false;
      chunk.drop();
      await blob.abort();
    },
  };
}

function beginKey(keys: Pick<KeyRing, 'begin'>, messageId: string, blobId: string) {
  const message = keys.begin(messageScope(messageId));
  if (message.key === 'destroyed') throw new ContentErased(messageId);
  // Awaited in `finish`, which an aborted writer never comes to.
  message.durable.catch(() => undefined);
  return { message, key: blobKey(message.key, blobId) };
}

function requireSameKey(messageId: string, used: ScopeKey, inForce: ScopeKey): void {
  if (inForce === 'destroyed') throw new ContentErased(messageId);
  if (used === 'destroyed' || Buffer.compare(used, inForce) !== 0) throw new ContentKeyConflict(messageId);
}

/** The octets of the chunk that is being filled: grows with the content, up to one chunk. */
function chunkBuffer() {
  const most = limits.content.chunkOctets;
  let buffer = Buffer.alloc(0);
  let used = 0;
  return {
    full: () => used === most,
    /** Copies what fits and returns how much that was. */
    add(octets: Uint8Array): number {
      const taken = Math.min(octets.byteLength, most - used);
      if (used + taken > buffer.byteLength) {
        // Doubling keeps a flood of small writes linear.
        const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(used + taken, used * 2)));
        larger.set(buffer.subarray(0, used));
        buffer = larger;
      }
      buffer.set(taken === octets.byteLength ? octets : octets.subarray(0, taken), used);
      used += taken;
      return taken;
    },
    /** The octets so far; valid until the next `add`, which starts anew. */
    take(): Uint8Array {
      const octets = buffer.subarray(0, used);
      used = 0;
      return octets;
    },
    drop(): void {
      buffer = Buffer.alloc(0);
      used = 0;
    },
  };
}
