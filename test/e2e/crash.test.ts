/** Three crash rounds, one of each kind; `npm run campaign` runs as many as one likes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCrashRounds } from '../campaign/crash-rounds.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('kill -9 loses nothing that got 250 and delivers nothing twice', { timeout: 180_000 }, async (t) => {
  const result = await runCrashRounds({
    directory: await temporaryDirectory(t),
    rounds: 3,
    seed: 1,
    senders: 8,
    withinMs: 120_000,
    say: (line) => t.diagnostic(line),
  });
  assert.deepEqual(result.problems, []);
  assert.ok(result.accepted > 0, 'nothing was accepted: the rounds prove nothing');
  assert.ok(result.deliveries >= result.accepted);
  assert.ok(result.viewsDeleted > 0 && result.killedWhileStarting > 0);
});
