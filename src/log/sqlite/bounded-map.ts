/**
 * A map that forgets what was not used for long, so that it holds at most a bounded number of entries
 * and at least the half of that which was used last.
 *
 * Two generations instead of one list in order of use: taking the oldest entry out of a large Map, time
 * and again, makes V8 walk over all the holes that this leaves at its front.
 */
export interface BoundedMap<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  clear(): void;
  /** Grows each time that entries were forgotten. */
  evictions(): number;
}

export function boundedMap<Key, Value>(entriesMax: number): BoundedMap<Key, Value> {
  const generationMax = Math.floor(entriesMax / 2);
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  let evictions = 0;

  const set = (key: Key, value: Value): void => {
    young.set(key, value);
    if (young.size < generationMax) return;
    if (old.size > 0) evictions++;
    old = young;
    young = new Map();
  };

  return {
    set,
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    clear() {
      young.clear();
      old.clear();
    },
    evictions: () => evictions,
  };
}
