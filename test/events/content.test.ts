import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  contentCommitmentSchema,
  type Segment,
  segmentSchema,
  segmentsLength,
  sliceSegments,
} from '../../events/content.ts';

const segment: fc.Arbitrary<Segment> = fc.oneof(
  fc.record({ kind: fc.constant('inline' as const), length: fc.nat(20) }),
  fc.record({ kind: fc.constant('blob' as const), offset: fc.nat(50), length: fc.nat(20) }),
);

/** One label for each octet of the whole: where it comes from. */
function labels(segments: readonly Segment[]): readonly string[] {
  let inline = 0;
  return segments.flatMap((each) => {
    const index = each.kind === 'inline' ? inline++ : 0;
    return Array.from({ length: each.length }, (_, at) =>
      each.kind === 'inline' ? `inline ${index} ${at}` : `blob ${each.offset + at}`,
    );
  });
}

test('the pieces of a range are exactly the octets of that range of the whole', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 8 }), fc.nat(120), fc.nat(120), (segments, offset, length) => {
      const pieces = sliceSegments(segments, offset, length);
      const found = pieces.flatMap((piece) =>
        Array.from({ length: piece.length }, (_, at) =>
          piece.kind === 'inline'
            ? `inline ${piece.index} ${piece.offset + at}`
            : `blob ${piece.offset + at}`,
        ),
      );
      assert.deepEqual(found, labels(segments).slice(offset, offset + length));
      for (const piece of pieces) assert.ok(piece.length > 0);
    }),
  );
});

test('the length is the sum of the segments, and an infinite range is all of them', () => {
  const segments: Segment[] = [
    { kind: 'inline', length: 3 },
    { kind: 'blob', offset: 10, length: 5 },
    { kind: 'inline', length: 2 },
  ];
  assert.equal(segmentsLength(segments), 10);
  assert.deepEqual(sliceSegments(segments, 2, Number.POSITIVE_INFINITY), [
    { kind: 'inline', index: 0, offset: 2, length: 1 },
    { kind: 'blob', offset: 10, length: 5 },
    { kind: 'inline', index: 1, offset: 0, length: 2 },
  ]);
});

test('what is no range is refused', () => {
  for (const [offset, length] of [
    [-1, 0],
    [0, -1],
    [1.5, 1],
    [Number.NaN, 1],
    [0, Number.NaN],
  ] as const) {
    assert.throws(() => sliceSegments([], offset, length), RangeError);
  }
});

test('the schemas take what is recorded and nothing else', () => {
  const commitment = { blobId: 'b', length: 0, sealedLength: 28, chunkRoot: 'a0'.repeat(32) };
  assert.deepEqual(contentCommitmentSchema.parse(commitment), commitment);
  assert.equal(
    contentCommitmentSchema.safeParse({ ...commitment, chunkRoot: 'A0'.repeat(32) }).success,
    false,
  );
  assert.equal(contentCommitmentSchema.safeParse({ ...commitment, length: -1 }).success, false);
  assert.equal(segmentSchema.safeParse({ kind: 'blob', length: 3 }).success, false);
  assert.deepEqual(segmentSchema.parse({ kind: 'inline', length: 3 }), { kind: 'inline', length: 3 });
});
