import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogBatch, RecordedEvent } from '../../events/event-log.ts';
import { limits } from '../../src/limits.ts';
import { startForwarder } from '../../src/views/forwarder.ts';
import { type ForwardedBatch, packBatch, unpackBatch } from '../../src/views/wire.ts';

const recorded = (index: number): RecordedEvent => ({
  index,
  ...{ id: `id-${index}`, type: index % 2 === 0 ? 'Wanted' : 'Other', stream: 's', revision: index },
  data: new Uint8Array([index & 0xff]),
  metadata: new Uint8Array(),
});

/** A log that hands over `count` events, ten at a time, and then waits; `taken` is how far it was read. */
function log(count: number) {
  const reading = { taken: 0, stopped: false };
  const follow = (from: number, handle: (batch: LogBatch) => Promise<void> | void) => {
    let stop: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const read = async (): Promise<void> => {
      for (let at = from; at < count && !reading.stopped; at += 10) {
        const events = Array.from({ length: Math.min(10, count - at) }, (_, n) => recorded(at + n));
        reading.taken = at + events.length;
        await handle({ events, caughtUp: at + 10 >= count });
      }
      await stopped;
    };
    return {
      done: read(),
      stop: async () => {
        reading.stopped = true;
        stop();
      },
    };
  };
  return { reading, follow };
}

function forward(count: number, send: (batch: ForwardedBatch) => Promise<void>, from = 0) {
  const { reading, follow } = log(count);
  const forwarder = startForwarder({
    log: { follow },
    names: ['trace'],
    handles: new Set(['Wanted']),
    from,
    send,
    onLogFailure: (error) => assert.fail(String(error)),
  });
  return { reading, forwarder };
}

test('batches follow one another without a gap, and carry only what is handled', async () => {
  const batches: ForwardedBatch[] = [];
  const done = Promise.withResolvers<void>();
  const { forwarder } = forward(
    2_000,
    async (batch) => {
      batches.push(batch);
      await delay(0);
      if (batch.next === 2_000) done.resolve();
    },
    4,
  );
  await done.promise;
  await forwarder.stop();
  let next = 4;
  for (const batch of batches) {
    assert.equal(batch.first, next);
    assert.ok(batch.events.length <= limits.views.batchEventsMax);
    assert.equal(batch.lastId, `id-${batch.next - 1}`);
    next = batch.next;
  }
  const indexes = batches.flatMap(({ events }) => events.map(({ index }) => index));
  assert.deepEqual(
    indexes,
    Array.from({ length: 998 }, (_, n) => 4 + n * 2),
  );
});

test('while the worker is busy the log is read no further than the bound', async () => {
  const { reading, forwarder } = forward(100_000, () => new Promise<void>(() => undefined));
  while (reading.taken === 0) await delay(1);
  for (let before = -1; before !== reading.taken; await delay(5)) before = reading.taken;
  // Half of the events are handled; one batch is on its way, the rest waits.
  assert.ok(reading.taken <= 2 * (limits.views.waitingEventsMax + limits.views.batchEventsMax) + 10);
  await forwarder.stop();
});

test('a log that fails is followed again from the same place', async () => {
  const starts: number[] = [];
  const failures: unknown[] = [];
  const done = Promise.withResolvers<void>();
  const forwarder = startForwarder({
    log: {
      follow: (from, handle) => {
        starts.push(from);
        const events = [recorded(from), recorded(from + 1)];
        const handled = Promise.resolve(handle({ events, caughtUp: true }));
        if (starts.length === 2) done.resolve();
        const fail = handled.then(() => Promise.reject(new Error('gone')));
        return { done: fail, stop: async () => undefined };
      },
    },
    names: ['trace'],
    handles: new Set(['Wanted']),
    from: 6,
    send: async () => undefined,
    onLogFailure: (error) => failures.push(error),
  });
  await done.promise;
  await forwarder.stop();
  assert.deepEqual(starts, [6, 8]);
  assert.equal(failures.length, 1);
});

test('a batch arrives in the worker as it was', () => {
  const batch: ForwardedBatch = {
    names: ['trace'],
    ...{ first: 3, next: 9, lastId: 'id-8', events: [recorded(4), recorded(6)] },
  };
  const arrived = unpackBatch(packBatch(batch));
  assert.deepEqual(
    {
      ...arrived,
      events: arrived.events.map((event) => ({ ...event, data: [...event.data], metadata: [] })),
    },
    { ...batch, events: batch.events.map((event) => ({ ...event, data: [...event.data], metadata: [] })) },
  );
});
