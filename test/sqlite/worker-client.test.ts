import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SqliteFailure } from '../../src/sqlite/failure.ts';
import { type SqliteWorker, startSqliteWorker } from '../../src/sqlite/worker-client.ts';
import type { EchoRequest, EchoSetup } from './echo-worker.ts';

type Echo = SqliteWorker<EchoRequest, number>;

async function echo(
  t: TestContext,
  options: { pagesMax?: number; waitingRequestsMax?: number; onHello?: (notes: number) => void } = {},
): Promise<{ worker: Echo; path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'chancery-'));
  const path = join(directory, 'data', 'notes.db');
  const worker = await startSqliteWorker<EchoSetup, { notes: number }, EchoRequest, number>({
    module: new URL('./echo-worker.ts', import.meta.url),
    name: 'echo',
    setup: options.pagesMax === undefined ? { path } : { path, pagesMax: options.pagesMax },
    bounds: {
      batchWeightMax: 100,
      batchOctetsMax: 1024 * 1024,
      waitingRequestsMax: options.waitingRequestsMax ?? 1000,
      waitingOctetsMax: 8 * 1024 * 1024,
    },
    onStarted: (hello) => options.onHello?.(hello.notes),
  });
  t.after(async () => {
    await worker.close();
    await rm(directory, { recursive: true });
  });
  return { worker, path };
}

const count = async (worker: Echo): Promise<number> => (await worker.call({ kind: 'count' })).head;

test('octets come back as they went in, also views of a larger buffer and empty ones', async (t) => {
  const { worker } = await echo(t);
  const slab = new Uint8Array(1000).map((_, at) => at);
  const written = [slab.subarray(10, 20), new Uint8Array(), slab];
  await Promise.all(written.map((octets, id) => worker.call({ kind: 'write', id }, [octets])));
  for (const [id, octets] of written.entries()) {
    const answer = await worker.call({ kind: 'read', id });
    assert.deepEqual([...(answer.octets[0] ?? [])], [...octets]);
  }
});

test('a request that fails is undone alone; the rest of its batch stands', async (t) => {
  const { worker } = await echo(t);
  const results = await Promise.allSettled([
    worker.call({ kind: 'write', id: 1 }),
    worker.call({ kind: 'write-then-throw', id: 2 }),
    worker.call({ kind: 'write', id: 1 }),
    worker.call({ kind: 'write', id: 3 }),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.equal(await count(worker), 2);
});

test('when a full disk takes the transaction away the whole batch fails, and nothing of it stands', async (t) => {
  const { worker } = await echo(t, { pagesMax: 20 });
  await worker.call({ kind: 'write', id: 0 });
  const results = await Promise.allSettled([
    worker.call({ kind: 'write', id: 1 }),
    worker.call({ kind: 'write', id: 2 }, [new Uint8Array(200_000)]),
    worker.call({ kind: 'write', id: 3 }),
  ]);
  for (const result of results) {
    assert.ok(result.status === 'rejected' && result.reason instanceof SqliteFailure);
    assert.equal(result.reason.kind, 'full');
    assert.equal(result.reason.outcomeUnknown, false);
  }
  assert.equal(await count(worker), 1);
  await worker.call({ kind: 'write', id: 3 });
  assert.equal(await count(worker), 2);
});

test('a worker that dies fails its batch as unknown, and another takes over what waits', async (t) => {
  const hellos: number[] = [];
  const { worker } = await echo(t, { onHello: (notes) => hellos.push(notes) });
  await worker.call({ kind: 'write', id: 1 });
  const lost = worker.call({ kind: 'crash' });
  await Promise.resolve();
  const next = worker.call({ kind: 'write', id: 2 });
  await assert.rejects(lost, (error) => error instanceof SqliteFailure && error.outcomeUnknown);
  assert.equal((await next).head, 2);
  assert.deepEqual(hellos, [0, 1]);
});

test('over the bound of the waiting room a call fails at once', async (t) => {
  const { worker } = await echo(t, { waitingRequestsMax: 10 });
  const calls = Array.from({ length: 50 }, (_, id) => worker.call({ kind: 'write', id }));
  const results = await Promise.allSettled(calls);
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 10);
  for (const result of results.slice(10)) {
    assert.ok(result.status === 'rejected' && result.reason instanceof SqliteFailure);
    assert.equal(result.reason.kind, 'overloaded');
  }
});

test('close settles what waits; a later call is refused; the file is its owner’s alone', async (t) => {
  const { worker, path } = await echo(t);
  const calls = Array.from({ length: 300 }, (_, id) => worker.call({ kind: 'write', id }));
  await worker.close();
  assert.equal((await Promise.all(calls)).length, 300);
  await assert.rejects(worker.call({ kind: 'count' }), (error) => {
    return error instanceof SqliteFailure && error.kind === 'closed';
  });
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a database that cannot be opened fails the start with the reason', async () => {
  const start = startSqliteWorker<EchoSetup, unknown, EchoRequest, number>({
    module: new URL('./echo-worker.ts', import.meta.url),
    name: 'echo',
    setup: { path: '/dev/null/notes.db' },
    bounds: { batchWeightMax: 1, batchOctetsMax: 1, waitingRequestsMax: 1, waitingOctetsMax: 1 },
  });
  await assert.rejects(start, /ENOTDIR|EEXIST|not a directory/i);
});
