/**
 * The contract suite that every `KeyStore` passes. A store's test file calls it once with a harness:
 *
 *     keyStoreContract('the SQLite key store', { open });
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { type KeyScope, messageScope, peerScope } from '../../events/scope-keys.ts';
import type { KeyStore } from '../../src/keys/key-store.ts';
import { collect } from '../support/collect.ts';

export interface KeyStoreUnderTest {
  readonly store: KeyStore;
  /** Closes the store and opens it again over the same medium. */
  reopen(): Promise<KeyStore>;
}

export interface KeyStoreHarness {
  /** A new, empty store, closed and cleared away after the test. */
  open(t: TestContext): Promise<KeyStoreUnderTest>;
}

export function keyStoreContract(name: string, harness: KeyStoreHarness): void {
  describe(`${name} as a key store`, () => {
    keepingContract(harness);
    destroyingContract(harness);
    listingContract(harness);
  });
}

const key = (): Uint8Array => Uint8Array.from(randomBytes(32));
const octetsOf = (found: Uint8Array | 'destroyed' | undefined): unknown =>
  found instanceof Uint8Array ? Uint8Array.from(found) : found;

function keepingContract(harness: KeyStoreHarness): void {
  test('a key that was put is found again, also after the store was opened anew', async (t) => {
    const under = await harness.open(t);
    const mine = key();
    assert.deepEqual(octetsOf(await under.store.put(messageScope('a'), mine)), mine);
    assert.deepEqual(octetsOf(await under.store.get(messageScope('a'))), mine);
    const again = await under.reopen();
    assert.deepEqual(octetsOf(await again.get(messageScope('a'))), mine);
  });

  test('a scope that never had a key has none', async (t) => {
    const { store } = await harness.open(t);
    await store.put(messageScope('a'), key());
    assert.equal(await store.get(messageScope('b')), undefined);
    assert.equal(await store.get('message/' as KeyScope), undefined);
  });

  test('the first key of a scope stays in force, and a later writer gets it', async (t) => {
    const { store } = await harness.open(t);
    const first = key();
    await store.put(messageScope('a'), first);
    assert.deepEqual(octetsOf(await store.put(messageScope('a'), key())), first);
    assert.deepEqual(octetsOf(await store.get(messageScope('a'))), first);
  });

  test('of many writers at once one wins, and all learn the same key', async (t) => {
    const { store } = await harness.open(t);
    const keys = Array.from({ length: 50 }, key);
    const answers = await Promise.all(keys.map((mine) => store.put(messageScope('a'), mine)));
    const inForce = octetsOf(await store.get(messageScope('a')));
    assert.ok(keys.some((mine) => Buffer.compare(mine, inForce as Uint8Array) === 0));
    for (const answer of answers) assert.deepEqual(octetsOf(answer), inForce);
  });

  test('putting the same key twice is no error', async (t) => {
    const { store } = await harness.open(t);
    const mine = key();
    await store.put(messageScope('a'), mine);
    assert.deepEqual(octetsOf(await store.put(messageScope('a'), mine)), mine);
  });

  test('a thousand scopes at once keep a thousand keys', async (t) => {
    const under = await harness.open(t);
    const keys = Array.from({ length: 1000 }, key);
    await Promise.all(keys.map((mine, at) => under.store.put(messageScope(String(at)), mine)));
    const again = await under.reopen();
    const found = await Promise.all(keys.map((_, at) => again.get(messageScope(String(at)))));
    assert.deepEqual(found.map(octetsOf), keys);
  });

  test('a key cannot be changed through the octets that were handed out', async (t) => {
    const { store } = await harness.open(t);
    const mine = key();
    await store.put(messageScope('a'), mine);
    const found = await store.get(messageScope('a'));
    assert.ok(found instanceof Uint8Array);
    found.fill(0);
    assert.deepEqual(octetsOf(await store.get(messageScope('a'))), mine);
  });
}

function destroyingContract(harness: KeyStoreHarness): void {
  test('a destroyed key stays destroyed, also after the store was opened anew', async (t) => {
    const under = await harness.open(t);
    await under.store.put(messageScope('a'), key());
    await under.store.put(messageScope('b'), key());
    await under.store.destroy(messageScope('a'));
    assert.equal(await under.store.get(messageScope('a')), 'destroyed');
    const again = await under.reopen();
    assert.equal(await again.get(messageScope('a')), 'destroyed');
    assert.ok((await again.get(messageScope('b'))) instanceof Uint8Array);
  });

  test('a destroyed scope never gets a new key', async (t) => {
    const { store } = await harness.open(t);
    await store.put(messageScope('a'), key());
    await store.destroy(messageScope('a'));
    assert.equal(await store.put(messageScope('a'), key()), 'destroyed');
    assert.equal(await store.get(messageScope('a')), 'destroyed');
  });

  test('destroying twice, and destroying what never was, leaves a tombstone', async (t) => {
    const { store } = await harness.open(t);
    await store.destroy(messageScope('a'));
    await store.destroy(messageScope('a'));
    assert.equal(await store.get(messageScope('a')), 'destroyed');
    assert.equal(await store.put(messageScope('a'), key()), 'destroyed');
  });

  test('puts and destructions that travel together touch their own scopes only', async (t) => {
    const { store } = await harness.open(t);
    const scopes = Array.from({ length: 40 }, (_, at) => messageScope(String(at)));
    await Promise.all(scopes.map((scope) => store.put(scope, key())));
    await Promise.all(
      scopes.map((scope, at) => (at % 2 === 0 ? store.destroy(scope) : store.put(scope, key()))),
    );
    for (const [at, scope] of scopes.entries()) {
      assert.equal((await store.get(scope)) === 'destroyed', at % 2 === 0, scope);
    }
  });
}

function listingContract(harness: KeyStoreHarness): void {
  test('listing gives the scopes under a prefix in order, destroyed ones flagged', async (t) => {
    const { store } = await harness.open(t);
    const before = Date.now();
    for (const scope of [messageScope('c'), peerScope(0), messageScope('a'), messageScope('b')]) {
      await store.put(scope, key());
    }
    await store.destroy(messageScope('b'));
    const listed = await collect(store.list('message/'));
    assert.deepEqual(
      listed.map(({ scope, destroyed }) => [scope, destroyed]),
      [
        ['message/a', false],
        ['message/b', true],
        ['message/c', false],
      ],
    );
    for (const { createdAt } of listed)
      assert.ok(createdAt >= before - 1000 && createdAt <= Date.now() + 1000);
    assert.equal((await collect(store.list())).length, 4);
    assert.deepEqual(await collect(store.list('message/x')), []);
  });

  test('listing goes on over many pages while keys are put', async (t) => {
    const { store } = await harness.open(t);
    const scopes = Array.from({ length: 1300 }, (_, at) => messageScope(String(at).padStart(5, '0')));
    await Promise.all(scopes.map((scope) => store.put(scope, key())));
    const listed: KeyScope[] = [];
    for await (const { scope } of store.list('message/')) {
      if (listed.length === 600) await store.put(messageScope('00000-between'), key());
      listed.push(scope);
    }
    assert.deepEqual(listed, scopes);
  });
}
