/**
 * Reads ranges of sealed content: only the chunks that a range touches are fetched and opened, a few at
 * a time.
 *
 * Each chunk that opens is the one that was sealed at this place of this blob, and whether it is the
 * last is sealed with it; so a range is proved by its own chunks, and a content that was cut off is
 * noticed. Throws `ContentErased`, `ContentDamaged`, and what the stores throw when they cannot answer.
 */
import { type ContentSource, requireRange } from '../../events/content.ts';
import type { ScopeKey } from '../../events/scope-keys.ts';
import { BlobMissing } from '../blobs/blob-store.ts';
import { limits } from '../limits.ts';
import { blobKey, openChunk, sealOverheadOctets } from './chunk-seal.ts';
import { ContentDamaged, ContentErased } from './errors.ts';

const { chunkOctets, readAheadChunks } = limits.content;

export interface ContentReaderParts {
  /** The message's key: `undefined` when there never was one. */
  key(messageId: string): Promise<ScopeKey | undefined> | ScopeKey | undefined;
  /** As `BlobStore.read`. */
  read(blobId: string, first: number, last: number): Promise<readonly Uint8Array[]> | readonly Uint8Array[];
}

/**
 * The octets `offset` to `offset + length` of the content, cut off at its end; `length` may be infinite.
 * Pieces are never empty. Throws RangeError for anything but natural numbers. When the source does not
 * tell the content's length, a range that begins behind the end is `missing`: nothing proves that the
 * content was not longer.
 */
export async function* readContent(
  parts: ContentReaderParts,
  source: ContentSource,
  offset = 0,
  length: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array, void, void> {
  requireRange(offset, length);
  const key = blobKey(requireKey(source, await parts.key(source.messageId)), source.blobId);
  const end = Math.min(offset + length, source.length ?? Number.POSITIVE_INFINITY);
  if (end <= offset) return;
  const lastWanted = Math.ceil(end / chunkOctets) - 1;
  let number = Math.floor(offset / chunkOctets);
  while (number <= lastWanted) {
    const until = Math.min(lastWanted, number + readAheadChunks - 1);
    const sealedChunks = await fetchChunks(parts, source, number, until);
    for (const sealed of sealedChunks) {
      const opened = openAt(key, source, number, sealed);
      const start = number * chunkOctets;
      const piece = opened.clear.subarray(Math.max(0, offset - start), Math.max(0, end - start));
      if (piece.byteLength > 0) yield piece;
      if (opened.last) return;
      number++;
    }
    // Only the chunk that says it is the last ends the content.
    if (number <= until) throw new ContentDamaged(source.blobId, number, 'missing');
  }
}

/** The message's key. Throws `ContentErased`, or `ContentDamaged` when there never was one. */
export function requireKey(source: ContentSource, key: ScopeKey | undefined): Uint8Array {
  if (key === undefined) throw new ContentDamaged(source.blobId, undefined, 'no-key');
  if (key === 'destroyed') throw new ContentErased(source.messageId);
  return key;
}

export async function fetchChunks(
  parts: ContentReaderParts,
  source: ContentSource,
  first: number,
  last: number,
): Promise<readonly Uint8Array[]> {
  try {
    return await parts.read(source.blobId, first, last);
  } catch (error) {
    if (!(error instanceof BlobMissing)) throw error;
    // Erasing destroys the key before the blob: the reason may have changed under way.
    requireKey(source, await parts.key(source.messageId));
    throw new ContentDamaged(source.blobId, undefined, 'missing', error);
  }
}

/** Opens the chunk at a place and checks its length. Throws `ContentDamaged`. */
export function openAt(
  key: Uint8Array,
  source: ContentSource,
  number: number,
  sealed: Uint8Array,
): { readonly clear: Uint8Array; readonly last: boolean } {
  const { blobId } = source;
  const octets = sealed.byteLength - sealOverheadOctets;
  if (octets < 0 || octets > chunkOctets) throw new ContentDamaged(blobId, number, 'length');
  const expected = source.length === undefined ? undefined : expectedAt(source.length, number);
  if (expected !== undefined && expected.octets !== octets) {
    throw new ContentDamaged(blobId, number, 'length');
  }
  // A chunk that is not full can only be the last; a full one may be either.
  const mayBe = expected ? [expected.last] : octets < chunkOctets ? [true] : [false, true];
  for (const last of mayBe) {
    const clear = openChunk(key, { blobId, number, last }, sealed);
    if (clear !== undefined) return { clear, last };
  }
  throw new ContentDamaged(blobId, number, 'tag');
}

/** Chunks of a content of so many octets; an empty one has one empty chunk. */
export const chunkCount = (length: number): number => Math.max(1, Math.ceil(length / chunkOctets));

function expectedAt(length: number, number: number): { octets: number; last: boolean } {
  const last = number === chunkCount(length) - 1;
  return { octets: last ? length - number * chunkOctets : chunkOctets, last };
}
