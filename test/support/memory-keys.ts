/** Scope keys in memory, for tests. */
import { createHash } from 'node:crypto';
import type { KeyScope, ScopeKey, ScopeKeys } from '../../events/scope-keys.ts';

export interface MemoryKeys extends ScopeKeys {
  destroy(scope: KeyScope): void;
  scopes(): readonly KeyScope[];
}

/** Keys are derived from the scope's name, so that fixtures stay the same from run to run. */
export function createMemoryKeys(): MemoryKeys {
  const keys = new Map<KeyScope, ScopeKey>();
  return {
    async ensure(scope) {
      const known = keys.get(scope);
      if (known !== undefined) return known;
      const key = createHash('sha256').update(`test ${scope}`).digest();
      keys.set(scope, key);
      return key;
    },
    get: async (scope) => keys.get(scope),
    cached: (scope) => keys.get(scope),
    destroy: (scope) => {
      keys.set(scope, 'destroyed');
    },
    scopes: () => [...keys.keys()],
  };
}
