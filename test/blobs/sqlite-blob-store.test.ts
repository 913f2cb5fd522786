import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newId } from '../../events/ids.ts';
import { BlobMissing, type BlobStore, BlobStoreUnavailable } from '../../src/blobs/blob-store.ts';
import { octetGate } from '../../src/blobs/sqlite/octet-gate.ts';
import { openSqliteBlobReader } from '../../src/blobs/sqlite/open-sqlite-blob-reader.ts';
import { openSqliteBlobStore } from '../../src/blobs/sqlite/open-sqlite-blob-store.ts';
import { blobStoreContract } from '../contracts/blob-store-contract.ts';
import { copyApart, readApart } from '../support/read-apart.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

blobStoreContract('the SQLite blob store', {
  async open(t) {
    const { directory, path, store } = await openStore(t);
    return {
      store,
      async crash() {
        // What a crash leaves is what the files hold at some instant, without any closing.
        const copy = join(directory, 'after-crash.db');
        await copyApart(path, copy);
        await copyApart(`${path}-wal`, `${copy}-wal`);
        const again = await openSqliteBlobStore({ path: copy });
        t.after(() => again.close());
        return again;
      },
    };
  },
});

async function openStore(t: TestContext) {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'blobs.db');
  const store = await openSqliteBlobStore({ path });
  t.after(() => store.close());
  return { directory, path, store };
}

async function store(into: BlobStore, chunks: readonly Uint8Array[]): Promise<string> {
  const blobId = newId();
  const writer = into.create(blobId);
  for (const chunk of chunks) await writer.write(chunk);
  await writer.commit();
  return blobId;
}

/** All octets of all files of the directory. */
async function allOctets(directory: string): Promise<Buffer> {
  const files = await readdir(directory);
  return Buffer.concat(await Promise.all(files.map((file) => readApart(join(directory, file)))));
}

/** How many runs of 16 octets of the chunk, of those at every 512th place, stand among the octets. */
function runsFound(octets: Buffer, chunk: Uint8Array): number {
  let found = 0;
  for (let at = 0; at + 16 <= chunk.byteLength; at += 512) {
    if (octets.includes(chunk.subarray(at, at + 16))) found++;
  }
  return found;
}

test('the octets of a destroyed blob are gone from all files when destroy resolves', async (t) => {
  const { directory, store: blobs } = await openStore(t);
  const small = [randomBytes(4124)];
  const large = Array.from({ length: 5 }, () => randomBytes(64 * 1024 + 28));
  const kept = [randomBytes(4124)];
  const ids: string[] = [];
  for (const chunks of [kept, small, kept, large, kept]) ids.push(await store(blobs, chunks));
  const before = await allOctets(directory);
  for (const chunk of [...small, ...large]) assert.ok(runsFound(before, chunk) > 0);
  await blobs.destroy(ids[1] as string);
  await blobs.destroy(ids[3] as string);
  const after = await allOctets(directory);
  for (const chunk of [...small, ...large]) assert.equal(runsFound(after, chunk), 0);
  assert.ok(runsFound(after, kept[0] as Uint8Array) > 0);
});

test('a reader beside the store sees what is committed and misses what is destroyed', async (t) => {
  const { path, store: blobs } = await openStore(t);
  const reader = openSqliteBlobReader({ path });
  t.after(() => reader.close());
  const chunks = [randomBytes(100), randomBytes(200)];
  const blobId = await store(blobs, chunks);
  assert.deepEqual(
    reader.read(blobId, 0, 5).map((chunk) => Buffer.from(chunk)),
    chunks,
  );
  await blobs.destroy(blobId);
  assert.throws(() => reader.read(blobId, 0, 0), BlobMissing);
});

test('a closed store is BlobStoreUnavailable, for a writer that has begun as well', async (t) => {
  const { store: blobs } = await openStore(t);
  const begun = blobs.create(newId());
  await begun.write(randomBytes(10));
  const blobId = await store(blobs, [randomBytes(10)]);
  await blobs.close();
  await assert.rejects(begun.commit(), BlobStoreUnavailable);
  await assert.rejects(blobs.read(blobId, 0, 0), BlobStoreUnavailable);
  await assert.rejects(blobs.destroy(blobId), BlobStoreUnavailable);
  const late = blobs.create(newId());
  await assert.rejects(async () => {
    for (let at = 0; at < 100; at++) await late.write(randomBytes(10));
    await late.commit();
  }, BlobStoreUnavailable);
  await late.abort();
});

test('octets under way are bounded for all writers together, first come first served', async () => {
  const gate = octetGate(100);
  const passed: string[] = [];
  const enter = (name: string, octets: number) =>
    Promise.resolve(gate.enter(octets)).then(() => passed.push(name));
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  for (const [name, octets] of [
    ['a', 60],
    ['b', 60],
    ['c', 10],
    ['d', 500],
  ] as const)
    void enter(name, octets);
  await settled();
  assert.deepEqual(passed, ['a']);
  gate.leave(60);
  await settled();
  assert.deepEqual(passed, ['a', 'b', 'c']);
  gate.leave(60);
  await settled();
  assert.deepEqual(passed, ['a', 'b', 'c']);
  gate.leave(10);
  await settled();
  assert.deepEqual(passed, ['a', 'b', 'c', 'd']);
});
