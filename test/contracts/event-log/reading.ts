/** Contract: reading a stream and the whole log, in pages, while others write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventLogHarness } from './harness.ts';
import { assertRecorded, collect, eventOfSize, newEvent, newEvents, newStream } from './support.ts';

export function readingContract<Store>(harness: EventLogHarness<Store>): void {
  test('a stream that does not exist reads as empty and has revision -1', async (t) => {
    const { log } = await harness.open(t);
    assert.deepEqual(await collect(log.readStream(newStream())), []);
    assert.deepEqual(await collect(log.readStream(newStream(), { direction: 'backwards' })), []);
    assert.equal(await log.lastRevision(newStream()), -1);
  });

  test('a stream is read forwards and backwards, from a revision, up to a limit', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    await log.append(stream, 'none', newEvents(6));
    await log.append(newStream(), 'none', newEvents(2));
    await log.append(stream, 5, newEvents(4));
    const revisions = async (options: Parameters<typeof log.readStream>[1]): Promise<number[]> =>
      (await collect(log.readStream(stream, options))).map((event) => event.revision);
    assert.deepEqual(await revisions({}), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(await revisions({ from: 7 }), [7, 8, 9]);
    assert.deepEqual(await revisions({ from: 4, limit: 3 }), [4, 5, 6]);
    assert.deepEqual(await revisions({ from: 10 }), []);
    assert.deepEqual(await revisions({ limit: 0 }), []);
    assert.deepEqual(await revisions({ direction: 'backwards' }), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    assert.deepEqual(await revisions({ direction: 'backwards', from: 2 }), [2, 1, 0]);
    assert.deepEqual(await revisions({ direction: 'backwards', from: 8, limit: 2 }), [8, 7]);
    assert.deepEqual(await revisions({ direction: 'backwards', from: 50, limit: 1 }), [9]);
  });

  test('the whole log is read from an index, up to a limit, in the one global order', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    for (let at = 0; at < 10; at++) await log.append(newStream(), 'none', newEvents(2));
    const indexes = async (options: Parameters<typeof log.readAll>[0]): Promise<number[]> =>
      (await collect(log.readAll(options))).map((event) => event.index - head);
    assert.deepEqual(
      await indexes({ from: head }),
      Array.from({ length: 20 }, (_, at) => at),
    );
    assert.deepEqual(await indexes({ from: head + 17 }), [17, 18, 19]);
    assert.deepEqual(await indexes({ from: head + 3, limit: 2 }), [3, 4]);
    assert.deepEqual(await indexes({ from: head + 20 }), []);
    assert.deepEqual(await indexes({ from: head, limit: 0 }), []);
  });

  test('long reads and large events arrive complete, whatever a page of the store holds', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const stream = newStream();
    const written = [
      ...newEvents(700),
      ...Array.from({ length: 6 }, () => eventOfSize(400_000)),
      ...newEvents(700),
    ];
    let revision = -1;
    for (const part of [
      written.slice(0, 700),
      ...written.slice(700, 706).map((event) => [event]),
      written.slice(706),
    ]) {
      revision = (await log.append(stream, revision === -1 ? 'none' : revision, part)).lastRevision;
    }
    const forwards = await collect(log.readStream(stream));
    assertRecorded(forwards, stream, written, { revision: 0, index: head });
    const backwards = await collect(log.readStream(stream, { direction: 'backwards' }));
    assertRecorded(backwards.reverse(), stream, written, { revision: 0, index: head });
    const all = await collect(log.readAll({ from: head }));
    assertRecorded(all, stream, written, { revision: 0, index: head });
  });

  test('a reader that stops early, and readers side by side, disturb nobody', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const stream = newStream();
    await log.append(stream, 'none', newEvents(900));
    for await (const event of log.readAll({ from: head })) if (event.index === head + 3) break;
    for await (const event of log.readStream(stream)) if (event.revision === 600) break;
    const sizes = await Promise.all(
      Array.from({ length: 8 }, async () => (await collect(log.readStream(stream))).length),
    );
    assert.deepEqual(sizes, Array.from({ length: 8 }).fill(900));
  });

  test('reading while writing: every read is a gapless prefix that holds all that was acknowledged', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const streams = Array.from({ length: 4 }, () => newStream('mailbox'));
    let acknowledged = 0;
    let writing = true;
    const writers = streams.map(async (stream) => {
      for (let revision = -1; revision < 39; revision++) {
        await log.append(stream, revision === -1 ? 'none' : revision, [newEvent()]);
        acknowledged++;
        assert.ok((await log.lastRevision(stream)) >= revision + 1);
      }
    });
    const readers = streams.map(async (stream) => {
      while (writing) {
        const before = acknowledged;
        const all = await collect(log.readAll({ from: head }));
        assert.ok(all.length >= before, `read ${all.length} of ${before} acknowledged events`);
        for (const [at, event] of all.entries()) assert.equal(event.index, head + at);
        for (const [at, event] of (await collect(log.readStream(stream))).entries()) {
          assert.equal(event.revision, at);
        }
      }
    });
    await Promise.all(writers);
    writing = false;
    await Promise.all(readers);
    assert.equal(await log.head(), head + 160);
  });

  test('reading the whole log ends at the head as of the call, although writers go on', async (t) => {
    const { log } = await harness.open(t);
    const head = await log.head();
    const stream = newStream();
    await log.append(stream, 'none', newEvents(20));
    let read = 0;
    // Each event read writes another one: a read that followed the head would never end.
    for await (const event of log.readAll({ from: head })) {
      assert.equal(event.index, head + read);
      read++;
      await log.append(stream, 'any', [newEvent()]);
    }
    assert.equal(read, 20);
  });
}
