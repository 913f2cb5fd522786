/** Contract: catch-up, then live, with no gap and no duplicate, as fast as the follower can and no faster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type LogItem, LogUnavailable } from '../../../events/event-log.ts';
import type { EventLogHarness } from './harness.ts';
import { eventOfSize, followUntil, newEvent, newEvents, newStream } from './support.ts';

/** What a store may hold in memory for a follower that does not come along, whatever was written. */
const heldOctetsMax = 32 * 1024 * 1024;

export function followingContract<Store>(harness: EventLogHarness<Store>): void {
  test('followers that join while writers write see every event once, in order', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    await log.append(newStream(), 'none', newEvents(30));
    const followers = [followUntil(log, head, 330), followUntil(log, head + 10, 320)];
    await Promise.all(
      Array.from({ length: 5 }, async (_, writer) => {
        const stream = newStream('session');
        for (let at = 0; at < 30; at++) {
          if (at === writer * 5) followers.push(followUntil(log, head + at, 330 - at));
          await log.append(stream, at === 0 ? 'none' : at * 2 - 1, newEvents(2));
        }
      }),
    );
    followers.push(followUntil(log, head, 330), followUntil(log, head + 329, 1));
    for (const seen of await Promise.all(followers)) {
      assert.equal(seen.at(-1)?.index, head + 329);
    }
  });

  test('a follower is told when it has caught up: at once when nothing waits, and after what is new', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const heard: [number, boolean][] = [];
    let arrived = Promise.withResolvers<void>();
    const following = log.follow(head, (batch) => {
      heard.push([batch.events.length, batch.caughtUp]);
      if (batch.caughtUp) arrived.resolve();
    });
    await arrived.promise;
    assert.deepEqual(heard, [[0, true]]);
    arrived = Promise.withResolvers();
    await log.append(newStream(), 'none', newEvents(3));
    await arrived.promise;
    await following.stop();
    assert.equal(
      heard.reduce((sum, [events]) => sum + events, 0),
      3,
    );
    assert.equal(heard.at(-1)?.[1], true);
  });

  test('a follower gets batches of at most the size it asked for, one after the other', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    await log.append(newStream(), 'none', newEvents(100));
    let seen = 0;
    let handling = 0;
    const enough = Promise.withResolvers<void>();
    const following = log.follow(
      head,
      async (batch) => {
        handling++;
        assert.equal(handling, 1);
        assert.ok(batch.events.length <= 7);
        await new Promise((resolve) => setImmediate(resolve));
        seen += batch.events.length;
        if (seen === 120) enough.resolve();
        handling--;
      },
      { batchSize: 7 },
    );
    await log.append(newStream(), 'none', newEvents(20));
    await Promise.race([enough.promise, following.done]);
    await following.stop();
    assert.equal(seen, 120);
  });

  test('after stop nothing more is handed over, and done resolves', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    let seen = 0;
    const following = log.follow(head, (batch) => {
      seen += batch.events.length;
    });
    await log.append(newStream(), 'none', newEvents(2));
    await following.stop();
    const atStop = seen;
    await following.done;
    await log.append(newStream(), 'none', newEvents(2));
    assert.equal((await followUntil(log, head, 4)).length, 4);
    assert.equal(seen, atStop);
  });

  test('a handler that fails ends its own following with its error, and no other', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const broken = log.follow(head, (batch) => {
      if (batch.events.length > 0) throw new TypeError('cannot fold this');
    });
    const other = followUntil(log, head, 1);
    await log.append(newStream(), 'none', newEvents(1));
    await assert.rejects(broken.done, TypeError);
    await broken.stop();
    assert.equal((await other).length, 1);
  });

  test('a follower that does not come along costs bounded memory, and misses nothing', async (t) => {
    const opened = await harness.open(t);
    const { log } = opened;
    const head = await log.head();
    const gate = Promise.withResolvers<void>();
    let next = head;
    let events = 0;
    const enough = Promise.withResolvers<void>();
    const following = log.follow(head, async (batch) => {
      await gate.promise;
      for (const event of batch.events) {
        assert.equal(event.index, next++);
        if (++events === 160) enough.resolve();
      }
    });
    const before = arrayBuffers() - (harness.octetsKeptHere?.(opened) ?? 0);
    const stream = newStream();
    // 62.5 MiB, twice what may be held.
    for (let at = 0; at < 160; at++) await log.append(stream, 'any', [eventOfSize(400 * 1024)]);
    const held = arrayBuffers() - (harness.octetsKeptHere?.(opened) ?? 0) - before;
    gate.resolve();
    await Promise.race([enough.promise, following.done]);
    await following.stop();
    assert.ok(held < heldOctetsMax, `${held} octets are held for a follower that stands still`);
  });

  test('a follower that fell far behind, in number of events, catches up without a gap', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const gate = Promise.withResolvers<void>();
    let next = head;
    const enough = Promise.withResolvers<void>();
    const following = log.follow(head, async (batch) => {
      await gate.promise;
      for (const event of batch.events) assert.equal(event.index, next++);
      if (next >= head + 6_001) enough.resolve();
    });
    const stream = newStream();
    for (let at = 0; at < 10; at++) await log.append(stream, 'any', newEvents(600));
    gate.resolve();
    await log.append(stream, 'any', newEvents(1));
    await Promise.race([enough.promise, following.done]);
    await following.stop();
    assert.equal(next, head + 6_001);
  });

  test('subscribe emits the events, says when it has caught up, and ends with its subscriber', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    await log.append(newStream(), 'none', newEvents(3));
    const items: LogItem[] = [];
    const caughtUpAt = (index: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const subscription = log.subscribe(head).subscribe({
          next: (item) => {
            items.push(item);
            if (item.kind === 'caught-up' && item.next >= index) {
              subscription.unsubscribe();
              resolve();
            }
          },
          error: reject,
        });
      });
    await caughtUpAt(head + 3);
    assert.deepEqual(summary(items, head), [0, 1, 2, 'caught up 3']);
    items.length = 0;
    const live = caughtUpAt(head + 4);
    await log.append(newStream(), 'none', [newEvent()]);
    await live;
    assert.deepEqual(
      summary(items, head).filter((entry) => typeof entry === 'number'),
      [0, 1, 2, 3],
    );
    assert.equal(summary(items, head).at(-1), 'caught up 4');
    const emitted = items.length;
    await log.append(newStream(), 'none', [newEvent()]);
    await followUntil(log, head, 5);
    assert.equal(items.length, emitted);
  });

  test('closing the log ends its followers and completes its subscriptions', async (t) => {
    const { log } = await harness.open(t);
    const following = log.follow(await log.head(), () => undefined);
    const completed = new Promise<void>((resolve, reject) => {
      log.subscribe(0).subscribe({ complete: resolve, error: reject });
    });
    await log.close();
    await following.done;
    await completed;
    await assert.rejects(log.append(newStream(), 'none', newEvents(1)), (error) => {
      return error instanceof LogUnavailable && !error.outcomeUnknown;
    });
    await assert.rejects(log.head(), LogUnavailable);
    await log.close();
  });
}

function summary(items: readonly LogItem[], head: number): (number | string)[] {
  return items.map((item) =>
    item.kind === 'event' ? item.event.index - head : `caught up ${item.next - head}`,
  );
}

/** Octets of array buffers that are alive. Collects first, so that garbage is no measure. */
function arrayBuffers(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage: unknown = runInNewContext('gc');
  assert.ok(typeof collectGarbage === 'function');
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
