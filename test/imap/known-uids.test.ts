import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MessageTable } from '../../events/message-table.ts';
import { createKnownUids } from '../../src/imap/session/known-uids.ts';
import { createReadMemory } from '../../src/imap/session/read-memory.ts';

const blank = {
  flags: 0,
  keywords: 0,
  modseq: 1,
  size: 1,
  internalDate: 0,
  internalOffset: 0,
  savedAt: 0,
  origin: 0,
  ordinal: 0,
};

describe('the messages that a client knows', () => {
  it('are numbered as a plain list would number them, whatever comes and goes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('arrive' as const), gap: fc.nat(3) }),
      fc.record({ kind: fc.constant('remove' as const), row: fc.nat(20) }),
      fc.record({ kind: fc.constant('tell' as const), gap: fc.nat(1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new MessageTable();
        const known = createKnownUids(table);
        let model: number[] = [];
        let uid = 0;
        for (const each of steps) {
          if (each.kind === 'arrive') {
            uid += 1 + each.gap;
            table.push({ ...blank, uid });
          } else if (each.kind === 'remove') {
            if (table.length > 0) table.remove([each.row % table.length]);
          } else {
            const present = Array.from({ length: table.length }, (_, row) => table.uidAt(row));
            const gone = model.flatMap((one, n) => (present.includes(one) ? [] : [n + 1]));
            assert.deepEqual(known.missing(table), gone);
            if (each.gap === 0) {
              known.forget(gone);
              model = model.filter((one) => present.includes(one));
            }
            const above = known.lastUid;
            known.extend(table);
            model.push(...present.filter((one) => one > above));
          }
          assert.equal(known.count, model.length);
          assert.deepEqual(
            model.map((one) => known.numberOf(one)),
            model.map((_one, n) => n + 1),
          );
          assert.deepEqual(
            [...known.uidsOf([[1, model.length]])].filter((one) => one !== 0),
            model,
          );
          assert.deepEqual(
            [...known.within([[3, 9]])],
            model.filter((one) => one >= 3 && one <= 9),
          );
          assert.equal(known.numberOf(uid + 1), 0);
        }
      }),
    );
  });
});

describe('what a session has read', () => {
  it('is recorded again only after too much was remembered', () => {
    const reads = createReadMemory();
    assert.deepEqual(reads.unread('f', 'BODY[]', [1, 2, 5]), [1, 2, 5]);
    reads.remember('f', 'BODY[]', [1, 2, 5]);
    assert.deepEqual(reads.unread('f', 'BODY[]', [1, 2, 3, 5]), [3]);
    assert.deepEqual(reads.unread('f', 'BODY[1]', [1]), [1]);
    for (let part = 0; part < 70; part += 1) reads.remember('f', `BODY[${part}]`, [1]);
    assert.deepEqual(reads.unread('f', 'BODY[]', [1]), [1]);
  });
});
