import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedEvent } from '../../events/event-log.ts';
import { boundedMap } from '../../src/log/sqlite/bounded-map.ts';
import { liveEdge } from '../../src/log/sqlite/live-edge.ts';
import { newEvent } from '../contracts/event-log/support.ts';

const recorded = (from: number, count: number, octets = 0): RecordedEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    ...newEvent(),
    data: Buffer.alloc(octets),
    stream: 'message-1',
    revision: from + at,
    index: from + at,
  }));

const indexes = (events: readonly RecordedEvent[] | undefined): number[] | undefined =>
  events?.map((event) => event.index);

test('the live edge keeps the newest events up to its bounds, and knows what it no longer has', () => {
  const edge = liveEdge({ eventsMax: 10, octetsMax: 100_000 });
  edge.add(recorded(0, 4));
  edge.add(recorded(4, 9));
  assert.equal(edge.next(), 13);
  assert.equal(edge.take(2, 5), undefined);
  assert.deepEqual(indexes(edge.take(3, 4)), [3, 4, 5, 6]);
  assert.deepEqual(indexes(edge.take(11, 50)), [11, 12]);
  edge.add(recorded(13, 3, 40_000));
  assert.equal(edge.take(13, 1), undefined);
  assert.deepEqual(indexes(edge.take(14, 9)), [14, 15]);
});

test('what became durable unseen is a gap that can only be read; nothing goes back', () => {
  const edge = liveEdge({ eventsMax: 10, octetsMax: 100_000 });
  let growths = 0;
  const forget = edge.onGrowth(() => {
    growths++;
  });
  edge.add(recorded(0, 2));
  edge.add(recorded(5, 2));
  assert.equal(edge.next(), 7);
  assert.equal(edge.take(1, 10), undefined);
  edge.add(recorded(2, 3));
  edge.learn(6);
  assert.equal(edge.next(), 7);
  edge.add(recorded(7, 1));
  assert.deepEqual(indexes(edge.take(7, 10)), [7]);
  edge.learn(9);
  assert.equal(edge.take(7, 10), undefined);
  assert.equal(growths, 4);
  forget();
  edge.learn(10);
  assert.equal(growths, 4);
});

test('a bounded map keeps what is used, at least half its bound, and never more than its bound', () => {
  const map = boundedMap<number, string>(100);
  map.set(0, 'used all the time');
  for (let key = 1; key < 1000; key++) {
    map.set(key, `value ${key}`);
    assert.equal(map.get(0), 'used all the time');
    // The newest ones are there whenever one looks.
    if (key > 20) assert.equal(map.get(key - 20), `value ${key - 20}`);
  }
  assert.equal(map.get(500), undefined);
  assert.ok(map.evictions() > 0);
  map.set(7, 'seven');
  map.delete(7);
  assert.equal(map.get(7), undefined);
  map.clear();
  assert.equal(map.get(0), undefined);
});
