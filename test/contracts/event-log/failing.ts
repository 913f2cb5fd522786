/** Contract: the store restarts, fills up, answers nothing; nothing acknowledged is lost, nothing is doubled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventLog, LogUnavailable, type RecordedEvent } from '../../../events/event-log.ts';
import type { EventLogHarness } from './harness.ts';
import {
  appendUntilSettled,
  assertRecorded,
  collect,
  eventOfSize,
  followUntil,
  idsOf,
  newEvent,
  newEvents,
  newStream,
  pause,
} from './support.ts';

export function failingContract<Store>(harness: EventLogHarness<Store>): void {
  test('what was appended is there when the store is opened again, and the log goes on behind it', async (t) => {
    const opened = await harness.open(t);
    const head = await opened.log.head();
    const stream = newStream();
    const written = newEvents(5);
    await opened.log.append(stream, 'none', written.slice(0, 3));
    const log = await harness.reopen(opened);
    assert.equal(await log.head(), head + 3);
    assert.equal(await log.lastRevision(stream), 2);
    await log.append(stream, 2, written.slice(3));
    assertRecorded(await collect(log.readStream(stream)), stream, written, { revision: 0, index: head });
    assert.equal((await followUntil(log, head + 1, 4)).length, 4);
  });

  const { openBeside, restartStore, loseAnswers, fullDisk } = harness;

  if (openBeside) {
    test('two adapters on one store see one order, and each the other’s writes', async (t) => {
      const opened = await harness.open(t);
      const other = await openBeside(opened);
      const head = await opened.log.head();
      const stream = newStream('mailbox');
      const follower = followUntil(opened.log, head, 40);
      const otherFollower = followUntil(other, head, 40);
      for (let at = 0; at < 20; at++) {
        await opened.log.append(stream, at === 0 ? 'none' : at * 2 - 1, [newEvent()]);
        assert.equal(await other.lastRevision(stream), at * 2);
        await other.append(stream, at * 2, [newEvent()]);
        assert.equal(await opened.log.lastRevision(stream), at * 2 + 1);
      }
      assert.deepEqual(idsOf(await follower), idsOf(await otherFollower));
    });
  }

  if (restartStore) {
    test('the store restarts under the adapter while writers write and a follower follows', async (t) => {
      const opened = await harness.open(t);
      const { log } = opened;
      const head = await log.head();
      const follower = followThroughRestarts(log, head, 150);
      const streams = Array.from({ length: 5 }, () => newStream('session'));
      const written = streams.map(() => newEvents(30));
      const writers = streams.map(async (stream, writer) => {
        for (const [at, event] of (written[writer] ?? []).entries()) {
          await appendUntilSettled(log, stream, at === 0 ? 'none' : at - 1, [event]);
          if (writer === 0 && (at === 10 || at === 20)) await restartStore(opened);
        }
      });
      await Promise.all(writers);
      const seen = await follower;
      for (const [writer, stream] of streams.entries()) {
        const mine = seen.filter((event) => event.stream === stream);
        assert.deepEqual(idsOf(mine), idsOf(written[writer] ?? []));
        assert.deepEqual(idsOf(await collect(log.readStream(stream))), idsOf(mine));
        assert.equal(await log.lastRevision(stream), 29);
      }
      assert.equal(await log.head(), head + 150);
    });
  }

  if (loseAnswers) {
    test('an append whose outcome is unknown is settled by sending the same events again', async (t) => {
      const opened = await harness.open(t);
      const { log } = opened;
      const head = await log.head();
      const stream = newStream('queue');
      const events = newEvents(3);
      await log.append(stream, 'none', newEvents(1));
      const restore = await loseAnswers(opened);
      const lost = log.append(stream, 0, events);
      const [outcome] = await Promise.allSettled([lost, restore()]);
      // An adapter that settles by itself may succeed; one that fails must not claim that nothing happened.
      if (outcome.status === 'rejected') {
        assert.ok(outcome.reason instanceof LogUnavailable && outcome.reason.outcomeUnknown);
      }
      const appended = await appendUntilSettled(log, stream, 0, events);
      assert.deepEqual([appended.firstRevision, appended.lastRevision], [1, 3]);
      assert.equal(await log.head(), head + 4);
      assert.equal(await log.lastRevision(stream), 3);
      assert.deepEqual(idsOf(await collect(log.readStream(stream, { from: 1 }))), idsOf(events));
      assert.equal((await followUntil(log, head, 4)).length, 4);
    });
  }

  if (fullDisk) {
    test('a full disk in the middle of a batch: no false success, nothing lost, no gap afterwards', async (t) => {
      const opened = await harness.open(t);
      const first = newStream();
      await opened.log.append(first, 'none', newEvents(2));
      const cramped = await fullDisk.limitRoom(opened, 300_000);
      const head = await cramped.head();
      const streams = Array.from({ length: 30 }, () => newStream('queue'));
      // All at once, so that small appends and those for which there is no room share a batch.
      const events = streams.map((_, at) => (at % 10 === 9 ? eventOfSize(400_000) : newEvent(`small ${at}`)));
      const results = await Promise.allSettled(
        streams.map((stream, at) => cramped.append(stream, 'none', [events[at] ?? newEvent()])),
      );
      assert.ok(results.some((result) => result.status === 'rejected'));
      for (const result of results) {
        if (result.status === 'rejected') assert.ok(result.reason instanceof LogUnavailable);
      }
      const stored = new Set(idsOf(await collect(cramped.readAll({ from: head }))));
      for (const [at, result] of results.entries()) {
        if (result.status === 'fulfilled') assert.ok(stored.has(events[at]?.id ?? ''));
        else if (!result.reason.outcomeUnknown) assert.ok(!stored.has(events[at]?.id ?? ''));
      }
      assert.equal(await cramped.head(), head + stored.size);

      const log = await fullDisk.freeRoom(opened);
      for (const [at, stream] of streams.entries()) {
        await appendUntilSettled(log, stream, 'none', [events[at] ?? newEvent()]);
        assert.equal(await log.lastRevision(stream), 0);
      }
      assert.deepEqual(new Set(idsOf(await followUntil(log, head, 30))), new Set(idsOf(events)));
      assert.equal(await log.head(), head + 30);
      await log.append(first, 1, newEvents(1));
    });
  }
}

/** Follows to the end although the store restarts: where a following breaks, the next one goes on. */
async function followThroughRestarts(log: EventLog, from: number, count: number): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  while (seen.length < count) {
    const enough = Promise.withResolvers<void>();
    const following = log.follow(from + seen.length, (batch) => {
      for (const event of batch.events) {
        assert.equal(event.index, from + seen.length);
        seen.push(event);
      }
      if (seen.length >= count) enough.resolve();
    });
    try {
      await Promise.race([enough.promise, following.done]);
      await following.stop();
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      await pause(20);
    }
  }
  return seen;
}
