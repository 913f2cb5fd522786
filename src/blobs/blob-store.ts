/**
 * Contract of the blob store: sealed chunks by blob id. The store never sees clear text; what a chunk
 * means is the business of `src/content/`.
 */

export interface BlobStore {
  /** Starts a blob under a new id (a UUIDv7). Nothing is visible to readers before `commit` resolves. */
  create(blobId: string): BlobWriter;
  /** The sealed chunks `first` to `last` (inclusive, from 0; clipped to what is there), in order.
   * Throws `BlobMissing` when the blob was never committed or has been destroyed. */
  read(blobId: string, first: number, last: number): Promise<readonly Uint8Array[]>;
  /** Durable when resolved. Destroying what is not there is no error. */
  destroy(blobId: string): Promise<void>;
  /** Committed blobs, and abandoned unfinished ones flagged, in order of id. */
  list(from?: string): AsyncIterable<BlobInfo>;
  close(): Promise<void>;
}

export interface BlobInfo {
  readonly blobId: string;
  readonly chunks: number;
  /** Octets over all sealed chunks. */
  readonly length: number;
  readonly committed: boolean;
  readonly createdAt: number;
}

export interface BlobWriter {
  /** Takes the next sealed chunk, which must not change any more; resolves when the writer may go on
   * (bounded memory). What failed meets every later call again. */
  write(chunk: Uint8Array): Promise<void>;
  /** Durable and visible when resolved. Throws `BlobExists`, `BlobStoreUnavailable`; a blob has at least
   * one chunk. */
  commit(): Promise<void>;
  /** Forgets what was written. Never throws. */
  abort(): Promise<void>;
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
}
/** The id is taken, or the unfinished blob was destroyed under its writer. */
export class BlobExists extends Error {
  override readonly name = 'BlobExists';
}
export class BlobStoreUnavailable extends Error {
  override readonly name = 'BlobStoreUnavailable';
}
