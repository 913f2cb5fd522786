/**
 * The few functions of the Reflect metadata proposal that tsyringe, under @peculiar/x509, calls: the library
 * asks its user to bring a polyfill and fails on import without one. Loaded for its effect, before the
 * library; leaves a polyfill that is there already alone.
 */

type Metadata = Map<unknown, unknown>;

const store = new WeakMap<object, Metadata>();

const getOwnMetadata = (key: unknown, target: object): unknown => store.get(target)?.get(key);

const getMetadata = (key: unknown, target: object): unknown => {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at)) {
    const found = store.get(at);
    if (found?.has(key)) return found.get(key);
  }
  return undefined;
};

const defineMetadata = (key: unknown, value: unknown, target: object): void => {
  const found: Metadata = store.get(target) ?? new Map();
  found.set(key, value);
  store.set(target, found);
};

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata });
}
