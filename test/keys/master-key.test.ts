import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadMasterKey, MasterKeyError, masterKeyCheck, parseMasterKey } from '../../src/keys/master-key.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const fails = (fault: string, says: RegExp) => (error: unknown) =>
  error instanceof MasterKeyError && error.fault === fault && says.test(error.message);

test('the first start makes a key file for its owner only, and the next start reads it', async (t) => {
  const dataDir = join(await temporaryDirectory(t), 'data');
  const made = await loadMasterKey({ dataDir, env: {}, mayCreate: true });
  assert.equal(made.byteLength, 32);
  const path = join(dataDir, 'master.key');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.match(await readFile(path, 'utf8'), /^[0-9a-f]{64}\n$/);
  assert.deepEqual(await readdir(dataDir), ['master.key']);
  assert.deepEqual(await loadMasterKey({ dataDir, env: {}, mayCreate: false }), made);
});

test('what an interrupted first start left behind is replaced', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await writeFile(join(dataDir, 'master.key.new'), 'half a k');
  const made = await loadMasterKey({ dataDir, env: {}, mayCreate: true });
  assert.equal(made.byteLength, 32);
  assert.deepEqual(await readdir(dataDir), ['master.key']);
});

test('the environment goes first, as hex or base64, and then no file is made', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const key = randomBytes(32);
  for (const notation of ['hex', 'base64', 'base64url'] as const) {
    const env = { CHANCERY_MASTER_KEY: `${key.toString(notation)}\n` };
    assert.deepEqual(Buffer.from(await loadMasterKey({ dataDir, env, mayCreate: true })), key);
  }
  assert.deepEqual(await readdir(dataDir), []);
});

test('a key of another length or notation is refused without being repeated', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const bad = ['secret words', randomBytes(31).toString('hex'), randomBytes(33).toString('base64')];
  for (const text of bad) {
    const env = { CHANCERY_MASTER_KEY: text };
    await assert.rejects(loadMasterKey({ dataDir, env, mayCreate: true }), (error: unknown) => {
      assert.ok(fails('invalid', /CHANCERY_MASTER_KEY holds no master key/)(error));
      return !(error as Error).message.includes(text);
    });
  }
  assert.throws(() => parseMasterKey('', 'here'), fails('invalid', /^here/));
});

test('a file that others may read is refused', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await loadMasterKey({ dataDir, env: {}, mayCreate: true });
  for (const mode of [0o644, 0o640, 0o602]) {
    await chmod(join(dataDir, 'master.key'), mode);
    const loading = loadMasterKey({ dataDir, env: {}, mayCreate: true });
    await assert.rejects(loading, fails('exposed', /master\.key has mode 06.*chmod 600/));
  }
});

test('a file without a key is refused and not replaced', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await writeFile(join(dataDir, 'master.key'), '', { mode: 0o600 });
  const loading = loadMasterKey({ dataDir, env: {}, mayCreate: true });
  await assert.rejects(loading, fails('invalid', /master\.key holds no master key/));
  assert.equal((await stat(join(dataDir, 'master.key'))).size, 0);
});

test('a lost file is not replaced by a new key when keys were wrapped already', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await assert.rejects(
    loadMasterKey({ dataDir, env: {}, mayCreate: false }),
    fails('missing', /put it back, or set CHANCERY_MASTER_KEY/),
  );
  assert.deepEqual(await readdir(dataDir), []);
});

test('a data directory that cannot be is a typed error', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file'), '');
  const loading = loadMasterKey({ dataDir: join(directory, 'file'), env: {}, mayCreate: true });
  await assert.rejects(loading, fails('unreadable', /cannot be had/));
});

test('the check value tells master keys apart and is not the key', () => {
  const key = randomBytes(32);
  assert.deepEqual(masterKeyCheck(key), masterKeyCheck(Uint8Array.from(key)));
  assert.notDeepEqual(masterKeyCheck(key), masterKeyCheck(randomBytes(32)));
  assert.notDeepEqual(Buffer.from(masterKeyCheck(key)), key);
});
