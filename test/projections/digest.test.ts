import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareViews, digestOf, firstDifference } from '../../projections/digest.ts';
import type { SqlValue, ViewDatabase } from '../../projections/view-database.ts';
import { openSqliteView } from '../../src/views/sqlite/view-file.ts';

const tables = [{ table: 'things', key: ['place', 'name'] }];

function view(rows: readonly (readonly [SqlValue, SqlValue, SqlValue])[]): ViewDatabase {
  const db = openSqliteView({ path: ':memory:' });
  db.exec('CREATE TABLE things (place ANY, name TEXT, value ANY) STRICT');
  for (const row of rows) db.run('INSERT INTO things VALUES (?, ?, ?)', ...row);
  return db;
}

const rows = [
  [1, 'a', 'x'],
  [1, 'b', null],
  [2, 'a', new Uint8Array([0, 255])],
  ['z', 'ä', 0.5],
] as const;

test('the order in which rows came does not count', () => {
  const one = digestOf(view(rows), tables);
  assert.equal(digestOf(view(rows.toReversed()), tables), one);
  assert.match(one, /^[0-9a-f]{64}$/);
});

test('every value counts: null is not empty, a number is not its text, octets are not their hex', () => {
  const values: readonly SqlValue[] = [null, '', 0, '0', 1, '1', new Uint8Array(), new Uint8Array([1]), '01'];
  const digests = values.map((value) => digestOf(view([[1, 'a', value]]), tables));
  assert.equal(new Set(digests).size, values.length);
});

test('a changed value is named with its table, key and columns', () => {
  const left = view(rows);
  const right = view(rows);
  right.run("UPDATE things SET value = 'changed' WHERE place = 2");
  const { leftDigest, rightDigest, difference } = compareViews(left, right, tables);
  assert.notEqual(leftDigest, rightDigest);
  assert.deepEqual(difference, {
    table: 'things',
    key: { place: 2, name: 'a' },
    kind: 'both',
    columns: [{ column: 'value', left: new Uint8Array([0, 255]), right: 'changed' }],
  });
});

test('a row that stands on one side only is named with the side, the first one first', () => {
  for (const [at, [place, name]] of rows.entries()) {
    const less = rows.filter((_, other) => other !== at);
    const expected = { table: 'things', key: { place, name }, columns: [] };
    assert.deepEqual(firstDifference(view(rows), view(less), tables), { ...expected, kind: 'left' });
    assert.deepEqual(firstDifference(view(less), view(rows), tables), { ...expected, kind: 'right' });
  }
});

test('equal views have no difference', () => {
  assert.equal(firstDifference(view(rows), view(rows), tables), undefined);
  assert.equal(compareViews(view([]), view([]), tables).difference, undefined);
});
