/** From acceptance to the mailbox: the dispatcher, the lanes of the mailboxes and the local queue. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { localRetrySchedule } from '../../actors/queue-decider.ts';
import { messageScope } from '../../events/scope-keys.ts';
import { mailboxStream, messageStream } from '../../events/streams.ts';
import { testContext } from '../support/actor-runtime.ts';
import { accountOf, type Fault, type MailFlow, messageOf, startMailFlow } from '../support/mail-flow.ts';

/** Ends of deliveries to one account, in the order of its mailbox, as `delivered 1` or `refused 1`. */
async function outcomesOf(flow: MailFlow, account: number): Promise<string[]> {
  const stream = mailboxStream(accountOf(account));
  const numbers = new Map(Array.from({ length: 200 }, (_, n) => [messageOf(n), n]));
  return (await flow.stored()).flatMap(({ stream: on, event }) => {
    if (on !== stream) return [];
    if (event.type === 'MessageDelivered') return [`delivered ${numbers.get(event.data.messageId)}`];
    if (event.type === 'DeliveryRefused') return [`refused ${numbers.get(event.data.messageId)}`];
    return [];
  });
}

const countOf = (flow: MailFlow, type: string): number =>
  flow.runtime.log.events.filter((each) => each.type === type).length;

const delivered = (...numbers: number[]): string[] => numbers.map((n) => `delivered ${n}`);

const complaintsOf = (flow: MailFlow, message: string): number =>
  flow.runtime.complaints.filter((each) => each === message).length;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(1);
}

/** The first faults of the questions asked from now on. */
function faultsOnce(flow: MailFlow, faults: readonly Fault[]): void {
  const left = [...faults];
  flow.fault = () => left.shift();
}

describe('the dispatcher', () => {
  test('brings each message to each account once, in the order of the log', async () => {
    const flow = await startMailFlow({ laneWindow: 2 });
    for (let n = 0; n < 8; n++) await flow.accept(n, n % 2 === 0 ? [[1]] : [[1], [2]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2, 3, 4, 5, 6, 7));
    assert.deepEqual(await outcomesOf(flow, 2), delivered(1, 3, 5, 7));
    await flow.stop();
  });

  test('delivers once however many recipients and aliases lead to an account', async () => {
    const flow = await startMailFlow();
    await flow.accept(0, [[1], [1, 2], [2]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0));
    assert.deepEqual(await outcomesOf(flow, 2), delivered(0));
    await flow.stop();
  });

  test('names the event that it acted on as the source and the cause', async () => {
    const flow = await startMailFlow();
    const index = await flow.accept(0, [[1]]);
    await flow.reachedAll();
    const stored = await flow.stored();
    const end = stored.find((each) => each.event.type === 'MessageDelivered');
    assert.ok(end?.event.type === 'MessageDelivered');
    assert.equal(end.event.data.sourceIndex, index);
    assert.equal(end.causationId, stored[index]?.id);
    assert.equal(end.correlationId, stored[index]?.correlationId);
    await flow.stop();
  });

  test('puts a refusal of the mailbox on record as the outcome', async () => {
    const flow = await startMailFlow();
    await flow.accept(0, [[1]]);
    await flow.reachedAll();
    await flow.mailboxes.askMailbox(accountOf(1), { type: 'CloseMailbox' }, testContext);
    await flow.accept(1, [[1]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), ['delivered 0', 'refused 1']);
    await flow.stop();
  });

  test('passes over a message that was erased before it was delivered', async () => {
    const flow = await startMailFlow();
    flow.runtime.keys.destroy(messageScope(messageOf(0)));
    await flow.accept(0, [[1]]);
    await flow.accept(1, [[1]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(1));
    await flow.stop();
  });

  test('notes its place, and goes on from there when it is started again', async () => {
    const flow = await startMailFlow({ noteEveryMessages: 2 });
    for (let n = 0; n < 4; n++) await flow.accept(n, [[1]]);
    await flow.reachedAll();
    const head = flow.runtime.log.events.length;
    await flow.restart();
    assert.ok(countOf(flow, 'DispatchProgressed') > 0);
    const noted = (await flow.stored()).map(({ event }) =>
      event.type === 'DispatchProgressed' ? event.data.next : 0,
    );
    assert.ok(Math.max(...noted) >= head);
    await flow.accept(4, [[1]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2, 3, 4));
    await flow.stop();
  });

  test('does no harm when it starts again from the beginning of the log', async () => {
    const flow = await startMailFlow();
    for (let n = 0; n < 4; n++) await flow.accept(n, [[1], [2]]);
    await flow.reachedAll();
    await flow.restart({ from: 0 });
    await flow.accept(4, [[1]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2, 3, 4));
    assert.deepEqual(await outcomesOf(flow, 2), delivered(0, 1, 2, 3));
    await flow.stop();
  });

  test('reads the log again, from the event that failed, until it can be read', async () => {
    const flow = await startMailFlow({ readAgainMaxMs: 2 });
    flow.unreadable.add(messageStream(messageOf(1)));
    const index = await flow.accept(0, [[1]]);
    for (const n of [1, 2]) await flow.accept(n, [[1]]);
    await until(() => complaintsOf(flow, 'the dispatcher lost the log; reading it again') > 2);
    await flow.dispatcher.reached(index + 1);
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0));
    flow.unreadable.clear();
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2));
    await flow.stop();
  });

  test('reads no further while too many messages are on their way', async () => {
    const flow = await startMailFlow({ pendingMax: 4, laneWindow: 2 });
    const gate = Promise.withResolvers<Fault>();
    flow.fault = () => gate.promise;
    for (let n = 0; n < 10; n++) {
      await flow.accept(n, [[1]]);
      await turn();
      assert.equal(flow.dispatcher.pending, Math.min(n + 1, 4));
    }
    gate.resolve(undefined);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    await flow.stop();
  });
});

