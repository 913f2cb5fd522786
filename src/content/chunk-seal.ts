/**
 * Seals and opens one chunk of content: AES-256-GCM, a sealed chunk being nonce (12 octets), ciphertext
 * and tag (16 octets). The additional data bind it to its blob, its number and to being the last, so
 * that chunks can neither change places nor be cut off at the end.
 *
 * Each blob has a key of its own, derived from the message's: no key seals enough chunks for random
 * nonces to meet (NIST SP 800-38D section 8.3 allows 2^32).
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { createRandomPool } from '../keys/random-pool.ts';

const nonceOctets = 12;
const tagOctets = 16;
export const sealOverheadOctets = nonceOctets + tagOctets;

export interface ChunkPlace {
  readonly blobId: string;
  /** From 0. */
  readonly number: number;
  readonly last: boolean;
}

const randomOctets = createRandomPool();

export const blobKey = (messageKey: Uint8Array, blobId: string): Uint8Array =>
  createHmac('sha256', messageKey).update(`chancery-blob${blobId}`).digest();

export function sealChunk(key: Uint8Array, place: ChunkPlace, clear: Uint8Array): Uint8Array {
  const nonce = randomOctets(nonceOctets);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagOctets });
  cipher.setAAD(additionalData(place));
  const body = cipher.update(clear);
  // GCM is a stream mode: `final` gives no octets, it only completes the tag.
  cipher.final();
  const sealed = Buffer.allocUnsafe(clear.byteLength + sealOverheadOctets);
  sealed.set(nonce, 0);
  sealed.set(body, nonceOctets);
  sealed.set(cipher.getAuthTag(), nonceOctets + body.byteLength);
  return sealed;
}

/** Undefined when the chunk was changed, or belongs to another place or key. */
export function openChunk(key: Uint8Array, place: ChunkPlace, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.byteLength < sealOverheadOctets) return undefined;
  const tagAt = sealed.byteLength - tagOctets;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceOctets), {
    authTagLength: tagOctets,
  });
  decipher.setAAD(additionalData(place));
  decipher.setAuthTag(sealed.subarray(tagAt));
  const clear = decipher.update(sealed.subarray(nonceOctets, tagAt));
  try {
    decipher.final();
  } catch {
    // The only thing that `final` throws for in this mode is a tag that does not fit.
    return undefined;
  }
  return clear;
}

/** Blob id, chunk number as four octets, one octet for "last": the id's length is that of all before. */
function additionalData(place: ChunkPlace): Uint8Array {
  const data = Buffer.allocUnsafe(Buffer.byteLength(place.blobId) + 5);
  const at = data.write(place.blobId);
  data.writeUInt32BE(place.number, at);
  data[at + 4] = place.last ? 1 : 0;
  return data;
}
