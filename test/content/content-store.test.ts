import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ContentRef } from '../../events/content.ts';
import { newId } from '../../events/ids.ts';
import { messageScope } from '../../events/scope-keys.ts';
import { type ContentStore, createContentStore } from '../../src/content/content-store.ts';
import { ContentDamaged, ContentErased, ContentKeyConflict } from '../../src/content/errors.ts';
import { gather, type MemoryStores, memoryStores, patternOctets } from './memory-stores.ts';

const chunkOctets = 64 * 1024;

async function store(contents: ContentStore, octets: Uint8Array, cuts: readonly number[] = []) {
  const writer = contents.receive(newId());
  let from = 0;
  for (const to of [...cuts, octets.byteLength]) {
    await writer.write(octets.subarray(from, to));
    from = to;
  }
  return writer.finish();
}

function setUp(): MemoryStores & { readonly contents: ContentStore } {
  const stores = memoryStores();
  return { ...stores, contents: createContentStore(stores) };
}

/** The reference without the length, as the events of a mailbox have it. */
const bare = ({ messageId, blobId }: ContentRef) => ({ messageId, blobId });

const damaged =
  (ref: ContentRef, chunk: number | undefined, damage: string) =>
  (error: unknown): boolean =>
    error instanceof ContentDamaged &&
    error.blobId === ref.blobId &&
    error.chunk === chunk &&
    error.damage === damage &&
    error.message.includes(ref.blobId);

const boundaryLengths = [0, 1, chunkOctets - 1, chunkOctets, chunkOctets + 1, 2 * chunkOctets, 300_000];

test('content of every length around the chunk boundaries comes back and verifies', async () => {
  const { contents, chunks } = setUp();
  for (const length of boundaryLengths) {
    const octets = patternOctets(length);
    const ref = await store(contents, octets);
    const sealed = chunks.get(ref.blobId) ?? [];
    assert.equal(sealed.length, Math.max(1, Math.ceil(length / chunkOctets)));
    assert.equal(ref.length, length);
    assert.equal(
      ref.sealedLength,
      sealed.reduce((sum, chunk) => sum + chunk.byteLength, 0),
    );
    assert.deepEqual(await gather(contents.read(ref)), octets);
    assert.deepEqual(await gather(contents.read(bare(ref))), octets);
    await contents.verifyBlob(ref);
  }
});

test('however the octets arrive, the content is the same and its buffers may be reused', async () => {
  const { contents } = setUp();
  const octets = patternOctets(150_000);
  const arrivals = fc.array(fc.nat(octets.byteLength), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(arrivals, async (places) => {
      const writer = contents.receive(newId());
      const shared = new Uint8Array(octets.byteLength);
      let from = 0;
      for (const to of [...places.toSorted((a, b) => a - b), octets.byteLength]) {
        shared.set(octets.subarray(from, to));
        await writer.write(shared.subarray(0, to - from));
        shared.fill(0);
        from = to;
      }
      const ref = await writer.finish();
      assert.deepEqual(await gather(contents.read(ref)), octets);
    }),
    { numRuns: 25 },
  );
});

test('a flood of single octets is gathered into chunks', async () => {
  const { contents, chunks } = setUp();
  const octets = patternOctets(70_000);
  const ref = await store(
    contents,
    octets,
    Array.from({ length: 70_000 }, (_, at) => at),
  );
  assert.equal(chunks.get(ref.blobId)?.length, 2);
  assert.deepEqual(await gather(contents.read(ref)), octets);
});

test('any range equals the slice of the whole, with and without a known length', async () => {
  const { contents } = setUp();
  const octets = patternOctets(300_001);
  const ref = await store(contents, octets);
  const place = fc.oneof(
    fc.nat(octets.byteLength),
    fc.constantFrom(0, chunkOctets - 1, chunkOctets, chunkOctets + 1, 4 * chunkOctets, 300_000),
  );
  await fc.assert(
    fc.asyncProperty(
      place,
      fc.oneof(place, fc.constant(Number.POSITIVE_INFINITY)),
      async (offset, length) => {
        const expected = octets.slice(offset, offset + length);
        assert.deepEqual(await gather(contents.read(ref, offset, length)), expected);
        assert.deepEqual(await gather(contents.read(bare(ref), offset, length)), expected);
      },
    ),
    { numRuns: 80 },
  );
});

