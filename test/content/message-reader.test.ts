import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newId } from '../../events/ids.ts';
import { createContentStore } from '../../src/content/content-store.ts';
import { ContentDamaged } from '../../src/content/errors.ts';
import { readMessage, type SegmentedMessage } from '../../src/content/message-reader.ts';
import { gather, memoryStores, patternOctets } from './memory-stores.ts';

const content = patternOctets(140_000);

async function setUp() {
  const contents = createContentStore(memoryStores());
  const writer = contents.receive(newId());
  await writer.write(content);
  return { contents, ref: await writer.finish() };
}

const part = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((octets) => ({ octets, at: undefined })),
  fc
    .tuple(fc.nat(content.byteLength), fc.nat(content.byteLength))
    .map(([a, b]) => ({ octets: content.slice(Math.min(a, b), Math.max(a, b)), at: Math.min(a, b) })),
);

test('any range of a segmented message equals the slice of the whole', async () => {
  const { contents, ref } = await setUp();
  const place = fc.nat(300_000);
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), place, place, async (parts, offset, length) => {
      const message: SegmentedMessage = {
        segments: parts.map(({ octets, at }) =>
          at === undefined
            ? { kind: 'inline', length: octets.byteLength }
            : { kind: 'blob', offset: at, length: octets.byteLength },
        ),
        inline: parts.filter(({ at }) => at === undefined).map(({ octets }) => octets),
        content: { messageId: ref.messageId, blobId: ref.blobId },
      };
      const whole = Uint8Array.from(Buffer.concat(parts.map(({ octets }) => octets)));
      assert.deepEqual(await gather(readMessage(contents, message)), whole);
      const range = await gather(readMessage(contents, message, offset, length));
      assert.deepEqual(range, whole.slice(offset, offset + length));
    }),
    { numRuns: 60 },
  );
});

test('a message of inline segments alone needs no content', async () => {
  const { contents } = await setUp();
  const inline = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)];
  const segments = inline.map(({ byteLength }) => ({ kind: 'inline' as const, length: byteLength }));
  assert.deepEqual(await gather(readMessage(contents, { segments, inline })), Uint8Array.of(1, 2, 3));
});

test('inline octets that do not fit the list are refused before anything is sent', async () => {
  const { contents } = await setUp();
  const segments = [{ kind: 'inline' as const, length: 2 }];
  for (const inline of [[], [Uint8Array.of(1)], [Uint8Array.of(1, 2), Uint8Array.of(3)]]) {
    await assert.rejects(gather(readMessage(contents, { segments, inline })), TypeError);
  }
  const named = [{ kind: 'blob' as const, offset: 0, length: 2 }];
  await assert.rejects(gather(readMessage(contents, { segments: named, inline: [] })), TypeError);
});

test('a segment that reaches behind its content is damage, not a shorter message', async () => {
  const { contents, ref } = await setUp();
  const segments = [{ kind: 'blob' as const, offset: 139_999, length: 2 }];
  for (const source of [ref, { messageId: ref.messageId, blobId: ref.blobId }]) {
    await assert.rejects(
      gather(readMessage(contents, { segments, inline: [], content: source })),
      (error: unknown) => error instanceof ContentDamaged && error.damage === 'length',
    );
  }
});
