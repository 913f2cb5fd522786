/**
 * The contract suite that every `BlobStore` passes. A store's test file calls it once with a harness:
 *
 *     blobStoreContract('the SQLite blob store', { open });
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { newId } from '../../events/ids.ts';
import { BlobExists, BlobMissing, type BlobStore } from '../../src/blobs/blob-store.ts';
import { collect } from '../support/collect.ts';

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** Ends the store as a crash would, unfinished blobs and all, and opens it again over the same medium. */
  crash(): Promise<BlobStore>;
}

export interface BlobStoreHarness {
  /** A new, empty store, closed and cleared away after the test. */
  open(t: TestContext): Promise<BlobStoreUnderTest>;
}

export function blobStoreContract(name: string, harness: BlobStoreHarness): void {
  describe(`${name} as a blob store`, () => {
    keepingContract(harness);
    visibilityContract(harness);
    destroyingContract(harness);
    listingContract(harness);
  });
}

/** The largest chunk that the content layer makes: 64 KiB, nonce and tag. */
const largeOctets = 64 * 1024 + 28;
const chunk = (octets = 100): Uint8Array => Uint8Array.from(randomBytes(octets));
const plain = (chunks: readonly Uint8Array[]): readonly Uint8Array[] =>
  chunks.map((each) => Uint8Array.from(each));

async function stored(store: BlobStore, chunks: readonly Uint8Array[], blobId = newId()): Promise<string> {
  const writer = store.create(blobId);
  for (const each of chunks) await writer.write(each);
  await writer.commit();
  return blobId;
}

function keepingContract(harness: BlobStoreHarness): void {
  test('a blob of one chunk comes back, also after a crash', async (t) => {
    const under = await harness.open(t);
    for (const octets of [28, 4124, largeOctets]) {
      const chunks = [chunk(octets)];
      const blobId = await stored(under.store, chunks);
      assert.deepEqual(plain(await under.store.read(blobId, 0, 0)), chunks);
    }
    const chunks = [chunk(4124)];
    const blobId = await stored(under.store, chunks);
    const again = await under.crash();
    assert.deepEqual(plain(await again.read(blobId, 0, 0)), chunks);
  });

  test('any run of chunks of a large blob comes back in order', async (t) => {
    const under = await harness.open(t);
    const chunks = Array.from({ length: 40 }, () => chunk(largeOctets));
    const blobId = await stored(under.store, chunks);
    const again = await under.crash();
    for (const store of [again]) {
      assert.deepEqual(plain(await store.read(blobId, 0, 39)), chunks);
      assert.deepEqual(plain(await store.read(blobId, 7, 9)), chunks.slice(7, 10));
      assert.deepEqual(plain(await store.read(blobId, 39, 39)), chunks.slice(39));
    }
  });

  test('a read is cut off at what is there', async (t) => {
    const { store } = await harness.open(t);
    const chunks = [chunk(), chunk(), chunk()];
    const blobId = await stored(store, chunks);
    assert.deepEqual(plain(await store.read(blobId, 1, 1_000_000_000)), chunks.slice(1));
    assert.deepEqual(await store.read(blobId, 3, 5), []);
  });

  test('many small blobs written at once keep their own chunks', async (t) => {
    const { store } = await harness.open(t);
    const chunks = Array.from({ length: 300 }, () => chunk(500));
    const ids = await Promise.all(chunks.map((each) => stored(store, [each])));
    const found = await Promise.all(ids.map((blobId) => store.read(blobId, 0, 0)));
    assert.deepEqual(
      found.map(plain),
      chunks.map((each) => [each]),
    );
  });

  test('large blobs written side by side keep their own chunks', async (t) => {
    const { store } = await harness.open(t);
    const blobs = Array.from({ length: 6 }, () => Array.from({ length: 12 }, () => chunk(9000)));
    const ids = await Promise.all(blobs.map((chunks) => stored(store, chunks)));
    const found = await Promise.all(ids.map((blobId) => store.read(blobId, 0, 11)));
    assert.deepEqual(found.map(plain), blobs);
  });

  test('an id is used once', async (t) => {
    const { store } = await harness.open(t);
    const chunks = [chunk()];
    const blobId = await stored(store, chunks);
    await assert.rejects(stored(store, [chunk()], blobId), BlobExists);
    const second = store.create(blobId);
    await assert.rejects(async () => {
      for (let at = 0; at < 3; at++) await second.write(chunk());
      await second.commit();
    }, BlobExists);
    await second.abort();
    assert.deepEqual(plain(await store.read(blobId, 0, 9)), chunks);
  });
}