test('a range behind the end is empty, and what is no range is refused', async () => {
  const { contents } = setUp();
  const ref = await store(contents, patternOctets(100));
  assert.equal((await gather(contents.read(ref, 100, 5))).byteLength, 0);
  assert.equal((await gather(contents.read(ref, 1_000_000, 5))).byteLength, 0);
  for (const [offset, length] of [
    [-1, 5],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
  ] as const) {
    await assert.rejects(gather(contents.read(ref, offset, length)), RangeError);
  }
});

test('a range fetches only the chunks it needs, a few at a time', async () => {
  const { contents, reads } = setUp();
  const ref = await store(contents, patternOctets(10 * chunkOctets));
  await gather(contents.read(ref, 3 * chunkOctets + 5, 10));
  assert.deepEqual(reads.splice(0), [[ref.blobId, 3, 3]]);
  await gather(contents.read(ref, chunkOctets - 1, 2));
  assert.deepEqual(reads.splice(0), [[ref.blobId, 0, 1]]);
  await gather(contents.read(ref));
  assert.deepEqual(reads.splice(0), [
    [ref.blobId, 0, 3],
    [ref.blobId, 4, 7],
    [ref.blobId, 8, 9],
  ]);
});

test('one flipped bit anywhere in a chunk is an error that names blob and chunk', async () => {
  const { contents, chunks } = setUp();
  const ref = await store(contents, patternOctets(150_000));
  const sealed = chunks.get(ref.blobId) as Uint8Array[];
  await fc.assert(
    fc.asyncProperty(fc.nat(2), fc.nat(chunkOctets + 27), fc.nat(7), async (number, place, bit) => {
      const chunk = sealed[number] as Uint8Array;
      const at = place % chunk.byteLength;
      chunk[at] = (chunk[at] as number) ^ (1 << bit);
      try {
        await assert.rejects(contents.verifyBlob(ref), damaged(ref, number, 'tag'));
        await assert.rejects(gather(contents.read(ref)), damaged(ref, number, 'tag'));
        await assert.rejects(gather(contents.read(bare(ref))), damaged(ref, number, 'tag'));
      } finally {
        chunk[at] = (chunk[at] as number) ^ (1 << bit);
      }
    }),
    { numRuns: 60 },
  );
  await contents.verifyBlob(ref);
});

test('chunks that changed places, or come from another blob or message, do not open', async () => {
  const { contents, chunks } = setUp();
  const ref = await store(contents, patternOctets(3 * chunkOctets));
  const other = await store(contents, patternOctets(3 * chunkOctets));
  const [first, second, third] = chunks.get(ref.blobId) as [Uint8Array, Uint8Array, Uint8Array];
  chunks.set(ref.blobId, [second, first, third]);
  await assert.rejects(contents.verifyBlob(ref), damaged(ref, 0, 'tag'));
  chunks.set(ref.blobId, [first, (chunks.get(other.blobId) as Uint8Array[])[1] as Uint8Array, third]);
  await assert.rejects(gather(contents.read(ref)), damaged(ref, 1, 'tag'));
});

test('a content that was cut off or lengthened is noticed', async () => {
  const { contents, chunks } = setUp();
  const ref = await store(contents, patternOctets(3 * chunkOctets));
  const [first, second, third] = chunks.get(ref.blobId) as [Uint8Array, Uint8Array, Uint8Array];
  chunks.set(ref.blobId, [first, second]);
  for (const source of [ref, bare(ref)]) {
    await assert.rejects(gather(contents.read(source)), damaged(ref, 2, 'missing'));
  }
  await assert.rejects(contents.verifyBlob(ref), damaged(ref, 2, 'missing'));
  chunks.set(ref.blobId, [first, second, third, third]);
  await assert.rejects(contents.verifyBlob(ref), damaged(ref, 3, 'length'));
  chunks.set(ref.blobId, [first, second, third.slice(0, -1)]);
  await assert.rejects(contents.verifyBlob(ref), damaged(ref, 2, 'length'));
  chunks.set(ref.blobId, [first, second, new Uint8Array(5)]);
  await assert.rejects(gather(contents.read(bare(ref))), damaged(ref, 2, 'length'));
  chunks.delete(ref.blobId);
  await assert.rejects(contents.verifyBlob(ref), damaged(ref, undefined, 'missing'));
});

