import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  formatUidRanges,
  formatUidSet,
  iterateUidSet,
  MalformedUidSet,
  parseUidSet,
  uidSetSize,
} from '../../events/uid-set.ts';

const sortedUids = fc
  .uniqueArray(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 4294967295 })))
  .map((uids) => uids.sort((a, b) => a - b));

describe('UID sets', () => {
  it('write neighbours as one range', () => {
    assert.equal(formatUidSet([1, 2, 3, 7]), '1:3,7');
    assert.equal(formatUidSet([]), '');
    assert.equal(formatUidSet([4, 4, 5]), '4:5');
    assert.equal(formatUidSet([4294967294, 4294967295]), '4294967294:4294967295');
  });

  it('join ranges that touch', () => {
    const ranges = [[1, 2] as const, [3, 3] as const, [9, 12] as const];
    assert.equal(formatUidRanges(ranges), '1:3,9:12');
  });

  it('refuse numbers that fall or are no UIDs', () => {
    for (const numbers of [[2, 1], [0], [1.5], [4294967296], [Number.NaN]]) {
      assert.throws(() => formatUidSet(numbers), RangeError);
    }
  });

  it('read back what was written', () => {
    fc.assert(
      fc.property(sortedUids, (uids) => {
        const ranges = parseUidSet(formatUidSet(uids));
        assert.deepEqual([...iterateUidSet(ranges)], uids);
        assert.equal(uidSetSize(ranges), uids.length);
        assert.equal(formatUidRanges(ranges), formatUidSet(uids));
      }),
    );
  });

  it('have one spelling only', () => {
    for (const text of [
      '1,2',
      '2,1',
      '1:1',
      '3:1',
      '*',
      '1:*',
      '01',
      '0',
      '1,',
      ',1',
      ' 1',
      '1:2:3',
      '4294967296',
    ]) {
      assert.throws(() => parseUidSet(text), MalformedUidSet, text);
    }
  });

  it('give nothing but the typed error for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9:,*]{0,12}$/)), (text) => {
        try {
          assert.equal(formatUidRanges(parseUidSet(text)), text);
        } catch (error) {
          assert.ok(error instanceof MalformedUidSet);
        }
      }),
    );
  });
});
