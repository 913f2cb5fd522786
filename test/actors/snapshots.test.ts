/** Snapshots: when an actor saves one, and what becomes of one that cannot be read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actorLimits } from '../../actors/actor-limits.ts';
import type { Decider } from '../../actors/decider.ts';
import { createEventSourcedActors } from '../../actors/event-sourced-actor.ts';
import type { DispatchEvent } from '../../events/dispatch.ts';
import { accountScope } from '../../events/scope-keys.ts';
import { createTestRuntime, type TestRuntime, testContext } from '../support/actor-runtime.ts';
import { testId } from '../support/event-script.ts';

const stream = 'dispatch-sum';
const every = actorLimits.snapshotEveryEvents;

interface Sum {
  readonly total: number;
  /** Events folded in this process: what a snapshot saves. */
  readonly folded: number;
}

/** `add` appends that many events, each of them one; the answer is the state. `padding`: octets of a snapshot. */
function summing(foldVersion = 1, padding = 0): Decider<Sum, { add: number }, DispatchEvent, Sum> {
  return {
    stream: () => stream,
    initial: () => ({ total: 0, folded: 0 }),
    decide: ({ add }, state) => ({
      events: Array.from({ length: add }, () => ({ type: 'DispatchProgressed', data: { next: 1 } })),
      reply: state,
    }),
    apply: ({ total, folded }, event) => ({ total: total + event.data.next, folded: folded + 1 }),
    snapshot: {
      foldVersion,
      scope: () => accountScope(testId(1)),
      encode: ({ total }) => Buffer.from(JSON.stringify({ total }).padEnd(padding)),
      decode: (octets) => ({ total: JSON.parse(Buffer.from(octets).toString()).total, folded: 0 }),
    },
  };
}

async function addAll(runtime: TestRuntime, events: number, decider = summing()): Promise<void> {
  const actors = createEventSourcedActors(decider, runtime, { name: 'sum' });
  for (let left = events; left > 0; left -= 250)
    await actors.ask('x', { add: Math.min(250, left) }, testContext);
  await actors.stop();
}

async function readBy(runtime: TestRuntime, decider = summing()): Promise<Sum> {
  const actors = createEventSourcedActors(decider, runtime, { name: 'sum' });
  const { reply } = await actors.ask('x', { add: 0 }, testContext);
  await actors.stop();
  return reply;
}

describe('a snapshot', () => {
  test('is saved after its share of events, and not before', async () => {
    const runtime = createTestRuntime();
    await addAll(runtime, every - 1);
    assert.equal(runtime.saved.size, 0);
    await addAll(runtime, 1);
    assert.deepEqual([...runtime.saved.keys()], [`${stream}/1`]);
    assert.equal(runtime.saved.get(`${stream}/1`)?.revision, every - 1);
  });

  test('is where the next actor begins; only the tail is folded', async () => {
    const runtime = createTestRuntime();
    await addAll(runtime, every + 7);
    const { revision = -1 } = runtime.saved.get(`${stream}/1`) ?? {};
    assert.ok(revision >= every - 1);
    assert.deepEqual(await readBy(runtime), { total: every + 7, folded: every + 6 - revision });
  });

  test('is spaced in proportion to its size', async () => {
    const runtime = createTestRuntime();
    const large = summing(1, (every + 500) * actorLimits.snapshotOctetsPerEvent);
    await addAll(runtime, every + 250, large);
    assert.equal(runtime.saved.size, 0);
    await addAll(runtime, 250, large);
    assert.equal(runtime.saved.size, 1);
  });

  test('that cannot be read is passed over, with a word in the log', async () => {
    const runtime = createTestRuntime();
    await addAll(runtime, every);
    const saved = runtime.saved.get(`${stream}/1`);
    assert.ok(saved !== undefined);
    runtime.saved.set(`${stream}/1`, { ...saved, octets: Buffer.from('{"total":') });
    assert.deepEqual(await readBy(runtime), { total: every, folded: every });
    assert.deepEqual(runtime.complaints, ['a snapshot cannot be read; folding from the start']);
  });

  test('of another fold version is not looked at', async () => {
    const runtime = createTestRuntime();
    await addAll(runtime, every);
    assert.deepEqual(await readBy(runtime, summing(2)), { total: every, folded: every });
  });

  test('that cannot be saved costs nothing but time', async () => {
    const runtime = createTestRuntime();
    const save = async (): Promise<void> => {
      throw new RangeError('injected');
    };
    await addAll({ ...runtime, snapshots: { ...runtime.snapshots, save } }, every);
    assert.deepEqual(runtime.complaints, ['a snapshot could not be saved']);
    assert.deepEqual(await readBy(runtime), { total: every, folded: every });
  });
});
