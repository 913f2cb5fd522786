import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { messageScope } from '../../events/scope-keys.ts';
import { type KeyStore, KeyStoreUnavailable } from '../../src/keys/key-store.ts';
import { MasterKeyError } from '../../src/keys/master-key.ts';
import { openSqliteKeyReader } from '../../src/keys/sqlite/open-sqlite-key-reader.ts';
import { openSqliteKeyStore } from '../../src/keys/sqlite/open-sqlite-key-store.ts';
import { keyStoreContract } from '../contracts/key-store-contract.ts';
import { readApart } from '../support/read-apart.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

keyStoreContract('the SQLite key store', {
  async open(t) {
    const { store, options } = await openStore(t);
    return {
      store,
      async reopen() {
        await store.close();
        const again = await openSqliteKeyStore(options);
        t.after(() => again.close());
        return again;
      },
    };
  },
});

async function openStore(t: TestContext) {
  const directory = await temporaryDirectory(t);
  const options = { path: join(directory, 'keys.db'), masterKey: randomBytes(32) };
  const store = await openSqliteKeyStore(options);
  t.after(() => store.close());
  return { directory, options, store };
}

/** All octets of all files of the directory. */
async function allOctets(directory: string): Promise<Buffer> {
  const files = await readdir(directory);
  return Buffer.concat(await Promise.all(files.map((file) => readApart(join(directory, file)))));
}

function wrappedKey(path: string, scope: string): Uint8Array {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare('SELECT wrapped FROM keys WHERE scope = ?').get(scope);
  database.close();
  return row?.wrapped as Uint8Array;
}

async function putMany(store: KeyStore, scopes: readonly string[]): Promise<void> {
  await Promise.all(scopes.map((scope) => store.put(messageScope(scope), randomBytes(32))));
}

test('no key stands in any file in clear', async (t) => {
  const { directory, store } = await openStore(t);
  const key = randomBytes(32);
  await store.put(messageScope('a'), key);
  const octets = await allOctets(directory);
  assert.equal(octets.includes(key), false);
  assert.equal(octets.includes(key.subarray(0, 8)), false);
});

test('the octets of a destroyed key are gone from all files when destroy resolves', async (t) => {
  const { directory, options, store } = await openStore(t);
  const many = Array.from({ length: 400 }, (_, at) => String(at).padStart(4, '0'));
  // Out of order and in several commits, so that the index is rebuilt around the rows.
  for (let at = 0; at < 10; at++)
    await putMany(store, many.filter((_, place) => place % 10 === at).reverse());
  const doomed = many.filter((_, at) => at % 7 === 0);
  const wrapped = doomed.map((scope) => wrappedKey(options.path, messageScope(scope)));
  const before = await allOctets(directory);
  for (const octets of wrapped) assert.equal(before.includes(octets), true);
  // A reader beside the store must not keep old pages alive.
  const reader = openSqliteKeyReader(options);
  t.after(() => reader.close());
  assert.ok(reader.get(messageScope(doomed[0] as string)) instanceof Uint8Array);
  await Promise.all(doomed.map((scope) => store.destroy(messageScope(scope))));
  const after = await allOctets(directory);
  for (const octets of wrapped) {
    assert.equal(after.includes(octets), false);
    assert.equal(after.includes(octets.subarray(12, 28)), false);
  }
  assert.equal(reader.get(messageScope(doomed[0] as string)), 'destroyed');
});

test('a reader in the same process sees each key as soon as it is put, and none that never was', async (t) => {
  const { options, store } = await openStore(t);
  const reader = openSqliteKeyReader(options);
  t.after(() => reader.close());
  const key = randomBytes(32);
  assert.equal(reader.get(messageScope('a')), undefined);
  await store.put(messageScope('a'), key);
  assert.deepEqual(Buffer.from(reader.get(messageScope('a')) as Uint8Array), key);
});

test('a wrong master key is recognised when the store is opened', async (t) => {
  const { options, store } = await openStore(t);
  await store.put(messageScope('a'), randomBytes(32));
  await store.close();
  const wrong = { ...options, masterKey: randomBytes(32) };
  const isWrong = (error: unknown) =>
    error instanceof MasterKeyError && error.fault === 'wrong' && error.message.includes(options.path);
  await assert.rejects(openSqliteKeyStore(wrong), isWrong);
  assert.throws(() => openSqliteKeyReader(wrong), isWrong);
  const again = await openSqliteKeyStore(options);
  assert.ok((await again.get(messageScope('a'))) instanceof Uint8Array);
  await again.close();
});

test('a wrapped key that was changed or moved to another scope is an error, never another key', async (t) => {
  const { options, store } = await openStore(t);
  await putMany(store, ['a', 'b']);
  await store.close();
  const database = new DatabaseSync(options.path);
  database.exec(`UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE scope = 'message/a')`);
  database.close();
  const again = await openSqliteKeyStore(options);
  t.after(() => again.close());
  assert.ok((await again.get(messageScope('a'))) instanceof Uint8Array);
  await assert.rejects(again.get(messageScope('b')), KeyStoreUnavailable);
});

test('a closed store and a file that is no database are KeyStoreUnavailable', async (t) => {
  const { directory, options, store } = await openStore(t);
  await store.close();
  await assert.rejects(store.put(messageScope('a'), randomBytes(32)), KeyStoreUnavailable);
  await assert.rejects(store.get(messageScope('a')), KeyStoreUnavailable);
  await assert.rejects(store.destroy(messageScope('a')), KeyStoreUnavailable);
  await assert.rejects(openSqliteKeyStore({ ...options, path: directory }), KeyStoreUnavailable);
});
