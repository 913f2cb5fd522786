/** A map that forgets what was not used for longest once it holds more than its bound. */
export interface BoundedMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  clear(): void;
  entries(): IterableIterator<[K, V]>;
}

export function boundedMap<K, V>(entriesMax: number): BoundedMap<K, V> {
  const map = new Map<K, V>();
  return {
    get(key) {
      const value = map.get(key);
      if (value === undefined) return undefined;
      map.delete(key);
      map.set(key, value);
      return value;
    },
    set(key, value) {
      map.delete(key);
      map.set(key, value);
      if (map.size <= entriesMax) return;
      const oldest = map.keys().next();
      if (oldest.done !== true) map.delete(oldest.value);
    },
    delete: (key) => void map.delete(key),
    clear: () => map.clear(),
    entries: () => map.entries(),
  };
}
