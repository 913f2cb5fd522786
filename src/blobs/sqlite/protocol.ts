/** What the blob store's main side and its workers say to each other; chunks travel as octets beside it. */
import type { BlobInfo } from '../blob-store.ts';
import type { BlobOutcome } from './blob-table.ts';

export interface BlobSetup {
  readonly path: string;
}

/** `store`: a blob of one chunk, at once. `stage` and `finish`: one of several, the last one. */
export type BlobWriteRequest =
  | { readonly kind: 'store' | 'abort' | 'destroy'; readonly blobId: string }
  | { readonly kind: 'stage' | 'finish'; readonly blobId: string; readonly number: number };

export type BlobWriteAnswer = BlobOutcome;

export type BlobReadRequest =
  | { readonly kind: 'read'; readonly blobId: string; readonly first: number; readonly last: number }
  | { readonly kind: 'list'; readonly from: string; readonly limit: number };

/** `found`: the chunks beside it, of a committed blob. */
export type BlobReadAnswer = 'found' | 'missing' | readonly BlobInfo[];
