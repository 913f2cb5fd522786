import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatUidRanges, iterateUidSet } from '../../events/uid-set.ts';
import { createCursor, SyntaxFault } from '../../src/imap/grammar/cursor.ts';
import { parseDateTime } from '../../src/imap/grammar/date-time.ts';
import {
  largestNamed,
  rangesInclude,
  resolveSequenceSet,
  sequenceSet,
} from '../../src/imap/grammar/sequence-set.ts';
import { formatInternalDate } from '../../src/imap/responses/internal-date.ts';

function ranges(text: string) {
  const cursor = createCursor([text]);
  const set = sequenceSet(cursor);
  assert.equal(cursor.offset, text.length, text);
  assert.equal(set.kind, 'ranges');
  return set;
}

const resolved = (text: string, largest: number): string =>
  formatUidRanges(resolveSequenceSet(ranges(text), largest));

describe('sequence sets', () => {
  it('resolve to rising ranges (RFC 3501 section 9)', () => {
    assert.equal(resolved('2,4:7,9,12:*', 15), '2,4:7,9,12:15');
    assert.equal(resolved('*:4,5:7', 10), '4:10');
    assert.equal(resolved('7,1:3,2:5', 100), '1:5,7');
    assert.equal(resolved('4:2', 100), '2:4');
  });

  it('name the largest with *, also from beyond it', () => {
    assert.equal(resolved('*', 7), '7');
    assert.equal(resolved('*:1', 7), '1:7');
    assert.equal(resolved('559:*', 100), '100');
    assert.equal(resolved('*:*', 7), '7');
  });

  it('leave out what is beyond the largest', () => {
    assert.equal(resolved('5:4294967295', 7), '5:7');
    assert.equal(resolved('8,9:12', 7), '');
    assert.equal(resolved('1:*', 0), '');
    assert.equal(largestNamed(ranges('3:9,*,2')), 9);
    assert.equal(largestNamed(ranges('*')), 0);
  });

  it('are refused when malformed', () => {
    for (const text of ['', '0', ',1', '1,,2', '1:', ':1', '4294967296', 'x']) {
      assert.throws(() => ranges(text), SyntaxFault, text);
    }
  });

  const end = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant('*' as const));
  const anySet = fc.array(fc.tuple(end, end), { minLength: 1, maxLength: 8 });

  it('hold exactly the numbers that the definition gives', () => {
    fc.assert(
      fc.property(anySet, fc.integer({ min: 1, max: 30 }), (set, largest) => {
        const expected = new Set<number>();
        for (const [from, to] of set) {
          const a = from === '*' ? largest : from;
          const b = to === '*' ? largest : to;
          for (let n = Math.min(a, b); n <= Math.max(a, b); n += 1) if (n <= largest) expected.add(n);
        }
        const text = set.map(([from, to]) => `${from}:${to}`).join(',');
        const result = resolveSequenceSet(ranges(text), largest);
        assert.deepEqual(
          [...iterateUidSet(result)],
          [...expected].sort((a, b) => a - b),
        );
        for (let n = 1; n <= 41; n += 1) assert.equal(rangesInclude(result, n), expected.has(n));
      }),
    );
  });
});

describe('date-time', () => {
  it('is an instant and its zone', () => {
    assert.deepEqual(parseDateTime('17-Jul-1996 02:44:25 -0700'), {
      instantMs: Date.UTC(1996, 6, 17, 9, 44, 25),
      offsetMinutes: -420,
    });
    assert.deepEqual(parseDateTime(' 7-feb-1994 00:00:00 +0530'), {
      instantMs: Date.UTC(1994, 1, 6, 18, 30, 0),
      offsetMinutes: 330,
    });
    assert.deepEqual(parseDateTime('01-Jan-1970 00:00:00 -0000'), { instantMs: 0, offsetMinutes: 0 });
    assert.equal(parseDateTime('31-Dec-2016 23:59:60 +0000')?.instantMs, Date.UTC(2016, 11, 31, 23, 59, 59));
  });

  it('is refused when no calendar or clock has it', () => {
    const times = [
      '7-Feb-1994 00:00:00 +0000',
      '31-Feb-1994 00:00:00 +0000',
      '00-Jan-1994 00:00:00 +0000',
      '01-Foo-1994 00:00:00 +0000',
      '01-Jan-1994 24:00:00 +0000',
      '01-Jan-1994 00:60:00 +0000',
      '01-Jan-1994 00:00:61 +0000',
      '01-Jan-1994 00:00:00 +0060',
      '01-Jan-1994 00:00:00 GMT',
      '01-Jan-94 00:00:00 +0000',
    ];
    for (const time of times) assert.equal(parseDateTime(time), undefined, time);
  });

  it('is written as it came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1000, 0, 1) / 1000, max: Date.UTC(9998, 0, 1) / 1000 }),
        fc.integer({ min: -5999, max: 5999 }),
        (seconds, offsetMinutes) => {
          const date = { instantMs: seconds * 1000, offsetMinutes };
          assert.deepEqual(parseDateTime(formatInternalDate(date).slice(1, -1)), date);
        },
      ),
    );
    assert.equal(formatInternalDate({ instantMs: -1, offsetMinutes: 0 }), '"31-Dec-1969 23:59:59 +0000"');
    assert.throws(() => formatInternalDate({ instantMs: 1e15, offsetMinutes: 0 }), RangeError);
    assert.throws(() => formatInternalDate({ instantMs: Number.NaN, offsetMinutes: 0 }), RangeError);
  });
});
