/**
 * The faults that the KurrentDB client and its servers are known for, each against the adapter, over the
 * stand-in (which tests the adapter and the client package, not the server).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventLog, LogUnavailable } from '../../events/event-log.ts';
import { createClient } from '../../src/log/kurrentdb/client.ts';
import { sortFailure } from '../../src/log/kurrentdb/failure.ts';
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
import { openBench } from './kurrentdb-support.ts';

const isUnavailable = (outcomeUnknown: boolean) => (error: unknown) => {
  assert.ok(error instanceof LogUnavailable, String(error));
  assert.equal(error.outcomeUnknown, outcomeUnknown);
  return true;
};

test('a connection that drops before or after the events are stored: they stand once all the same', async (t) => {
  const { server, open } = await openBench(t);
  const log = await open();
  const stream = newStream();
  const events = newEvents(6);
  server.fateOfNextAppends('drop-stored');
  await log.append(stream, 'none', events.slice(0, 2));
  server.fateOfNextAppends('drop-unstored', 'drop-stored', 'drop-unstored');
  await log.append(stream, 'any', events.slice(2, 4));
  const appended = await log.append(stream, 3, events.slice(4));
  assert.deepEqual([appended.firstRevision, appended.lastIndex], [4, 5]);
  assert.deepEqual(idsOf(await collect(log.readStream(stream))), idsOf(events));
  assert.equal(server.log.stream(stream).length, 6);
});

test('a connection that drops under load: no append is lost, and no rejection escapes the client', async (t) => {
  const { server, open } = await openBench(t);
  const log = await open();
  await log.append(newStream(), 'none', newEvents(1));
  for (let round = 0; round < 3; round++) {
    const appends = Array.from({ length: 60 }, () => log.append(newStream(), 'none', [eventOfSize(100_000)]));
    // In the middle of what the appends of this turn write.
    setTimeout(() => server.cutConnections(), 2 + 4 * round);
    await Promise.all(appends);
  }
  // The test runner fails a test during which a rejection found no handler.
  assert.equal(await log.head(), 181);
});

test('a silent server: the append is tried again with the same ids, and stands once', async (t) => {
  const { server, open } = await openBench(t);
  const log = await open({ timings: { appendTryMsMax: 200 } });
  const [stored, unstored] = [newStream(), newStream()];
  server.fateOfNextAppends('silent-stored');
  await log.append(stored, 'none', newEvents(2));
  server.fateOfNextAppends('silent-unstored');
  await log.append(unstored, 'none', newEvents(2));
  assert.equal(server.log.stream(stored).length, 2);
  assert.equal(server.log.stream(unstored).length, 2);
});

test('a server that stays silent: the append fails in bounded time, and says that it may be stored', async (t) => {
  const { server, open } = await openBench(t);
  const log = await open({
    timings: { appendTryMsMax: 100, appendMsMax: 300, readTryMsMax: 200, readMsMax: 300 },
  });
  const stream = newStream();
  const events = newEvents(1);
  await log.append(stream, 'none', newEvents(1));
  server.mute(true);
  await assert.rejects(log.append(stream, 0, events), isUnavailable(true));
  await assert.rejects(log.lastRevision(stream), isUnavailable(false));
  server.mute(false);
  assert.equal((await log.append(stream, 0, events)).firstRevision, 1);
  assert.equal(server.log.stream(stream).length, 2);
});

test('a server that is away: opening fails, an append fails and says that it was never sent', async (t) => {
  const { server, open } = await openBench(t);
  const impatient = { appendMsMax: 300, readMsMax: 300, readTryMsMax: 200 };
  const log = await open({ timings: impatient });
  await server.stop();
  await assert.rejects(open({ timings: impatient }), isUnavailable(false));
  await assert.rejects(log.append(newStream(), 'none', newEvents(1)), isUnavailable(false));
  await assert.rejects(log.head(), isUnavailable(false));
  await server.start();
  assert.equal((await log.append(newStream(), 'none', newEvents(1))).firstIndex, 0);
});

test('a server that is away while one opens, reads and follows comes back, and all goes on', async (t) => {
  const { server, open } = await openBench(t);
  const first = await open();
  const stream = newStream();
  await first.append(stream, 'none', newEvents(3));
  await server.stop();
  // The client package never reads again when its first read found nobody.
  const opening = open();
  const reading = collect(first.readStream(stream));
  await pause(100);
  await server.start();
  const second = await opening;
  assert.equal((await reading).length, 3);
  const following = followUntil(second, 0, 4);
  await first.append(stream, 2, newEvents(1));
  assert.equal((await following).length, 4);
});

test('reads that get no answer are tried again on another client; appends go on meanwhile', async (t) => {
  const { server, open, notices } = await openBench(t);
  const log = await open({ timings: { readTryMsMax: 150 } });
  const stream = newStream();
  await log.append(stream, 'none', newEvents(2));
  server.silenceReads(true);
  const reading = log.lastRevision(stream);
  assert.equal((await log.append(stream, 1, newEvents(1))).lastIndex, 2);
  while (!notices.some(({ kind }) => kind === 'client-recreated')) await pause(10);
  server.silenceReads(false);
  assert.equal(await reading, 2);
});

test('a killed subscription is taken up again where it broke: no gap, no duplicate', async (t) => {
  const { server, open, notices } = await openBench(t);
  const log = await open();
  const stream = newStream();
  const following = followUntil(log, 0, 60);
  for (let at = 0; at < 30; at++) {
    if (at % 10 === 5) server.killSubscriptions();
    if (at % 10 === 9) server.cutConnections();
    await log.append(stream, 'any', newEvents(2));
  }
  assert.equal((await following).length, 60);
  assert.ok(notices.some(({ kind }) => kind === 'subscription-lost'));
  assert.ok(server.subscriptionCount() <= 1, 'one subscription per adapter');
});

test('a subscription that died without a word is found out, by an append or when it is quiet', async (t) => {
  const { server, open, notices } = await openBench(t);
  const log = await open();
  const other = await open();
  await log.append(newStream(), 'none', newEvents(1));
  server.deadenSubscriptions(true);
  const following = followUntil(log, 0, 4);
  assert.equal((await log.append(newStream(), 'none', newEvents(2))).firstIndex, 1);
  // Written by the other one: nothing here waits for it but the follower.
  await other.append(newStream(), 'none', newEvents(1));
  assert.equal((await following).length, 4);
  // It is renewed until one works.
  while (notices.filter(({ kind }) => kind === 'subscription-lost').length < 2) await pause(10);
  server.deadenSubscriptions(false);
  assert.equal((await log.append(newStream(), 'none', newEvents(1))).firstIndex, 4);
});

test('"caught up" that comes too early is not believed', async (t) => {
  const { server, open } = await openBench(t);
  const writer = await open();
  await writer.append(newStream(), 'none', newEvents(50));
  server.caughtUpEarly(true);
  const log = await open();
  const heard: number[] = [];
  const caughtUp = Promise.withResolvers<number>();
  const following = log.follow(0, (batch) => {
    heard.push(...batch.events.map((event) => event.index));
    if (batch.caughtUp) caughtUp.resolve(heard.length);
  });
  assert.equal(await caughtUp.promise, 50);
  await following.stop();
});

test('many first appends at once on a fresh client all get through', async (t) => {
  const { server, open } = await openBench(t);
  const log = await open();
  const appends = Array.from({ length: 150 }, () => log.append(newStream(), 'none', newEvents(1)));
  const indexes = (await Promise.all(appends)).map((appended) => appended.firstIndex);
  assert.equal(new Set(indexes).size, 150);
  // And on the client that follows one that failed.
  server.cutConnections();
  server.fateOfNextAppends('drop-unstored');
  await Promise.all(Array.from({ length: 150 }, () => log.append(newStream(), 'none', newEvents(1))));
  assert.equal(await log.head(), 300);
});

test('a server without batch append: order, conflicts, retries and lost answers as with it', async (t) => {
  const { server, open } = await openBench(t, { withBatchAppend: false });
  const log = await open();
  const stream = newStream();
  const events = newEvents(3);
  const appended = await log.append(stream, 'none', events);
  assert.deepEqual(await log.append(stream, 'none', events), appended);
  await assert.rejects(log.append(stream, 'none', newEvents(1)), isConflict('none', 2));
  await assert.rejects(log.append(newStream(), 7, newEvents(1)), isConflict(7, -1));
  server.fateOfNextAppends('drop-stored');
  assert.equal((await log.append(stream, 2, newEvents(2))).lastRevision, 4);
  assert.equal(server.log.stream(stream).length, 5);
});

test('streams of others and of the system are not counted, whatever their names begin with', async (t) => {
  const { server, open } = await openBench(t);
  const log = await open();
  const streams = ['messages-1', '$$message-1', '$message-1', 'message', '-message', 'Message-1', 'order-1'];
  for (const stream of streams) {
    server.log.append(stream, 'any', [{ ...newEvent(), contentType: 'application/json' }]);
    await log.append(newStream(), 'none', newEvents(1));
  }
  const all = await collect(log.readAll());
  assert.deepEqual(
    all.map((event) => event.index),
    streams.map((_, at) => at),
  );
  assert.ok(all.every((event) => event.stream.startsWith('message-')));
  assert.deepEqual(idsOf(await collect((await open()).readAll())), idsOf(all));
  for (const stream of streams.slice(0, -1)) {
    await assert.rejects(log.append(stream, 'any', newEvents(1)), RangeError);
  }
});

test('metadata and data come back as the bytes that were stored, by every way out', async (t) => {
  const { open } = await openBench(t);
  const log = await open();
  const stream = newStream();
  // The client package would hand on what JSON makes of these.
  const texts = [
    '{"b":1,"a":1.0,"b": 2}',
    ' [1e2] ',
    'null',
    '"\\u0041"',
    '-0',
    '{"10":1,"9":2}',
    'plain',
    '',
  ];
  const bytes = [
    ...texts.map((text) => Buffer.from(text)),
    Buffer.from('22ff22', 'hex'),
    Buffer.from([0, 1]),
  ];
  const live = followUntil(log, 0, bytes.length);
  const written = bytes.map((metadata) => ({ ...newEvent(), metadata, data: metadata }));
  await log.append(stream, 'none', written);
  const expected = bytes.map((piece) => piece.toString('hex'));
  const restarted = await open();
  for (const events of [
    await live,
    await collect(log.readStream(stream)),
    await collect(restarted.readAll()),
    await followUntil(restarted, 0, bytes.length),
  ]) {
    assert.deepEqual(hex(events, 'metadata'), expected);
    assert.deepEqual(hex(events, 'data'), expected);
  }
});

const hex = (events: Awaited<ReturnType<typeof collectOf>>, field: 'metadata' | 'data'): string[] =>
  events.map((event) => Buffer.from(event[field]).toString('hex'));
const collectOf = (log: EventLog) => collect(log.readAll());

test('an append over the server’s own limit is told apart from other refusals', async (t) => {
  const { server } = await openBench(t);
  const client = createClient(server.url);
  t.after(() => client.dispose());
  const events = [eventOfSize(600_000), eventOfSize(600_000)];
  await assert.rejects(client.append(newStream(), 'none', events), (error) => {
    assert.deepEqual(sortFailure(error), { kind: 'too-large' });
    return true;
  });
});

test('options in the URL that the client reads wrongly are refused', async (t) => {
  const { server, open } = await openBench(t);
  for (const option of ['gossipTimeout=5', 'gossip_timeout=5', 'throwOnAppendFailure=false']) {
    await assert.rejects(open({ url: `${server.url}&${option}` }), TypeError);
  }
});
