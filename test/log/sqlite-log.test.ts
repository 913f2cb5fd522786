/** What the embedded log does beyond the contract of all logs. */
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type EventLog, LogUnavailable, type NewEvent } from '../../events/event-log.ts';
import { limits } from '../../src/limits.ts';
import { openSqliteLog } from '../../src/log/sqlite/open-sqlite-log.ts';
import { DataDirectoryLocked } from '../../src/sqlite/data-lock.ts';
import {
  collect,
  eventOfSize,
  followUntil,
  idsOf,
  isConflict,
  newEvent,
  newEvents,
  newStream,
  pause,
} from '../contracts/event-log/support.ts';
import { eventsOnDisk, sqliteHarness } from './sqlite-harness.ts';

const isUnavailable =
  (outcomeUnknown: boolean) =>
  (error: unknown): boolean =>
    error instanceof LogUnavailable && error.outcomeUnknown === outcomeUnknown;

test('a repeat with any expected revision is recognised, also after the store was opened again', async (t) => {
  const opened = await sqliteHarness.open(t);
  const stream = newStream();
  const events = newEvents(3);
  const appended = await opened.log.append(stream, 'any', events);
  await opened.log.append(stream, 'any', newEvents(2));
  assert.deepEqual(await opened.log.append(stream, 'any', events), appended);
  // The same ids for another stream are no repeat.
  await opened.log.append(newStream(), 'any', events);
  const log = await sqliteHarness.reopen(opened);
  await log.append(stream, 'any', newEvents(1));
  assert.equal((await collect(log.readStream(stream))).length, 6);
  const last = newEvents(1);
  const lastAppended = await log.append(stream, 'any', last);
  const again = await sqliteHarness.reopen(opened);
  assert.deepEqual(await again.append(stream, 'any', last), lastAppended);
});

test('an append whose worker dies after the commit fails as unknown; the follower still gets it', async (t) => {
  const opened = await sqliteHarness.open(t);
  const { log } = opened;
  const stream = newStream();
  await log.append(stream, 'none', newEvents(1));
  const follower = followUntil(log, 0, 4);
  const restore = await sqliteHarness.loseAnswers(opened);
  const lost = newEvents(3);
  const [outcome] = await Promise.allSettled([log.append(stream, 0, lost), restore()]);
  assert.ok(outcome.status === 'rejected' && isUnavailable(true)(outcome.reason));
  assert.deepEqual(idsOf((await follower).slice(1)), idsOf(lost));
  assert.equal(await log.lastRevision(stream), 3);
  await assert.rejects(log.append(stream, 0, newEvents(1)), isConflict(0, 3));
  assert.equal((await log.append(stream, 0, lost)).firstIndex, 1);
});

test('when the disk is full every append of the batch fails for certain, and nothing of it stands', async (t) => {
  const opened = await sqliteHarness.open(t);
  await opened.log.append(newStream(), 'none', newEvents(1));
  const log = await sqliteHarness.fullDisk.limitRoom(opened, 200_000);
  const before = await log.head();
  const seen: number[] = [];
  const following = log.follow(before, (batch) => {
    seen.push(...batch.events.map((event) => event.index));
  });
  // The first append goes out alone; the others gather behind it into one batch.
  const stream = newStream();
  const first = log.append(stream, 'none', newEvents(1));
  await Promise.resolve();
  const batch = [newEvent(), eventOfSize(400_000), newEvent()].map((event) =>
    log.append(newStream(), 'none', [event]),
  );
  await first;
  for (const result of await Promise.allSettled(batch)) {
    assert.ok(result.status === 'rejected' && isUnavailable(false)(result.reason));
  }
  assert.equal(await log.head(), before + 1);
  // What fits is taken again at once, at the index that follows.
  const appended = await log.append(stream, 0, newEvents(1));
  assert.equal(appended.firstIndex, before + 1);
  while (seen.length < 2) await pause(1);
  await following.stop();
  assert.deepEqual(seen, [before, before + 1]);
});

test('a follower at the live edge gets the very arrays that were appended', async (t) => {
  const { log } = await sqliteHarness.open(t);
  const event = newEvent();
  const follower = followUntil(log, 0, 1);
  await log.append(newStream(), 'none', [event]);
  assert.equal((await follower)[0]?.data, event.data);
});

test('appends over the bound of the waiting room are refused for certain', async (t) => {
  const { log } = await sqliteHarness.open(t);
  const stream = newStream();
  const count = Math.ceil(limits.log.waitingOctetsMax / 500_000) + 10;
  const data = Buffer.alloc(500_000);
  const appends = Array.from({ length: count }, () => log.append(stream, 0, [{ ...newEvent(), data }]));
  const results = await Promise.allSettled(appends);
  const refused = results.filter(
    (result) => result.status === 'rejected' && isUnavailable(false)(result.reason),
  );
  assert.ok(refused.length >= 9, `${refused.length} were refused`);
  assert.ok(refused.length < count);
  assert.equal(await log.head(), 0);
});

