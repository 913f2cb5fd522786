/**
 * Reads blobs in place, for a worker thread that runs beside the store: reads block its thread, so never
 * the main one. Throws `BlobMissing` and `BlobStoreUnavailable`.
 */
import { BlobMissing, BlobStoreUnavailable } from '../blob-store.ts';
import { blobTable, openBlobDatabase } from './blob-table.ts';

export interface BlobReader {
  /** As `BlobStore.read`, at once. */
  read(blobId: string, first: number, last: number): readonly Uint8Array[];
  close(): void;
}

/** The file must exist: the store that writes it is opened first. */
export function openSqliteBlobReader(options: { readonly path: string }): BlobReader {
  const database = guarded(() => openBlobDatabase(options.path, true));
  const table = guarded(() => blobTable(database));
  return {
    read(blobId, first, last) {
      const chunks = guarded(() => table.read(blobId, first, last));
      if (chunks === undefined) throw new BlobMissing(`there is no blob ${blobId}`);
      return chunks;
    },
    close: () => database.close(),
  };
}

function guarded<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BlobStoreUnavailable(`the blob store cannot be read: ${reason}`, { cause });
  }
}
