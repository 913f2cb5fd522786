/**
 * The process's keys: a bounded cache in front of the key store, so that a hot scope costs no look-up
 * and a new one exactly one put, however many ask for it at once.
 *
 * Nothing but a durable key is ever handed out, except by `begin`, whose caller promises to wait for
 * `durable` before the key's existence matters to anybody. Fails with what the store fails with
 * (`KeyStoreUnavailable`); a failed look-up or put leaves nothing behind in the cache.
 */
import type { KeyScope, ScopeKey, ScopeKeys } from '../../events/scope-keys.ts';
import { limits } from '../limits.ts';
import type { KeyStore } from './key-store.ts';
import { createRandomPool } from './random-pool.ts';

const keyOctets = 32;

/** A key that can be used now, and the promise of the key in force: the same octets, unless another
 * writer gave the scope a key first, or it was destroyed. */
export interface BegunKey {
  readonly key: ScopeKey;
  readonly durable: Promise<ScopeKey>;
}

export interface KeyRing extends ScopeKeys {
  /** For sealing side by side with the key's put. Meant for scopes that have no key yet; for others
   * `durable` may bring another key, and then what was sealed with this one is worthless. */
  begin(scope: KeyScope): BegunKey;
  /** Durably destroyed, evicted and made known to all listeners when resolved. */
  destroy(scope: KeyScope): Promise<void>;
  /** For a key that another node has destroyed: evicts and tells the listeners. */
  noteDestroyed(scope: KeyScope): void;
  /** Called after a key is gone, with its scope; whoever keeps derived keys or clear text forgets them.
   * The returned function ends it. What a listener throws reaches the caller of `destroy`. */
  onDestroyed(listener: (scope: KeyScope) => void): () => void;
}

interface Pending<Key> {
  promise: Promise<Key>;
  /** Octets of the key that is being put. */
  readonly key?: Uint8Array;
  /** The scope was destroyed meanwhile: the answer is out of date. */
  overtaken: boolean;
}

export interface KeyRingOptions {
  /** Default `limits.keys.cachedMax`. */
  readonly cachedMax?: number;
}

export function createKeyRing(store: KeyStore, options: KeyRingOptions = {}): KeyRing {
  const cache = createKeyCache(options.cachedMax ?? limits.keys.cachedMax);
  const puts = new Map<KeyScope, Pending<ScopeKey>>();
  const gets = new Map<KeyScope, Pending<ScopeKey | undefined>>();
  const listeners = new Set<(scope: KeyScope) => void>();
  const randomOctets = createRandomPool();

  const put = (scope: KeyScope): BegunKey => {
    const under = puts.get(scope);
    if (under !== undefined) return { key: under.key as Uint8Array, durable: under.promise };
    const key = randomOctets(keyOctets);
    const pending: Pending<ScopeKey> = { key, overtaken: false, promise: Promise.resolve(key) };
    pending.promise = settle(puts, scope, pending, store.put(scope, key));
    puts.set(scope, pending);
    return { key, durable: pending.promise };
  };

  const settle = async <Key extends ScopeKey | undefined>(
    pendings: Map<KeyScope, Pending<Key>>,
    scope: KeyScope,
    pending: Pending<Key>,
    answer: Promise<Key>,
  ): Promise<Key | 'destroyed'> => {
    try {
      const found = await answer;
      if (pending.overtaken) return 'destroyed';
      if (found !== undefined) cache.set(scope, found);
      return found;
    } finally {
      if (pendings.get(scope) === pending) pendings.delete(scope);
    }
  };

  const evict = (scope: KeyScope): void => {
    for (const pendings of [puts, gets]) {
      const pending = pendings.get(scope);
      if (pending !== undefined) pending.overtaken = true;
      pendings.delete(scope);
    }
    cache.set(scope, 'destroyed');
  };

  const noteDestroyed = (scope: KeyScope): void => {
    evict(scope);
    const thrown: unknown[] = [];
    for (const listener of listeners) {
      try {
        listener(scope);
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw new AggregateError(thrown, `not everybody could forget ${scope}`);
  };

  return {
    cached: (scope) => cache.get(scope),
    ensure: async (scope) => cache.get(scope) ?? put(scope).durable,
    begin(scope) {
      const key = cache.get(scope);
      return key === undefined ? put(scope) : { key, durable: Promise.resolve(key) };
    },
    async get(scope) {
      const known = cache.get(scope);
      if (known !== undefined) return known;
      const under = puts.get(scope) ?? gets.get(scope);
      if (under !== undefined) return under.promise;
      const pending: Pending<ScopeKey | undefined> = {
        overtaken: false,
        promise: Promise.resolve(undefined),
      };
      pending.promise = settle(gets, scope, pending, store.get(scope));
      gets.set(scope, pending);
      return pending.promise;
    },
    async destroy(scope) {
      await store.destroy(scope);
      noteDestroyed(scope);
    },
    noteDestroyed,
    onDestroyed(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface KeyCache {
  get(scope: KeyScope): ScopeKey | undefined;
  set(scope: KeyScope, key: ScopeKey): void;
}

/**
 * Two generations: what was not used while the younger one filled up goes with the older one. Close to
 * "least recently used goes first", without moving an entry at every use.
 */
function createKeyCache(entriesMax: number): KeyCache {
  const generationMax = Math.max(1, Math.floor(entriesMax / 2));
  let young = new Map<KeyScope, ScopeKey>();
  let old = new Map<KeyScope, ScopeKey>();
  const set = (scope: KeyScope, key: ScopeKey): void => {
    // A destroyed key must not come back from the older generation.
    old.delete(scope);
    if (young.size >= generationMax && !young.has(scope)) {
      old = young;
      young = new Map();
    }
    young.set(scope, key);
  };
  return {
    get(scope) {
      const key = young.get(scope);
      if (key !== undefined) return key;
      const older = old.get(scope);
      if (older !== undefined) set(scope, older);
      return older;
    },
    set,
  };
}
