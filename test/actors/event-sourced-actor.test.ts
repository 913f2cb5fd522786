import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Decider } from '../../actors/decider.ts';
import { createEventSourcedActors } from '../../actors/event-sourced-actor.ts';
import { ActorUnavailable } from '../../actors/ports.ts';
import type { DispatchEvent } from '../../events/dispatch.ts';
import { createTestRuntime, type TestRuntime, testContext } from '../support/actor-runtime.ts';

/** A counter: `add` appends an event, `read` changes nothing. */
type Command =
  | { readonly type: 'add'; readonly amount: number }
  | { readonly type: 'read' }
  | { readonly type: 'fail' };
interface State {
  readonly total: number;
}

const stream = 'dispatch-counter';
const counter: Decider<State, Command, DispatchEvent, number> = {
  stream: () => stream,
  initial: () => ({ total: 0 }),
  decide(command, state) {
    if (command.type === 'fail') throw new Error('cannot decide');
    if (command.type === 'read') return { events: [], reply: state.total };
    const total = state.total + command.amount;
    return { events: [{ type: 'DispatchProgressed', data: { next: total } }], reply: total };
  },
  apply(_state, event) {
    if (event.data.next === 666) throw new Error('cannot apply');
    return { total: event.data.next };
  },
};

const add = (amount: number): Command => ({ type: 'add', amount });
const read: Command = { type: 'read' };
const create = (runtime: TestRuntime, idleMs = 60_000) =>
  createEventSourcedActors(counter, runtime, { name: 'counter', idleMs });
const settle = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await turn();
};

/** Another writer's event. */
async function intrude(runtime: TestRuntime, total: number): Promise<void> {
  const revision = await runtime.log.lastRevision(stream);
  const meta = { ...testContext, at: runtime.now() };
  const event = { type: 'DispatchProgressed', data: { next: total } } as const;
  await runtime.log.append(stream, revision, [
    await runtime.codec.encode(stream, runtime.newId(), event, meta),
  ]);
}

describe('an event-sourced actor', () => {
  test('decides at once and replies when durable, also when there is nothing to do', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    const release = runtime.log.hold();
    const answers: string[] = [];
    const asked = [add(1), add(2), read].map(async (command) => {
      const { reply } = await actors.ask('x', command, testContext);
      answers.push(`${command.type} ${reply}`);
    });
    await settle();
    assert.deepEqual(answers, []);
    release();
    await Promise.all(asked);
    assert.deepEqual(answers, ['add 1', 'add 3', 'read 3']);
    await actors.stop();
  });

  test('gathers what is decided during an append into the next one', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    const release = runtime.log.hold();
    const asked = Array.from({ length: 10 }, () => actors.ask('x', add(1), testContext));
    await settle();
    release();
    const answers = await Promise.all(asked);
    assert.deepEqual(
      answers.map((each) => each.reply),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.deepEqual(
      answers.map((each) => each.revision),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(
      runtime.log.appends.map((each) => each.ids.length),
      [1, 9],
    );
    await actors.stop();
  });

  test('loads again and decides again, in order, when another writer came first', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    assert.equal((await actors.ask('x', add(1), testContext)).reply, 1);
    await intrude(runtime, 100);
    const answers = await Promise.all(
      [add(1), add(2), read].map((command) => actors.ask('x', command, testContext)),
    );
    assert.deepEqual(
      answers.map((each) => each.reply),
      [101, 103, 103],
    );
    await actors.stop();
  });

  test('gives up after five overtaken decisions', async () => {
    const runtime = createTestRuntime();
    const actors = create({
      ...runtime,
      log: {
        ...runtime.log,
        append: async (name, expected, events) => {
          await intrude(runtime, 5);
          return runtime.log.append(name, expected, events);
        },
      },
    });
    await assert.rejects(actors.ask('x', add(1), testContext), ActorUnavailable);
    assert.equal(await runtime.log.lastRevision(stream), 5);
    await actors.stop();
  });

  test('settles an unknown outcome by sending the same ids again', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    runtime.log.failNext(1, 'stored');
    assert.equal((await actors.ask('x', add(7), testContext)).reply, 7);
    assert.equal(runtime.log.events.length, 1);
    const [first, second] = runtime.log.appends;
    assert.deepEqual(first?.ids, second?.ids);
    await actors.stop();
  });

  test('sends again what the log refused for a while', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    runtime.log.failNext(2, 'refused');
    assert.equal((await actors.ask('x', add(7), testContext)).reply, 7);
    assert.equal(runtime.log.events.length, 1);
    await actors.stop();
  });

  test('refuses a command that cannot be decided, and goes on', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    await assert.rejects(actors.ask('x', { type: 'fail' }, testContext), ActorUnavailable);
    assert.equal((await actors.ask('x', add(1), testContext)).reply, 1);
    await actors.stop();
  });

  test('rejects what is under way when it crashes, and is loaded anew by the next question', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    await actors.ask('x', add(1), testContext);
    await assert.rejects(actors.ask('x', add(665), testContext), ActorUnavailable);
    assert.equal((await actors.ask('x', read, testContext)).reply, 1);
    await actors.stop();
  });

  test('is found again, with its state, by a host that starts later', async () => {
    const runtime = createTestRuntime();
    const first = create(runtime);
    await first.ask('x', add(4), testContext);
    await first.stop();
    await assert.rejects(first.ask('x', read, testContext), ActorUnavailable);
    const second = create(createTestRuntime(runtime.log, runtime.keys));
    assert.equal((await second.ask('x', add(1), testContext)).reply, 5);
    await second.stop();
  });

  test('waits at its stop for what is under way', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    const release = runtime.log.hold();
    const asked = actors.ask('x', add(1), testContext);
    await settle();
    let stopped = false;
    const stopping = actors.stop().then(() => {
      stopped = true;
    });
    await settle();
    assert.equal(stopped, false);
    release();
    assert.equal((await asked).reply, 1);
    await stopping;
  });

  test('never dates an event before the one ahead of it', async () => {
    const runtime = createTestRuntime();
    const actors = create(runtime);
    await actors.ask('x', add(1), testContext);
    runtime.advance(-60_000);
    await actors.ask('x', add(1), testContext);
    const stored = await Promise.all(runtime.log.events.map((each) => runtime.codec.decode(each)));
    assert.deepEqual(
      stored.map((each) => each.at),
      [1_700_000_000_000, 1_700_000_000_000],
    );
    await actors.stop();
  });
});
