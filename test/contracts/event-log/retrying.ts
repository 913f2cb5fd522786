/** Contract: sending the same events again never writes them twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventLogHarness } from './harness.ts';
import { collect, idsOf, isConflict, newEvents, newStream } from './support.ts';

export function retryingContract<Store>(harness: EventLogHarness<Store>): void {
  test('the same events at the same expected revision resolve with where they stand already', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    const first = newEvents(3);
    const second = newEvents(2);
    const firstAppended = await log.append(stream, 'none', first);
    assert.deepEqual(await log.append(stream, 'none', first), firstAppended);
    const secondAppended = await log.append(stream, 2, second);
    await log.append(stream, 4, newEvents(1));
    assert.deepEqual(await log.append(stream, 'none', first), firstAppended);
    assert.deepEqual(await log.append(stream, 2, second), secondAppended);
    assert.equal((await collect(log.readStream(stream))).length, 6);
    assert.equal(await log.lastRevision(stream), 5);
  });

  test('a retry that does not match what stands there is a conflict', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    const [a, b, c] = newEvents(3);
    assert.ok(a && b && c);
    await log.append(stream, 'none', [a, b]);
    await assert.rejects(log.append(stream, 'none', [a, c]), isConflict('none', 1));
    await assert.rejects(log.append(stream, 'none', [b, a]), isConflict('none', 1));
    await assert.rejects(log.append(stream, 'none', [b]), isConflict('none', 1));
    await assert.rejects(log.append(newStream(), 0, [b]), isConflict(0, -1));
    assert.deepEqual(idsOf(await collect(log.readStream(stream))), [a.id, b.id]);
  });

  test('the same append sent twice at once stands once', async (t) => {
    const { log } = await harness.open(t);
    const stream = newStream();
    const events = newEvents(4);
    const [one, two] = await Promise.all([
      log.append(stream, 'none', events),
      log.append(stream, 'none', events),
    ]);
    assert.deepEqual(one, two);
    assert.deepEqual(idsOf(await collect(log.readStream(stream))), idsOf(events));
  });

  test('a retry is recognised by another adapter that opens the store later', async (t) => {
    const opened = await harness.open(t);
    const stream = newStream();
    const events = newEvents(2);
    const appended = await opened.log.append(stream, 'none', events);
    await opened.log.append(newStream(), 'none', newEvents(3));
    const log = await harness.reopen(opened);
    assert.deepEqual(await log.append(stream, 'none', events), appended);
    assert.equal(await log.head(), appended.lastIndex + 4);
    assert.equal(await log.lastRevision(stream), 1);
  });
}
