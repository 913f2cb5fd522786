import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { DataDirectoryLocked, lockDataDirectory } from '../../src/sqlite/data-lock.ts';

const module = new URL('../../src/sqlite/data-lock.ts', import.meta.url).href;

/** A process that locks the directory, forgets what it got, and stays. */
const program = `
  const { lockDataDirectory } = await import(${JSON.stringify(module)});
  lockDataDirectory(process.argv[1]);
  for (let round = 0; round < 3; round++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write('locked');
  setInterval(() => {}, 1000);
`;

function lockElsewhere(t: TestContext, directory: string): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

const belongsTo =
  (pid: number | undefined) =>
  (error: unknown): boolean =>
    error instanceof DataDirectoryLocked && error.pid === pid;

async function newDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'chancery-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('the lock lasts as long as its process, names it, and a killed one leaves nothing in the way', async (t) => {
  const directory = await newDirectory(t);
  const other = lockElsewhere(t, directory);
  await once(other.stdout, 'data');
  assert.throws(() => lockDataDirectory(directory), belongsTo(other.pid));
  other.kill('SIGKILL');
  await once(other, 'close');
  assert.ok(existsSync(join(directory, 'chancery.pid')));
  const lock = lockDataDirectory(directory);
  lock.release();
  lock.release();
  assert.ok(!existsSync(join(directory, 'chancery.pid')));
  lockDataDirectory(directory).release();
});

test('a second attempt in the same process is refused and leaves the lock as strong as it was', async (t) => {
  const directory = await newDirectory(t);
  const lock = lockDataDirectory(directory);
  t.after(() => lock.release());
  assert.throws(() => lockDataDirectory(directory), belongsTo(process.pid));
  const other = lockElsewhere(t, directory);
  const complaint = text(other.stderr);
  const [code] = await once(other, 'close');
  assert.equal(code, 1);
  assert.match(await complaint, new RegExp(`belongs to process ${process.pid}`));
});