function visibilityContract(harness: BlobStoreHarness): void {
  test('what never was is missing', async (t) => {
    const { store } = await harness.open(t);
    await assert.rejects(store.read(newId(), 0, 0), BlobMissing);
  });

  test('nothing of an unfinished blob is visible before its commit', async (t) => {
    const { store } = await harness.open(t);
    const blobId = newId();
    const writer = store.create(blobId);
    for (let at = 0; at < 20; at++) await writer.write(chunk(1000));
    await assert.rejects(store.read(blobId, 0, 0), BlobMissing);
    await writer.commit();
    assert.equal((await store.read(blobId, 0, 99)).length, 20);
  });

  test('an aborted blob leaves nothing behind, whatever it had written', async (t) => {
    const { store } = await harness.open(t);
    for (const written of [0, 1, 2, 20]) {
      const blobId = newId();
      const writer = store.create(blobId);
      for (let at = 0; at < written; at++) await writer.write(chunk(1000));
      await writer.abort();
      await writer.abort();
      await assert.rejects(store.read(blobId, 0, 0), BlobMissing);
      await assert.rejects(writer.write(chunk()));
      await assert.rejects(writer.commit());
    }
    assert.deepEqual(await collect(store.list()), []);
  });

  test('aborting after the commit changes nothing', async (t) => {
    const { store } = await harness.open(t);
    const writer = store.create(newId());
    const blobId = newId();
    const committed = store.create(blobId);
    await committed.write(chunk());
    await committed.write(chunk());
    await committed.commit();
    await committed.abort();
    await writer.abort();
    assert.equal((await store.read(blobId, 0, 9)).length, 2);
  });

  test('a blob without a chunk cannot be committed', async (t) => {
    const { store } = await harness.open(t);
    await assert.rejects(store.create(newId()).commit());
    assert.deepEqual(await collect(store.list()), []);
  });

  test('what a crash left unfinished stays invisible, is listed as such and can be destroyed', async (t) => {
    const under = await harness.open(t);
    const finished = await stored(under.store, [chunk()]);
    const unfinished = newId();
    const writer = under.store.create(unfinished);
    for (let at = 0; at < 20; at++) await writer.write(chunk(1000));
    const again = await under.crash();
    await assert.rejects(again.read(unfinished, 0, 0), BlobMissing);
    const listed = await collect(again.list());
    assert.deepEqual(
      listed.map(({ blobId, committed }) => [blobId, committed]),
      [
        [finished, true],
        [unfinished, false],
      ],
    );
    await again.destroy(unfinished);
    assert.equal((await collect(again.list())).length, 1);
  });
}

function destroyingContract(harness: BlobStoreHarness): void {
  test('a destroyed blob is missing, also after a crash, and its neighbours are whole', async (t) => {
    const under = await harness.open(t);
    const blobs = Array.from({ length: 9 }, (_, at) =>
      Array.from({ length: 1 + (at % 3) }, () => chunk(3000)),
    );
    const ids: string[] = [];
    for (const chunks of blobs) ids.push(await stored(under.store, chunks));
    const gone = new Set([0, 4, 5, 8]);
    await Promise.all([...gone].map((at) => under.store.destroy(ids[at] as string)));
    for (const store of [under.store, await under.crash()]) {
      for (const [at, blobId] of ids.entries()) {
        if (gone.has(at)) await assert.rejects(store.read(blobId, 0, 0), BlobMissing);
        else assert.deepEqual(plain(await store.read(blobId, 0, 9)), blobs[at]);
      }
    }
  });

  test('destroying what is not there is no error', async (t) => {
    const { store } = await harness.open(t);
    const blobId = await stored(store, [chunk()]);
    await store.destroy(newId());
    await store.destroy(blobId);
    await store.destroy(blobId);
    await assert.rejects(store.read(blobId, 0, 0), BlobMissing);
  });
}

function listingContract(harness: BlobStoreHarness): void {
  test('listing tells chunks, octets and time, in order of id and from any id on', async (t) => {
    const { store } = await harness.open(t);
    const before = Date.now();
    const large = await stored(store, [chunk(1000), chunk(1000), chunk(17)]);
    const small = await stored(store, [chunk(40)]);
    const listed = await collect(store.list());
    assert.deepEqual(
      listed.map(({ createdAt, ...info }) => info),
      [
        { blobId: large, chunks: 3, length: 2017, committed: true },
        { blobId: small, chunks: 1, length: 40, committed: true },
      ],
    );
    for (const { createdAt } of listed)
      assert.ok(createdAt >= before - 1000 && createdAt <= Date.now() + 1000);
    assert.deepEqual(
      (await collect(store.list(small))).map(({ blobId }) => blobId),
      [small],
    );
  });

  test('listing goes on over many pages', async (t) => {
    const { store } = await harness.open(t);
    const ids = await Promise.all(Array.from({ length: 1300 }, () => stored(store, [chunk(30)])));
    const listed = await collect(store.list());
    assert.deepEqual(
      listed.map(({ blobId }) => blobId),
      ids.toSorted(),
    );
  });
}
