/**
 * Contract of the key store: scope keys by scope, outside the log. Keys are 32 random octets, wrapped by
 * the master key before they reach the store's medium. Erasing is destroying a key.
 */
import type { KeyScope, ScopeKey } from '../../events/scope-keys.ts';

export interface KeyStore {
  /** Stores the key unless the scope has one or had one; resolves, once durable, with the key in force
   * (another writer's when it came first) or `'destroyed'`. Throws `KeyStoreUnavailable`. */
  put(scope: KeyScope, key: Uint8Array): Promise<ScopeKey>;
  get(scope: KeyScope): Promise<ScopeKey | undefined>;
  /** Durable when resolved; the key's octets are overwritten where the medium allows it. A tombstone
   * stays, so that the scope can never get a new key. Destroying twice is no error. */
  destroy(scope: KeyScope): Promise<void>;
  /** All scopes that begin with the prefix, in order; destroyed ones flagged. */
  list(
    prefix?: string,
  ): AsyncIterable<{ readonly scope: KeyScope; readonly destroyed: boolean; readonly createdAt: number }>;
  close(): Promise<void>;
}

export class KeyStoreUnavailable extends Error {
  override readonly name = 'KeyStoreUnavailable';
}
