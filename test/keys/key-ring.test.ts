import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeyScope, messageScope, type ScopeKey } from '../../events/scope-keys.ts';
import { createKeyRing } from '../../src/keys/key-ring.ts';
import { type KeyStore, KeyStoreUnavailable } from '../../src/keys/key-store.ts';

/** A key store in memory that answers when it is told to, and counts what it is asked. */
function heldStore() {
  const keys = new Map<KeyScope, ScopeKey>();
  const asked: string[] = [];
  let held: (() => void)[] | undefined;
  let failing = false;

  const answer = <Value>(what: string, act: () => Value): Promise<Value> => {
    asked.push(what);
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (failing) reject(new KeyStoreUnavailable('the store is out'));
        else resolve(act());
      };
      if (held === undefined) settle();
      else held.push(settle);
    });
  };

  const store: KeyStore = {
    put: (scope, key) =>
      answer(`put ${scope}`, () => {
        if (!keys.has(scope)) keys.set(scope, key);
        return keys.get(scope) as ScopeKey;
      }),
    get: (scope) => {
      // What it finds is what was there when it was asked.
      const found = keys.get(scope);
      return answer(`get ${scope}`, () => found);
    },
    destroy: (scope) => answer(`destroy ${scope}`, () => void keys.set(scope, 'destroyed')),
    async *list() {},
    close: async () => undefined,
  };
  return {
    store,
    keys,
    asked,
    hold: () => {
      held = [];
    },
    release: () => {
      const waiting = held ?? [];
      held = undefined;
      for (const settle of waiting) settle();
    },
    fail: (yes: boolean) => {
      failing = yes;
    },
  };
}

const scope = messageScope('a');

test('a new scope gets 32 octets of its own, put once however many ask at once', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  const keys = await Promise.all(Array.from({ length: 20 }, () => ring.ensure(scope)));
  assert.deepEqual(held.asked, ['put message/a']);
  assert.equal(new Set(keys).size, 1);
  assert.equal((keys[0] as Uint8Array).byteLength, 32);
  const others = await Promise.all(
    Array.from({ length: 500 }, (_, at) => ring.ensure(messageScope(`${at}`))),
  );
  const different = new Set(others.map((key) => Buffer.from(key as Uint8Array).toString('hex')));
  assert.equal(different.size, 500);
});

test('a cached key costs no question', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  const key = await ring.ensure(scope);
  assert.equal(await ring.get(scope), key);
  assert.equal(ring.cached(scope), key);
  assert.equal(await ring.ensure(scope), key);
  assert.deepEqual(held.asked, ['put message/a']);
});

test('a key is handed out as cached only once it is durable', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  held.hold();
  const begun = ring.begin(scope);
  const ensured = ring.ensure(scope);
  assert.ok(begun.key instanceof Uint8Array);
  assert.equal(ring.cached(scope), undefined);
  held.release();
  assert.equal(await begun.durable, begun.key);
  assert.equal(await ensured, begun.key);
  assert.equal(ring.cached(scope), begun.key);
});

test('when another writer came first, its key is the one in force', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  const theirs = new Uint8Array(32).fill(7);
  held.keys.set(scope, theirs);
  const begun = ring.begin(scope);
  assert.notEqual(begun.key, theirs);
  assert.equal(await begun.durable, theirs);
  assert.equal(ring.cached(scope), theirs);
});

test('looking up never makes a key, remembers what it found, and asks again for what was not there', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  assert.equal(await ring.get(scope), undefined);
  const theirs = new Uint8Array(32).fill(7);
  held.keys.set(scope, theirs);
  const found = await Promise.all([ring.get(scope), ring.get(scope)]);
  assert.deepEqual(found, [theirs, theirs]);
  assert.deepEqual(held.asked, ['get message/a', 'get message/a']);
  assert.equal(ring.cached(scope), theirs);
});

test('a failed put or look-up leaves nothing behind', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  held.fail(true);
  await assert.rejects(ring.ensure(scope), KeyStoreUnavailable);
  await assert.rejects(ring.get(scope), KeyStoreUnavailable);
  assert.equal(ring.cached(scope), undefined);
  held.fail(false);
  assert.ok((await ring.ensure(scope)) instanceof Uint8Array);
});

test('destroying evicts, tells every listener and stays', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  const told: string[] = [];
  ring.onDestroyed((gone) => told.push(`first ${gone}`));
  const end = ring.onDestroyed((gone) => told.push(`second ${gone}`));
  await ring.ensure(scope);
  await ring.destroy(scope);
  assert.equal(ring.cached(scope), 'destroyed');
  assert.equal(await ring.get(scope), 'destroyed');
  assert.equal(await ring.ensure(scope), 'destroyed');
  assert.equal(ring.begin(scope).key, 'destroyed');
  end();
  ring.noteDestroyed(messageScope('b'));
  assert.equal(ring.cached(messageScope('b')), 'destroyed');
  assert.deepEqual(told, ['first message/a', 'second message/a', 'first message/b']);
});

test('an answer that was under way when the key was destroyed does not bring it back', async () => {
  const held = heldStore();
  held.keys.set(scope, new Uint8Array(32).fill(7));
  const ring = createKeyRing(held.store);
  held.hold();
  const late = ring.get(scope);
  ring.noteDestroyed(scope);
  held.release();
  assert.equal(await late, 'destroyed');
  assert.equal(ring.cached(scope), 'destroyed');
});

test('a failed destruction changes nothing', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store);
  const told: KeyScope[] = [];
  ring.onDestroyed((gone) => told.push(gone));
  const key = await ring.ensure(scope);
  held.fail(true);
  await assert.rejects(ring.destroy(scope), KeyStoreUnavailable);
  assert.equal(ring.cached(scope), key);
  assert.deepEqual(told, []);
});

test('a listener that fails keeps no other from hearing, and the caller learns of it', async () => {
  const ring = createKeyRing(heldStore().store);
  const told: KeyScope[] = [];
  ring.onDestroyed(() => {
    throw new Error('cannot forget');
  });
  ring.onDestroyed((gone) => told.push(gone));
  await assert.rejects(ring.destroy(scope), AggregateError);
  assert.deepEqual(told, [scope]);
});

test('the cache is bounded, and what was used last stays', async () => {
  const ring = createKeyRing(heldStore().store, { cachedMax: 4 });
  for (const id of ['a', 'b', 'c']) await ring.ensure(messageScope(id));
  ring.cached(messageScope('a'));
  await ring.ensure(messageScope('d'));
  assert.equal(ring.cached(messageScope('b')), undefined);
  for (const id of ['a', 'c', 'd']) assert.ok(ring.cached(messageScope(id)), id);
});

test('a destroyed key never comes back from the cache, whatever is used meanwhile', async () => {
  const held = heldStore();
  const ring = createKeyRing(held.store, { cachedMax: 4 });
  await ring.ensure(scope);
  for (const id of ['b', 'c']) await ring.ensure(messageScope(id));
  await ring.destroy(scope);
  for (const id of ['d', 'e', 'f', 'g', 'h']) {
    await ring.ensure(messageScope(id));
    const cached = ring.cached(scope);
    assert.ok(cached === undefined || cached === 'destroyed');
    assert.equal(await ring.get(scope), 'destroyed');
  }
});
