/** Contract: appending in order, at an expected revision, all or none, within the size limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Appended,
  AppendTooLarge,
  appendEventsMax,
  appendSizeMax,
  type EventLog,
  eventSizeMax,
  WrongExpectedRevision,
} from '../../../events/event-log.ts';
import type { EventLogHarness } from './harness.ts';
import {
  assertRecorded,
  collect,
  eventOfSize,
  idsOf,
  isConflict,
  newEvent,
  newEvents,
  newStream,
} from './support.ts';

export function appendingContract<Store>(harness: EventLogHarness<Store>): void {
  test('events of one append stand together, in order, with their bytes unchanged', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    const head = await log.head();
    const everyOctet = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet));
    const events = [
      { ...newEvent(), data: everyOctet, metadata: everyOctet.subarray(100, 110) },
      { ...newEvent(), data: new Uint8Array(), type: 'Nothing' },
      newEvent('żółć 🐢'),
    ];
    const appended = await log.append(stream, 'none', events);
    assert.deepEqual(appended, {
      firstRevision: 0,
      lastRevision: 2,
      firstIndex: head,
      lastIndex: head + 2,
    } satisfies Appended);
    assertRecorded(await collect(log.readStream(stream)), stream, events, { revision: 0, index: head });
    assertRecorded(await collect(log.readAll({ from: head })), stream, events, { revision: 0, index: head });
  });

  test('an append continues a stream at the revision that the writer expects, or at any', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    const written = newEvents(6);
    await log.append(stream, 'any', written.slice(0, 1));
    await log.append(stream, 0, written.slice(1, 4));
    await log.append(stream, 3, written.slice(4, 5));
    const last = await log.append(stream, 'any', written.slice(5));
    assert.deepEqual([last.firstRevision, last.lastRevision], [5, 5]);
    const found = await collect(log.readStream(stream));
    assertRecorded(found, stream, written, { revision: 0, index: last.lastIndex - 5 });
  });

  test('an append at a wrong revision is refused with the actual one, and writes nothing', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    const head = await log.head();
    await assert.rejects(log.append(stream, 0, newEvents(1)), isConflict(0, -1));
    await log.append(stream, 'none', newEvents(3));
    await assert.rejects(log.append(stream, 'none', newEvents(1)), isConflict('none', 2));
    await assert.rejects(log.append(stream, 1, newEvents(2)), isConflict(1, 2));
    await assert.rejects(log.append(stream, 3, newEvents(1)), isConflict(3, 2));
    assert.equal(await log.head(), head + 3);
    assert.equal((await collect(log.readStream(stream))).length, 3);
  });

  test('of writers that expect the same revision one wins, and all get in when they reload', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream('mailbox');
    const racers = Array.from({ length: 20 }, (_, at) => newEvent(`writer ${at}`));
    const first = await Promise.allSettled(racers.map((event) => log.append(stream, 'none', [event])));
    assert.equal(first.filter((result) => result.status === 'fulfilled').length, 1);
    for (const result of first) {
      if (result.status === 'rejected') assert.ok(result.reason instanceof WrongExpectedRevision);
    }
    await Promise.all(racers.map((event) => appendWithReload(log, stream, `reloaded ${event.id}`)));
    const found = await collect(log.readStream(stream));
    assert.deepEqual(
      found.map((event) => event.revision),
      Array.from({ length: 21 }, (_, revision) => revision),
    );
  });

  test('a writer may chain appends without waiting for each; every one is judged by its own revision', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream('mailbox');
    const chain = newEvents(50);
    await Promise.all(chain.map((event, at) => log.append(stream, at === 0 ? 'none' : at - 1, [event])));
    const found = await collect(log.readStream(stream));
    assertRecorded(found, stream, chain, { revision: 0, index: found[0]?.index ?? -1 });

    // The first comes too late; the second expects what stands there, so it is taken, and the third after it.
    const late = newEvents(3);
    const results = await Promise.allSettled(late.map((event, at) => log.append(stream, 48 + at, [event])));
    assert.deepEqual(
      results.map((result) => result.status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(idsOf(await collect(log.readStream(stream, { from: 50 }))), idsOf(late.slice(1)));
  });

  test('the index is dense over all streams, and one append is never torn apart', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const streams = Array.from({ length: 10 }, () => newStream('session'));
    const appends = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        log.append(streams[at % 10] as string, 'any', newEvents(1 + (at % 4))),
      ),
    );
    const all = await collect(log.readAll({ from: head }));
    assert.equal(await log.head(), head + all.length);
    assert.deepEqual(
      all.map((event) => event.index),
      all.map((_, at) => head + at),
    );
    const revisions = new Map<string, number>();
    for (const event of all) {
      assert.equal(event.revision, (revisions.get(event.stream) ?? -1) + 1);
      revisions.set(event.stream, event.revision);
    }
    for (const appended of appends) {
      assert.equal(appended.lastIndex - appended.firstIndex, appended.lastRevision - appended.firstRevision);
    }
    assert.equal(new Set(appends.map((appended) => appended.firstIndex)).size, 100);
  });

  test('the largest event and the largest append are stored; one octet or event more is refused', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    const head = await log.head();
    const over = [
      [eventOfSize(eventSizeMax + 1)],
      [eventOfSize(eventSizeMax), eventOfSize(appendSizeMax - eventSizeMax + 1)],
      newEvents(appendEventsMax + 1),
    ];
    for (const events of over) await assert.rejects(log.append(stream, 'none', events), AppendTooLarge);
    assert.equal(await log.head(), head);
    const largest = [eventOfSize(eventSizeMax), eventOfSize(appendSizeMax - eventSizeMax)];
    await log.append(stream, 'none', largest);
    await log.append(stream, 1, newEvents(appendEventsMax));
    const found = await collect(log.readStream(stream));
    assertRecorded(found.slice(0, 2), stream, largest, { revision: 0, index: head });
    assert.equal(found.length, 2 + appendEventsMax);
  });

  test('an append of nothing, or with an id that is no canonical UUID, is a bug and says so', async (t) => {
    const { log } = await harness.open(t);
    await assert.rejects(log.append(newStream(), 'any', []), RangeError);
    for (const id of ['', 'x', newEvent().id.toUpperCase().replace(/^./, 'A'), `${newEvent().id} `]) {
      await assert.rejects(log.append(newStream(), 'any', [{ ...newEvent(), id }]), RangeError);
    }
  });
}

async function appendWithReload(log: EventLog, stream: string, text: string): Promise<void> {
  for (;;) {
    try {
      await log.append(stream, await log.lastRevision(stream), [newEvent(text)]);
      return;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
}
