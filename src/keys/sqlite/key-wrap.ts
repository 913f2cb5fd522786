/**
 * Wraps a scope key under the master key: AES-256-GCM with the scope as additional data, so that a wrapped
 * key cannot be passed off as another scope's. Nonce (12 octets), ciphertext (32), tag (16).
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyScope } from '../../../events/scope-keys.ts';
import { createRandomPool } from '../random-pool.ts';

const nonceOctets = 12;
const tagOctets = 16;
const keyOctets = 32;
export const wrappedOctets = nonceOctets + keyOctets + tagOctets;

const randomOctets = createRandomPool();

export function wrapKey(masterKey: Uint8Array, scope: KeyScope, key: Uint8Array): Uint8Array {
  if (key.byteLength !== keyOctets) throw new RangeError(`a scope key has ${keyOctets} octets`);
  const nonce = randomOctets(nonceOctets);
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: tagOctets });
  cipher.setAAD(Buffer.from(scope));
  const body = cipher.update(key);
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()], wrappedOctets);
}

/** Throws when the wrapped key was changed, or wrapped for another scope or by another master key. */
export function unwrapKey(masterKey: Uint8Array, scope: KeyScope, wrapped: Uint8Array): Uint8Array {
  if (wrapped.byteLength !== wrappedOctets) throw new Error(`the stored key of ${scope} is damaged`);
  const decipher = createDecipheriv('aes-256-gcm', masterKey, wrapped.subarray(0, nonceOctets), {
    authTagLength: tagOctets,
  });
  decipher.setAAD(Buffer.from(scope));
  decipher.setAuthTag(wrapped.subarray(nonceOctets + keyOctets));
  const key = decipher.update(wrapped.subarray(nonceOctets, nonceOctets + keyOctets));
  try {
    decipher.final();
  } catch (cause) {
    throw new Error(`the stored key of ${scope} is damaged`, { cause });
  }
  return key;
}
