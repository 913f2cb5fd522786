/** The position index: a cache that may be kept, lost, damaged or foreign, and the log stays right. */
import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogUnavailable } from '../../events/event-log.ts';
import { categories } from '../../events/streams.ts';
import { streamKey } from '../../src/log/kurrentdb/stream-key.ts';
import { collect, followUntil, idsOf, newEvents, newStream } from '../contracts/event-log/support.ts';
import { openBench } from './kurrentdb-support.ts';

test('a kept index is taken up where it ended, behind what others wrote meanwhile', async (t) => {
  const { folder, open, notices } = await openBench(t);
  const indexPath = join(folder, 'positions.db');
  const first = await open({ indexPath });
  const other = await open();
  const stream = newStream();
  const events = newEvents(700);
  await first.append(stream, 'none', events.slice(0, 600));
  await first.close();
  await other.append(stream, 599, events.slice(600));
  const second = await open({ indexPath });
  assert.equal(await second.head(), 700);
  assert.deepEqual(idsOf(await followUntil(second, 300, 400)), idsOf(events.slice(300)));
  const found = await collect(second.readStream(stream, { from: 590, limit: 20 }));
  assert.deepEqual(
    found.map((event) => event.index),
    Array.from({ length: 20 }, (_, at) => 590 + at),
  );
  assert.ok(!notices.some(({ kind }) => kind === 'position-index-rebuilt'));
});

test('an index that is damaged, or belongs to another log, is counted anew', async (t) => {
  const { folder, open, notices } = await openBench(t);
  const foreign = await openBench(t);
  const indexPath = join(folder, 'positions.db');
  const other = await foreign.open({ indexPath: join(foreign.folder, 'positions.db') });
  await other.append(newStream(), 'none', newEvents(9));
  await other.close();
  const log = await open();
  const stream = newStream();
  await log.append(stream, 'none', newEvents(3));
  await copyFile(join(foreign.folder, 'positions.db'), indexPath);
  const second = await open({ indexPath });
  assert.equal(await second.head(), 3);
  assert.equal((await collect(second.readStream(stream))).at(-1)?.index, 2);
  assert.equal(notices.filter(({ kind }) => kind === 'position-index-rebuilt').length, 1);
  await second.close();
  const bytes = await readFile(indexPath);
  await writeFile(indexPath, bytes.fill(0xaa, 0, 200));
  const third = await open({ indexPath });
  assert.deepEqual(idsOf(await collect(third.readAll())), idsOf(await collect(log.readAll())));
  assert.equal(notices.filter(({ kind }) => kind === 'position-index-rebuilt').length, 2);
});

test('two adapters cannot share one index file', async (t) => {
  const { folder, open } = await openBench(t);
  const indexPath = join(folder, 'positions.db');
  const log = await open({ indexPath });
  await log.append(newStream(), 'none', newEvents(1));
  await assert.rejects(open({ indexPath }), LogUnavailable);
  assert.equal(await log.head(), 1);
});

test('different streams never share a key', () => {
  const uuid = fc.uuid();
  const id = fc.oneof(
    uuid,
    uuid.map((text) => text.toUpperCase()),
    fc.string(),
    fc.constant('main'),
  );
  const name = fc.tuple(fc.constantFrom(...categories, 'order'), id).map((parts) => parts.join('-'));
  const hex = (stream: string): string => Buffer.from(streamKey(stream)).toString('hex');
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.equal(hex(a) === hex(b), a === b);
    }),
  );
});
