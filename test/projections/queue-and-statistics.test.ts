import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueEvent } from '../../events/queue.ts';
import { queueQueries } from '../../projections/queue-view/queries.ts';
import { queueView } from '../../projections/queue-view/queue-view.ts';
import { statisticsQueries } from '../../projections/statistics/queries.ts';
import { statistics } from '../../projections/statistics/statistics.ts';
import { eventScript, scriptStart, testId } from '../support/event-script.ts';
import { built } from '../support/view-building.ts';

const accountId = testId(1);
const item = (number: number) => ({ messageId: testId(number), accountId });

async function queueAfter(...list: readonly QueueEvent[]) {
  const { add, events } = eventScript();
  for (const event of list) add('queue-local', event);
  return (await built(queueView, events)).database;
}

const enqueued = (number: number, dueAt: number): QueueEvent => ({
  type: 'DeliveryEnqueued',
  data: { ...item(number), sourceIndex: number, dueAt, reason: 'busy' },
});

test('what waits is listed with the next due first', async () => {
  const db = await queueAfter(enqueued(10, 200), enqueued(11, 100));
  assert.deepEqual(
    queueQueries.items(db, 10).map(({ messageId, dueAt }) => [messageId, dueAt]),
    [
      [testId(11), 100],
      [testId(10), 200],
    ],
  );
  assert.equal(queueQueries.items(db, 1).length, 1);
});

test('a deferral moves the due time and counts the attempt', async () => {
  const db = await queueAfter(
    enqueued(10, 200),
    { type: 'DeliveryAttempted', data: { ...item(10), attempt: 1 } },
    { type: 'DeliveryDeferred', data: { ...item(10), attempt: 1, dueAt: 900, reason: 'still busy' } },
  );
  const expected = {
    sourceIndex: 10,
    enqueuedAt: scriptStart,
    dueAt: 900,
    attempts: 1,
    reason: 'still busy',
  };
  assert.deepEqual({ ...queueQueries.items(db, 10)[0] }, { queueId: 'local', ...item(10), ...expected });
});

test('what is completed, failed or cancelled waits no more', async () => {
  const ends: readonly QueueEvent[] = [
    { type: 'DeliveryCompleted', data: item(10) },
    { type: 'DeliveryFailed', data: { ...item(10), reason: 'no' } },
    { type: 'DeliveryCancelled', data: { ...item(10), reason: 'operator' } },
  ];
  for (const end of ends) {
    const db = await queueAfter(enqueued(10, 1), enqueued(11, 1), end);
    assert.deepEqual(
      queueQueries.items(db, 10).map(({ messageId }) => messageId),
      [testId(11)],
    );
  }
});

test('a paused queue says so until it is resumed', async () => {
  const paused: QueueEvent = { type: 'QueuePaused', data: { reason: 'restored' } };
  const said = async (...list: readonly QueueEvent[]) =>
    queueQueries.queues(await queueAfter(...list)).map((queue) => ({ ...queue }));
  assert.deepEqual(await said(enqueued(10, 1), paused), [{ queueId: 'local', paused: true, items: 1 }]);
  assert.deepEqual(await said(paused, { type: 'QueueResumed', data: {} }), [
    { queueId: 'local', paused: false, items: 0 },
  ]);
});

test('statistics count by day, in UTC', async () => {
  const { add, events } = eventScript();
  const data = { listener: 'mx', minute: 0, connections: 7 };
  // The script begins a minute before midnight, and each event comes ten seconds later.
  for (let n = 0; n < 8; n++) add('session-x', { type: 'SilentConnectionsCounted', data });
  add('mailbox-x', {
    type: 'DeliveryRefused',
    data: { messageId: testId(1), sourceIndex: 1, skippedSources: [], reason: 'over-quota' },
  });
  const { database } = await built(statistics, events);
  assert.deepEqual(
    statisticsQueries.between(database, '2026-01-01', '2026-12-31').map((row) => Object.values(row)),
    [
      ['2026-01-31', 'sessions.silent', 42],
      ['2026-02-01', 'refused.over-quota', 1],
      ['2026-02-01', 'sessions.silent', 14],
    ],
  );
  assert.equal(statisticsQueries.between(database, '2026-02-01', '2026-02-01').length, 2);
});
