import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DataDirectoryLocked, lockDataDirectory } from '../../src/sqlite/data-lock.ts';

const module = new URL('../../src/sqlite/data-lock.ts', import.meta.url).href;
const holder = `
  const { lockDataDirectory } = await import(${JSON.stringify(module)});
  lockDataDirectory(process.argv[1]);
  process.stdout.write('locked');
  setInterval(() => {}, 1000);
`;

test('the lock names the process that holds it, and a killed one leaves nothing in the way', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'chancery-'));
  t.after(() => rm(directory, { recursive: true }));
  const other = spawn(process.execPath, ['--input-type=module', '-e', holder, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  assert.throws(
    () => lockDataDirectory(directory),
    (error) => error instanceof DataDirectoryLocked && error.pid === other.pid,
  );
  other.kill('SIGKILL');
  await once(other, 'close');
  assert.ok(existsSync(join(directory, 'chancery.pid')));
  const lock = lockDataDirectory(directory);
  assert.throws(
    () => lockDataDirectory(directory),
    (error) => error instanceof DataDirectoryLocked && error.pid === process.pid,
  );
  // A careless second attempt must not have dropped the lock for other processes.
  const third = spawn(process.execPath, ['--input-type=module', '-e', holder, directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  third.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  await once(third, 'close');
  assert.notEqual(third.exitCode, 0);
  assert.match(complaint, new RegExp(`belongs to process ${process.pid}`));
  lock.release();
  lock.release();
  assert.ok(!existsSync(join(directory, 'chancery.pid')));
  lockDataDirectory(directory).release();
});
