import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSqliteLog } from '../../src/log/sqlite/open-sqlite-log.ts';
import { collect } from '../contracts/event-log/support.ts';

const child = fileURLToPath(new URL('./append-until-killed.ts', import.meta.url));

/** Runs the appending child, kills it after so many acknowledged events, and returns those. */
async function appendAndKill(path: string, acknowledgedMin: number): Promise<Map<number, string>> {
  const running = spawn(process.execPath, [child, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  running.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > acknowledgedMin) running.kill('SIGKILL');
  });
  await once(running, 'close');
  assert.equal(running.signalCode, 'SIGKILL');
  const lines = output.split('\n').slice(0, -1);
  return new Map(lines.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1] ?? '']));
}

test('kill -9 loses nothing that was acknowledged, leaves no gap, and the next process takes over', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'chancery-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'log.db');
  const acknowledged = new Map<number, string>();
  for (const acknowledgedMin of [1, 50, 400, 1000]) {
    for (const [index, id] of await appendAndKill(path, acknowledgedMin)) {
      assert.ok(!acknowledged.has(index), `index ${index} was given twice`);
      acknowledged.set(index, id);
    }
    const log = await openSqliteLog({ path });
    const all = await collect(log.readAll());
    const ends = new Map<string, number>();
    for (const [at, event] of all.entries()) {
      assert.equal(event.index, at);
      assert.equal(event.revision, (ends.get(event.stream) ?? -1) + 1);
      ends.set(event.stream, event.revision);
    }
    for (const [index, id] of acknowledged) assert.equal(all[index]?.id, id);
    assert.equal(await log.head(), all.length);
    await log.close();
  }
  assert.ok(acknowledged.size >= 1451);
});
