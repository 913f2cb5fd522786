/** The queue: what waits, when it is due, and how each delivery ends. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createEventSourcedActors } from '../../actors/event-sourced-actor.ts';
import { createQueueDecider, type QueueCommand, type QueueReply } from '../../actors/queue-decider.ts';
import { applyQueue, initialQueue, type QueueEvent, type QueueState } from '../../events/queue.ts';
import { createTestRuntime, testContext } from '../support/actor-runtime.ts';
import { testId } from '../support/event-script.ts';

const schedule = { firstRetryMs: 1_000, retryMaxMs: 10_000, giveUpMs: 60_000 };
const decider = createQueueDecider(schedule);
const start = 1_700_000_000_000;
const account = testId(1);
const item = (source: number, accountId = account) => ({ messageId: testId(1_000 + source), accountId });
const enqueue = (source: number, accountId = account, dueAt = start): QueueCommand => ({
  type: 'Enqueue',
  ...item(source, accountId),
  sourceIndex: source,
  dueAt,
  reason: 'test',
});

type Timed = readonly [command: QueueCommand, at?: number];

interface Run {
  readonly state: QueueState;
  readonly events: readonly QueueEvent[];
  readonly times: readonly number[];
  readonly replies: readonly QueueReply[];
}

function run(commands: readonly Timed[]): Run {
  let state = initialQueue();
  const events: QueueEvent[] = [];
  const times: number[] = [];
  const replies: QueueReply[] = [];
  for (const [command, at = start] of commands) {
    const decision = decider.decide(command, state, { streamId: 'q', at, nextRevision: events.length });
    replies.push(decision.reply);
    for (const event of decision.events) {
      state = decider.apply(state, event, events.length, at);
      events.push(event);
      times.push(at);
    }
  }
  return { state, events, times, replies };
}

const typesOf = (events: readonly QueueEvent[]): string[] => events.map((event) => event.type);

describe('the queue', () => {
  test('takes a source of an account once, and none below one that it took', () => {
    const { events } = run([[enqueue(5)], [enqueue(5)], [enqueue(4)], [enqueue(6)], [enqueue(4, testId(2))]]);
    assert.deepEqual(
      events.map((event) => (event.type === 'DeliveryEnqueued' ? event.data.sourceIndex : -1)),
      [5, 6, 4],
    );
  });

  test('takes no source again that it has completed', () => {
    const { events } = run([[enqueue(5)], [{ type: 'Complete', ...item(5) }], [enqueue(5)]]);
    assert.deepEqual(typesOf(events), ['DeliveryEnqueued', 'DeliveryCompleted']);
  });

  test('lists what is due, oldest first, and says when the next is', () => {
    const { replies } = run([
      [enqueue(3, account, start + 500)],
      [enqueue(9)],
      [enqueue(4, testId(2))],
      [enqueue(7, testId(3))],
      [{ type: 'ListDue', now: start, limit: 2 }],
    ]);
    const due = replies.at(-1);
    assert.ok(due?.kind === 'due');
    assert.deepEqual(
      due.items.map((each) => each.sourceIndex),
      [4, 7],
    );
    assert.equal(due.nextDueAt, start + 500);
  });

  test('names the sources that wait for one account, rising', () => {
    const { replies } = run([
      [enqueue(3)],
      [enqueue(4, testId(2))],
      [enqueue(8)],
      [{ type: 'ListWaiting', accountId: account }],
    ]);
    assert.deepEqual(replies.at(-1), { kind: 'waiting', sources: [3, 8] });
  });

  test('doubles the pause after each attempt, up to the longest', () => {
    const attempts = Array.from({ length: 6 }, (): Timed[] => [
      [{ type: 'BeginAttempt', ...item(1) }],
      [{ type: 'Defer', ...item(1), reason: 'no' }],
    ]).flat();
    const { events } = run([[enqueue(1)], ...attempts]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'DeliveryDeferred' ? [event.data.dueAt - start] : [])),
      [2_000, 4_000, 8_000, 10_000, 10_000, 10_000],
    );
  });

  test('gives up after its time', () => {
    const { events, state } = run([
      [enqueue(1)],
      [{ type: 'BeginAttempt', ...item(1) }],
      [{ type: 'Defer', ...item(1), reason: 'no' }, start + schedule.giveUpMs - 1],
      [{ type: 'Defer', ...item(1), reason: 'no' }, start + schedule.giveUpMs],
    ]);
    assert.deepEqual(typesOf(events).slice(-2), ['DeliveryDeferred', 'DeliveryFailed']);
    assert.equal(state.items.size, 0);
  });

  test('has nothing due while it is paused, and still takes what comes', () => {
    const { replies, events } = run([
      [{ type: 'Pause', reason: 'restore' }],
      [{ type: 'Pause', reason: 'restore' }],
      [enqueue(1)],
      [{ type: 'ListDue', now: start, limit: 10 }],
      [{ type: 'Resume' }],
      [{ type: 'Resume' }],
      [{ type: 'ListDue', now: start, limit: 10 }],
    ]);
    assert.deepEqual(typesOf(events), ['QueuePaused', 'DeliveryEnqueued', 'QueueResumed']);
    assert.deepEqual(replies[3], { kind: 'due', items: [], nextDueAt: undefined });
    const last = replies.at(-1);
    assert.equal(last?.kind === 'due' && last.items.length, 1);
  });

  test('knows nothing of an item that has ended', () => {
    const { replies } = run([
      [enqueue(1)],
      [{ type: 'Cancel', ...item(1), reason: 'erased' }],
      [{ type: 'BeginAttempt', ...item(1) }],
      [{ type: 'Complete', ...item(1) }],
    ]);
    assert.deepEqual(replies.slice(-2), [{ kind: 'unknown-item' }, { kind: 'unknown-item' }]);
  });

  test('is found again after a restart with what waits in it', async () => {
    const before = createTestRuntime();
    const first = createEventSourcedActors(decider, before, { name: 'queue' });
    await first.ask(testId(7), enqueue(3), testContext);
    await first.ask(testId(7), enqueue(5), testContext);
    await first.ask(testId(7), { type: 'Complete', ...item(3) }, testContext);
    await first.stop();
    const second = createEventSourcedActors(decider, createTestRuntime(before.log, before.keys), {
      name: 'queue',
    });
    const { reply } = await second.ask(testId(7), { type: 'ListWaiting', accountId: account }, testContext);
    assert.deepEqual(reply, { kind: 'waiting', sources: [5] });
    await second.ask(testId(7), enqueue(3), testContext);
    assert.equal(before.log.events.length, 3);
    await second.stop();
  });
});

const commands = fc.array(
  fc
    .tuple(
      fc.constantFrom('Enqueue', 'BeginAttempt', 'Defer', 'Complete', 'Fail', 'Cancel', 'Pause', 'Resume'),
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 0, max: 20_000 }),
    )
    .map(([type, source, who, later]) => ({ type, source, accountId: testId(who), later })),
  { maxLength: 60 },
);

function toTimed(
  plan: readonly (typeof commands extends fc.Arbitrary<infer T> ? T : never)[number][],
): Timed[] {
  let at = start;
  return plan.map(({ type, source, accountId, later }) => {
    at += later;
    if (type === 'Enqueue') return [enqueue(source, accountId, at), at];
    if (type === 'Pause') return [{ type, reason: 'test' }, at];
    if (type === 'Resume') return [{ type }, at];
    return [{ type, ...item(source, accountId), reason: 'test' } as QueueCommand, at];
  });
}

describe('the queue, under any commands', () => {
  test('ends each delivery that it took exactly once, or still holds it', () => {
    fc.assert(
      fc.property(commands, (plan) => {
        const { events, state } = run(toTimed(plan));
        const taken: string[] = [];
        const ended: string[] = [];
        for (const event of events) {
          if (event.type === 'QueuePaused' || event.type === 'QueueResumed') continue;
          const key = `${event.data.messageId}/${event.data.accountId}`;
          assert.ok(!ended.includes(key), 'something happened to a delivery that had ended');
          if (event.type === 'DeliveryEnqueued') taken.push(key);
          else assert.ok(taken.includes(key), 'something happened to a delivery that was never taken');
          if (['DeliveryCompleted', 'DeliveryFailed', 'DeliveryCancelled'].includes(event.type))
            ended.push(key);
        }
        assert.equal(new Set(taken).size, taken.length);
        assert.deepEqual([...ended, ...state.items.keys()].sort(), taken.sort());
      }),
      { numRuns: 200 },
    );
  });

  test('adds up to the same when its events are folded from zero', () => {
    fc.assert(
      fc.property(commands, (plan) => {
        const { events, times, state } = run(toTimed(plan));
        const folded = events.reduce(
          (sum, event, n) => applyQueue(sum, event, times[n] ?? 0),
          initialQueue(),
        );
        assert.deepEqual(folded, state);
      }),
      { numRuns: 200 },
    );
  });
});
