import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Projection, SourceUnavailable } from '../../projections/projection.ts';
import { ProjectionBroken } from '../../projections/runner.ts';
import { ViewStalled } from '../../projections/view-database.ts';
import { openSqliteView } from '../../src/views/sqlite/view-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { applyAll } from '../support/view-building.ts';
import { expunges, openSumming, summing, sumOf } from './summing-projection.ts';

async function path(t: TestContext): Promise<string> {
  return join(await temporaryDirectory(t), 'view.db');
}

test('a view goes on from its checkpoint, and what is below it is skipped', async (t) => {
  const file = await path(t);
  const events = expunges(10);
  const first = openSumming(file);
  await applyAll(first, events.slice(0, 12), 5);
  assert.deepEqual(first.checkpoint(), { next: 12, lastId: events[11]?.id });
  first.close();
  const second = openSumming(file);
  assert.deepEqual(second.checkpoint(), { next: 12, lastId: events[11]?.id });
  await applyAll(second, events, 7);
  await applyAll(second, events, 3);
  assert.equal(sumOf(second), 55);
  second.close();
});

test('a batch that leaves out events is refused', async (t) => {
  const runner = openSumming(await path(t));
  await assert.rejects(applyAll(runner, expunges(3).slice(2)), RangeError);
  assert.equal(runner.checkpoint().next, 0);
  runner.close();
});

test('when one event of a batch fails, nothing of the batch stands, and the event is named', async (t) => {
  let undone = 0;
  const projection = summing();
  const failing = summing({
    apply(db, event, prepared) {
      if (event.index === 6) throw new Error('cannot');
      projection.apply(db, event, prepared);
    },
    undone: () => {
      undone++;
    },
  });
  const runner = openSumming(await path(t), failing);
  const events = expunges(5);
  await applyAll(runner, events.slice(0, 4));
  await assert.rejects(
    applyAll(runner, events.slice(4)),
    (error) => error instanceof ProjectionBroken && error.index === 6 && error.projection === 'summing',
  );
  assert.deepEqual([runner.checkpoint().next, sumOf(runner), undone], [4, 3, 1]);
  runner.close();
});

test('a source that cannot answer fails the batch as it is, to be tried again', async (t) => {
  let down = true;
  const runner = openSumming(
    await path(t),
    summing({
      async prepare() {
        if (down) throw new SourceUnavailable('later');
      },
    }),
  );
  const events = expunges(5);
  await assert.rejects(applyAll(runner, events), SourceUnavailable);
  assert.deepEqual([runner.checkpoint().next, sumOf(runner)], [0, undefined]);
  down = false;
  await applyAll(runner, events);
  assert.equal(sumOf(runner), 15);
  runner.close();
});

test('a full disk fails the batch as it is, to be tried again', async (t) => {
  const plain = summing();
  const filling = summing({
    schema: [...plain.schema, 'CREATE TABLE filler (octets BLOB) STRICT'],
    apply(db, event, prepared) {
      plain.apply(db, event, prepared);
      db.run('INSERT INTO filler VALUES (?)', new Uint8Array(10_000));
    },
  });
  const runner = openSumming(await path(t), filling);
  const events = expunges(20);
  runner.database.exec('PRAGMA max_page_count = 20');
  await assert.rejects(applyAll(runner, events), ViewStalled);
  assert.deepEqual([runner.checkpoint().next, sumOf(runner)], [0, undefined]);
  runner.database.exec('PRAGMA max_page_count = 100000');
  await applyAll(runner, events);
  assert.equal(sumOf(runner), 210);
  runner.close();
});

test('another version, other tables, another projection or no database: rebuilt from zero', async (t) => {
  const events = expunges(5);
  const otherTables = [...summing().schema, 'CREATE TABLE more (one INTEGER) STRICT'];
  const changes: readonly Partial<Projection>[] = [
    { version: 2 },
    { schema: otherTables },
    { name: 'other' },
  ];
  for (const change of changes) {
    const file = await path(t);
    const old = openSumming(file);
    await applyAll(old, events);
    old.close();
    const anew = openSumming(file, summing(change));
    assert.deepEqual([anew.checkpoint(), sumOf(anew)], [{ next: 0, lastId: null }, undefined]);
    await applyAll(anew, events);
    assert.equal(sumOf(anew), 15);
    anew.close();
  }
  const file = await path(t);
  writeFileSync(file, 'no database '.repeat(1000));
  const anew = openSumming(file);
  assert.equal(anew.checkpoint().next, 0);
  anew.close();
});

test('a view that was started and never finished its tables is made anew', async (t) => {
  const file = await path(t);
  const half = openSqliteView({ path: file });
  half.exec('CREATE TABLE sums (account TEXT) STRICT');
  half.close();
  const runner = openSumming(file);
  await applyAll(runner, expunges(2));
  assert.equal(sumOf(runner), 3);
  runner.close();
});

test('events that nobody handles move the checkpoint at the latest when the view is closed', async (t) => {
  const file = await path(t);
  const events = expunges(2);
  const runner = openSumming(file, summing({ handles: new Set() }));
  await applyAll(runner, events);
  runner.close();
  const again = openSumming(file, summing({ handles: new Set() }));
  assert.equal(again.checkpoint().next, events.length);
  again.close();
});

test('a process that is killed between batches, or in one, loses and repeats nothing', async (t) => {
  const file = await path(t);
  const events = expunges(4000);
  for (let round = 0; round < 3; round++) {
    const child = spawn(
      process.execPath,
      [new URL('./apply-until-killed.ts', import.meta.url).pathname, file],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    // It says each batch that it has applied; some rounds are killed early, some late.
    let batches = 0;
    for await (const said of child.stdout) {
      batches += (said as Buffer).byteLength;
      if (batches > round * 20) break;
    }
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const runner = openSumming(file);
    const { next } = runner.checkpoint();
    const applied = Math.ceil(next / 2);
    assert.equal(sumOf(runner) ?? 0, (applied * (applied + 1)) / 2);
    runner.close();
  }
  const runner = openSumming(file);
  await applyAll(runner, events, 111);
  assert.equal(sumOf(runner), 8_002_000);
  runner.close();
});