test('a commitment that does not fit the blob is an error', async () => {
  const { contents } = setUp();
  const ref = await store(contents, patternOctets(100_000));
  const last = 1;
  await assert.rejects(contents.verifyBlob({ ...ref, length: ref.length - 1 }), damaged(ref, last, 'length'));
  await assert.rejects(
    contents.verifyBlob({ ...ref, sealedLength: ref.sealedLength + 1 }),
    damaged(ref, undefined, 'length'),
  );
  await assert.rejects(
    contents.verifyBlob({ ...ref, chunkRoot: '00'.repeat(32) }),
    damaged(ref, undefined, 'root'),
  );
});

test('when the key was destroyed the content is ContentErased, with the blob and without it', async () => {
  const { contents, chunks, eraseMessage } = setUp();
  const ref = await store(contents, patternOctets(100));
  await eraseMessage(ref.messageId);
  const erased = (error: unknown) => error instanceof ContentErased && error.messageId === ref.messageId;
  await assert.rejects(gather(contents.read(ref)), erased);
  await assert.rejects(contents.verifyBlob(ref), erased);
  chunks.delete(ref.blobId);
  await assert.rejects(gather(contents.read(ref)), erased);
  await assert.rejects(
    store(contents, patternOctets(1)).then(() => contents.receive(ref.messageId).finish()),
    erased,
  );
});

test('a content whose message never had a key is damaged', async () => {
  const { contents } = setUp();
  const ref = await store(contents, patternOctets(100));
  const stranger = { ...ref, messageId: newId() };
  await assert.rejects(gather(contents.read(stranger)), damaged(ref, undefined, 'no-key'));
});

test('a message that already has another key is a conflict, never unreadable content', async () => {
  const stores = memoryStores();
  const contents = createContentStore({
    blobs: stores.blobs,
    keys: {
      get: stores.keys.get,
      begin: () => ({
        key: new Uint8Array(32).fill(1),
        durable: Promise.resolve(new Uint8Array(32).fill(2)),
      }),
    },
  });
  await assert.rejects(store(contents, patternOctets(10)), ContentKeyConflict);
});

test('finish waits for key and blob, which are made durable side by side', async () => {
  const stores = memoryStores();
  const events: string[] = [];
  const key = Promise.withResolvers<Uint8Array>();
  const commit = Promise.withResolvers<void>();
  const contents = createContentStore({
    keys: {
      get: stores.keys.get,
      begin: () => ({ key: new Uint8Array(32), durable: key.promise }),
    },
    blobs: {
      ...stores.blobs,
      create: () => ({
        write: async () => undefined,
        commit: () => {
          events.push('commit asked');
          return commit.promise;
        },
        abort: async () => undefined,
      }),
    },
  });
  const writer = contents.receive(newId());
  const finished = writer.finish().then(() => events.push('finished'));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  assert.deepEqual(events, ['commit asked']);
  commit.resolve();
  await turn();
  assert.deepEqual(events, ['commit asked']);
  key.resolve(new Uint8Array(32));
  await finished;
  assert.deepEqual(events, ['commit asked', 'finished']);
});

test('a failing store fails the content and abort never throws', async () => {
  const stores = memoryStores();
  const failure = new Error('out of order');
  const keyed = createContentStore({
    blobs: stores.blobs,
    keys: {
      get: stores.keys.get,
      begin: () => ({ key: new Uint8Array(32), durable: Promise.reject(failure) }),
    },
  });
  await assert.rejects(store(keyed, patternOctets(10)), failure);
  // Its blob is one that no event names.
  assert.equal(stores.chunks.size, 1);
  stores.chunks.clear();
  const aborted = keyed.receive(newId());
  await aborted.write(patternOctets(2 * chunkOctets));
  await aborted.abort();
  const writer = createContentStore(stores).receive(newId());
  await writer.write(patternOctets(10));
  await writer.abort();
  await assert.rejects(writer.write(patternOctets(1)));
  await assert.rejects(writer.finish());
  assert.equal(stores.chunks.size, 0);
});

test('neither clear text nor an unchanged sealing shows in what is stored', async () => {
  const { contents, chunks, keys } = setUp();
  const octets = Buffer.from('Subject: the same content twice\r\n\r\n'.repeat(10));
  const first = await store(contents, octets);
  const second = await store(contents, octets);
  assert.notEqual(first.chunkRoot, second.chunkRoot);
  for (const ref of [first, second]) {
    const sealed = Buffer.concat(chunks.get(ref.blobId) ?? []);
    assert.equal(sealed.includes('content twice'), false);
    assert.equal(sealed.includes((await keys.get(messageScope(ref.messageId))) as Uint8Array), false);
  }
});
