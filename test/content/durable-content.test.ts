/** Content over the real stores: key ring, `keys.db` and `blobs.db`. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newId } from '../../events/ids.ts';
import { messageScope } from '../../events/scope-keys.ts';
import { openSqliteBlobReader } from '../../src/blobs/sqlite/open-sqlite-blob-reader.ts';
import { openSqliteBlobStore } from '../../src/blobs/sqlite/open-sqlite-blob-store.ts';
import { readContent } from '../../src/content/content-reader.ts';
import { createContentStore } from '../../src/content/content-store.ts';
import { ContentErased } from '../../src/content/errors.ts';
import { createKeyRing } from '../../src/keys/key-ring.ts';
import { openSqliteKeyReader } from '../../src/keys/sqlite/open-sqlite-key-reader.ts';
import { openSqliteKeyStore } from '../../src/keys/sqlite/open-sqlite-key-store.ts';
import { readApart } from '../support/read-apart.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { gather, patternOctets } from './memory-stores.ts';

async function openStores(t: TestContext, directory: string, masterKey: Uint8Array) {
  const keysPath = join(directory, 'keys.db');
  const blobsPath = join(directory, 'blobs.db');
  const [keyStore, blobs] = await Promise.all([
    openSqliteKeyStore({ path: keysPath, masterKey }),
    openSqliteBlobStore({ path: blobsPath }),
  ]);
  const close = async () => {
    await Promise.all([keyStore.close(), blobs.close()]);
  };
  t.after(close);
  const keys = createKeyRing(keyStore);
  return { keysPath, blobsPath, keys, blobs, close, contents: createContentStore({ keys, blobs }) };
}

test('content survives a restart, is read beside the store, and is gone once erased', async (t) => {
  const directory = await temporaryDirectory(t);
  const masterKey = randomBytes(32);
  const before = await openStores(t, directory, masterKey);
  const octets = [0, 300, 4096, 64 * 1024, 700_000].map(patternOctets);
  const refs = await Promise.all(
    octets.map(async (each) => {
      const writer = before.contents.receive(newId());
      await writer.write(each);
      return writer.finish();
    }),
  );
  await before.close();

  const after = await openStores(t, directory, masterKey);
  const keyReader = openSqliteKeyReader({ path: after.keysPath, masterKey });
  const blobReader = openSqliteBlobReader({ path: after.blobsPath });
  t.after(() => {
    keyReader.close();
    blobReader.close();
  });
  const beside = { key: (id: string) => keyReader.get(messageScope(id)), read: blobReader.read };
  for (const [at, ref] of refs.entries()) {
    await after.contents.verifyBlob(ref);
    assert.deepEqual(await gather(after.contents.read(ref)), octets[at]);
    assert.deepEqual(await gather(readContent(beside, ref)), octets[at]);
    await after.keys.destroy(messageScope(ref.messageId));
    await assert.rejects(gather(after.contents.read(ref)), ContentErased);
    await assert.rejects(gather(readContent(beside, ref)), ContentErased);
  }
});

test('no octet run of the content stands in any file in clear', async (t) => {
  const directory = await temporaryDirectory(t);
  const { contents } = await openStores(t, directory, randomBytes(32));
  const octets = randomBytes(100_000);
  const writer = contents.receive(newId());
  await writer.write(octets);
  await writer.finish();
  for (const file of await readdir(directory)) {
    const stored = await readApart(join(directory, file));
    for (const at of [0, 65_530, 99_900]) assert.equal(stored.includes(octets.subarray(at, at + 12)), false);
  }
});

test('two hundred writers at once all get what they wrote', async (t) => {
  const { contents } = await openStores(t, await temporaryDirectory(t), randomBytes(32));
  const octets = Array.from({ length: 200 }, (_, at) => patternOctets(3000 + at * 17));
  const refs = await Promise.all(
    octets.map(async (each) => {
      const writer = contents.receive(newId());
      await writer.write(each);
      return writer.finish();
    }),
  );
  for (const [at, ref] of refs.entries()) assert.deepEqual(await gather(contents.read(ref)), octets[at]);
});