describe('the lane of a mailbox', () => {
  test('keeps the order of the log when a delivery fails and later ones are on their way', async () => {
    const flow = await startMailFlow();
    await flow.accept(0, [[1]]);
    await flow.reachedAll();
    faultsOnce(flow, ['before']);
    await Promise.all([1, 2, 3, 4].map((n) => flow.accept(n, [[1]])));
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2, 3, 4));
    await flow.stop();
  });

  test('does not deliver twice when only the answer was lost', async () => {
    const flow = await startMailFlow();
    flow.fault = () => (countOf(flow, 'MessageDelivered') < 2 ? 'after' : undefined);
    for (let n = 0; n < 4; n++) await flow.accept(n, [[1]]);
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2, 3));
    await flow.stop();
  });

  test('moves all that wait to the queue when the mailbox is down, and holds up no other', async () => {
    const flow = await startMailFlow({ pendingMax: 5, laneWindow: 2 });
    flow.down.add(accountOf(1));
    for (let n = 0; n < 12; n++) await flow.accept(n, [[1]]);
    await flow.accept(12, [[2]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), []);
    assert.deepEqual(await outcomesOf(flow, 2), delivered(12));
    assert.equal((await flow.queue.waitingFor(accountOf(1))).length, 12);
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    await flow.stop();
  });

  test('lets later messages pass those that wait in the queue, and loses none', async () => {
    const flow = await startMailFlow();
    flow.down.add(accountOf(1));
    await flow.accept(0, [[1]]);
    await flow.accept(1, [[1]]);
    await flow.reachedAll();
    flow.down.clear();
    await flow.accept(2, [[1]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(2));
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(2, 0, 1));
    await flow.stop();
  });

  test('ends its work at a stop, also between two tries', async () => {
    const flow = await startMailFlow({ retryMs: 3_600_000 });
    flow.down.add(accountOf(1));
    await flow.accept(0, [[1]]);
    await until(() => complaintsOf(flow, 'a mailbox could not be opened for delivery') > 0);
    await flow.stop();
    assert.equal(flow.dispatcher.pending, 1);
  });
});

describe('the local queue', () => {
  async function withOneWaiting(): Promise<MailFlow> {
    const flow = await startMailFlow();
    flow.down.add(accountOf(1));
    await flow.accept(0, [[1]]);
    await flow.reachedAll();
    return flow;
  }

  test('tries a delivery when it is due, not before', async () => {
    const flow = await withOneWaiting();
    flow.down.clear();
    assert.equal(await flow.queue.runDue(), 0);
    flow.advance(localRetrySchedule.firstRetryMs);
    assert.equal(await flow.queue.runDue(), 1);
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0));
    assert.equal(countOf(flow, 'DeliveryCompleted'), 1);
    await flow.stop();
  });

  test('puts a delivery off while the mailbox stays down', async () => {
    const flow = await withOneWaiting();
    flow.advance(localRetrySchedule.firstRetryMs);
    assert.equal(await flow.queue.runDue(), 1);
    assert.equal(await flow.queue.runDue(), 0);
    assert.equal(countOf(flow, 'DeliveryDeferred'), 1);
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0));
    await flow.stop();
  });

  test('delivers after a restart what waited before it', async () => {
    const flow = await withOneWaiting();
    flow.down.clear();
    await flow.restart();
    assert.equal((await flow.queue.waitingFor(accountOf(1))).length, 1);
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0));
    await flow.stop();
  });

  test('loses nothing that waited before a restart when a later message is delivered first', async () => {
    const flow = await withOneWaiting();
    flow.down.clear();
    await flow.restart();
    await flow.accept(1, [[1]]);
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(1));
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(1, 0));
    await flow.stop();
  });

  test('ends what the dispatcher has delivered meanwhile without a second delivery', async () => {
    const flow = await withOneWaiting();
    flow.down.clear();
    await flow.restart({ from: 0 });
    await flow.reachedAll();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0));
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(0));
    assert.equal(countOf(flow, 'DeliveryCompleted'), 1);
    await flow.stop();
  });

  test('cancels the delivery of a message that was erased while it waited', async () => {
    const flow = await withOneWaiting();
    flow.down.clear();
    flow.runtime.keys.destroy(messageScope(messageOf(0)));
    await flow.restart();
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), []);
    assert.equal(countOf(flow, 'DeliveryCancelled'), 1);
    await flow.stop();
  });

  test('tries the others when one message cannot be opened', async () => {
    const flow = await withOneWaiting();
    await flow.accept(1, [[1]]);
    await flow.reachedAll();
    flow.down.clear();
    flow.unreadable.add(messageStream(messageOf(0)));
    flow.advance(localRetrySchedule.firstRetryMs);
    assert.equal(await flow.queue.runDue(), 2);
    assert.deepEqual(await outcomesOf(flow, 1), delivered(1));
    await flow.finish();
    assert.deepEqual(await outcomesOf(flow, 1), delivered(1, 0));
    await flow.stop();
  });
});

describe('a mailbox', () => {
  test('is found again after a restart, with its UIDs going on', async () => {
    const flow = await startMailFlow();
    await flow.accept(0, [[1]]);
    await flow.reachedAll();
    await flow.restart();
    await flow.accept(1, [[1]]);
    await flow.reachedAll();
    const uids = (await flow.stored()).flatMap(({ event }) =>
      event.type === 'MessageDelivered' ? [event.data.uid] : [],
    );
    assert.deepEqual(uids, [1, 2]);
    await flow.stop();
  });
});
