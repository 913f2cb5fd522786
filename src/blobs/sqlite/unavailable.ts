/** The workers' failures as the contract names them. Anything else is a bug and stays what it is. */
import { SqliteFailure } from '../../sqlite/failure.ts';
import { BlobStoreUnavailable } from '../blob-store.ts';

export function unavailable(error: unknown): never {
  if (!(error instanceof SqliteFailure)) throw error;
  throw new BlobStoreUnavailable(`the blob store cannot answer (${error.kind}): ${error.message}`, {
    cause: error,
  });
}
