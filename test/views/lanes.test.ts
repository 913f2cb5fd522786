import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planLanes } from '../../src/views/lanes.ts';

const plan = (nexts: Readonly<Record<string, number>>, head: number) =>
  planLanes(
    Object.entries(nexts).map(([name, next]) => ({ name: name as 'directory', next })),
    head,
    100,
  );

test('views near the end of the log share one lane, from the one furthest behind', () => {
  assert.deepEqual(plan({ directory: 950, trace: 900, facts: 1000 }, 1000), [
    { names: ['directory', 'trace', 'facts'], from: 900 },
  ]);
});

test('a view that is made anew holds up nobody', () => {
  assert.deepEqual(plan({ directory: 1000, trace: 0, facts: 1000, access: 5 }, 1000), [
    { names: ['directory', 'facts'], from: 1000 },
    { names: ['trace', 'access'], from: 0 },
  ]);
});

test('when all are made anew the directory goes alone', () => {
  assert.deepEqual(plan({ directory: 0, trace: 0 }, 1000), [
    { names: ['directory'], from: 0 },
    { names: ['trace'], from: 0 },
  ]);
});

test('an empty log has one lane', () => {
  assert.deepEqual(plan({ directory: 0, trace: 0 }, 0), [{ names: ['directory', 'trace'], from: 0 }]);
});
