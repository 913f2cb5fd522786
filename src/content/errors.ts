/**
 * How reading or writing sealed content fails. What the key store or the blob store cannot answer right
 * now keeps their own errors (`KeyStoreUnavailable`, `BlobStoreUnavailable`).
 */

/** The message's key was destroyed: the content is gone for good. */
export class ContentErased extends Error {
  override readonly name = 'ContentErased';
  readonly messageId: string;
  constructor(messageId: string) {
    super(`the content of message ${messageId} was erased`);
    this.messageId = messageId;
  }
}

/** `missing`: the blob or this chunk is not there. `no-key`: there never was a key. `length`: the chunk
 * has another size than the commitment says, or stands behind the last one. `tag`: the chunk does not
 * open. `root`: every chunk opens, but together they are not what the log committed to. */
export type ContentDamage = 'missing' | 'no-key' | 'length' | 'tag' | 'root';

/** The store does not hold what the log committed to. */
export class ContentDamaged extends Error {
  override readonly name = 'ContentDamaged';
  readonly blobId: string;
  /** Number of the chunk, from 0; undefined when it is about the whole blob. */
  readonly chunk: number | undefined;
  readonly damage: ContentDamage;
  constructor(blobId: string, chunk: number | undefined, damage: ContentDamage, cause?: unknown) {
    super(`blob ${blobId}${chunk === undefined ? '' : `, chunk ${chunk}`}: ${explanations[damage]}`, {
      cause,
    });
    this.blobId = blobId;
    this.chunk = chunk;
    this.damage = damage;
  }
}

const explanations: Readonly<Record<ContentDamage, string>> = {
  missing: 'it is not in the store',
  'no-key': 'its message never had a key',
  length: 'it does not have the recorded length',
  tag: 'it was changed, or sealed with another key',
  root: 'its chunks are not those that the log committed to',
};

/** The message id had a key already that this writer did not know: what it sealed cannot be opened. */
export class ContentKeyConflict extends Error {
  override readonly name = 'ContentKeyConflict';
  constructor(messageId: string) {
    super(`message ${messageId} already has another key`);
  }
}