test('one process owns the data directory; the next may when it has closed the log', async (t) => {
  const { log, store } = await sqliteHarness.open(t);
  await assert.rejects(openSqliteLog({ path: store.path }), (error) => {
    assert.ok(error instanceof DataDirectoryLocked);
    assert.equal(error.pid, process.pid);
    assert.equal(error.directory, dirname(store.path));
    assert.match(error.message, new RegExp(`process ${process.pid}`));
    return true;
  });
  await log.close();
  const next = await openSqliteLog({ path: store.path });
  await next.close();
});

test('a log opened read-only beside its owner reads, follows, and refuses to append', async (t) => {
  const { log, store } = await sqliteHarness.open(t);
  const stream = newStream();
  const first = newEvents(2);
  await log.append(stream, 'none', first);
  const reading = await openSqliteLog({ path: store.path, readOnly: true });
  assert.deepEqual(idsOf(await collect(reading.readAll())), idsOf(first));
  const follower = followUntil(reading, 0, 5);
  const second = newEvents(3);
  await log.append(stream, 1, second);
  assert.equal(await reading.head(), 5);
  assert.equal(await reading.lastRevision(stream), 4);
  assert.deepEqual(idsOf(await follower), idsOf([...first, ...second]));
  await assert.rejects(reading.append(stream, 4, newEvents(1)), isUnavailable(false));
  await log.close();
  assert.equal((await collect(reading.readStream(stream))).length, 5);
  await reading.close();
  const alone = await openSqliteLog({ path: store.path, readOnly: true });
  assert.equal((await collect(alone.readAll({ from: 1 }))).length, 4);
  await alone.close();
});

test('a file that is no log, or is not there to be read, fails the opening and leaves no lock', async (t) => {
  const { log, store } = await sqliteHarness.open(t);
  await log.close();
  const missing = `${store.path}.missing`;
  await assert.rejects(openSqliteLog({ path: missing, readOnly: true }), LogUnavailable);
  const lockFile = `${dirname(store.path)}/chancery.pid`;
  await assert.rejects(openSqliteLog({ path: lockFile.replace('chancery.pid', '.') }), LogUnavailable);
  const again = await openSqliteLog({ path: store.path });
  await again.close();
});

/** One step of a random history: who appends, what it believes, how much, and whether it sends it again. */
const steps = fc.array(
  fc.record({
    stream: fc.nat({ max: 3 }),
    belief: fc.constantFrom('right', 'right', 'right', 'any', 'none', 'behind', 'ahead'),
    events: fc.integer({ min: 1, max: 4 }),
    again: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

test('any history of appends ends as a plain model says', async (t) => {
  const { log } = await sqliteHarness.open(t);
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      await runHistory(log, history);
    }),
    { numRuns: 25 },
  );
});

async function runHistory(
  log: EventLog,
  history: readonly { stream: number; belief: string; events: number; again: boolean }[],
): Promise<void> {
  const head = await log.head();
  const streams = Array.from({ length: 4 }, () => newStream());
  const model: NewEvent[][] = [[], [], [], []];
  const order: NewEvent[] = [];
  const outcomes: Promise<void>[] = [];
  for (const step of history) {
    const stream = streams[step.stream] ?? '';
    const standing = model[step.stream] ?? [];
    const last = standing.length - 1;
    const beliefs: Record<string, number | 'any' | 'none'> = {
      right: last < 0 ? 'none' : last,
      any: 'any',
      none: 'none',
      behind: Math.max(last - 1, 0),
      ahead: last + 1,
    };
    const expected = beliefs[step.belief] ?? 'any';
    const events = newEvents(step.events);
    const accepted = expected === 'any' || (expected === 'none' ? -1 : expected) === last;
    // Nothing is awaited between the steps: they share batches in whatever way they fall.
    if (!accepted) {
      outcomes.push(assert.rejects(log.append(stream, expected, events), isConflict(expected, last)));
      continue;
    }
    standing.push(...events);
    const firstIndex = head + order.length;
    order.push(...events);
    const sends = step.again ? 2 : 1;
    for (let send = 0; send < sends; send++) {
      outcomes.push(
        log.append(stream, expected, events).then((appended) => {
          assert.deepEqual(appended, {
            firstRevision: last + 1,
            lastRevision: last + events.length,
            firstIndex,
            lastIndex: firstIndex + events.length - 1,
          });
        }),
      );
    }
  }
  await Promise.all(outcomes);
  assert.deepEqual(idsOf(await collect(log.readAll({ from: head }))), idsOf(order));
  for (const [at, stream] of streams.entries()) {
    assert.deepEqual(idsOf(await collect(log.readStream(stream))), idsOf(model[at] ?? []));
    assert.equal(await log.lastRevision(stream), (model[at]?.length ?? 0) - 1);
  }
}

test('what the log says is on the disk when it says it', async (t: TestContext) => {
  const { log, store } = await sqliteHarness.open(t);
  for (let at = 1; at <= 5; at++) {
    await log.append(newStream(), 'none', newEvents(1));
    assert.equal(eventsOnDisk(store.path), at);
  }
});
