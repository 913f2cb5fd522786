/** `npm run campaign`: crash rounds, 30 unless `--rounds` says otherwise; `--seed` repeats a plan. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCrashRounds } from './crash-rounds.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, seed: { type: 'string' } },
});
const rounds = Number(values.rounds);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
  throw new RangeError('--rounds and --seed take whole numbers');
}

const directory = await mkdtemp(join(tmpdir(), 'chancery-campaign-'));
console.log(`seed ${seed}, ${rounds} rounds`);
const withinMs = 60_000 + rounds * 20_000;
const result = await runCrashRounds({
  directory,
  rounds,
  seed,
  senders: 8,
  withinMs,
  say: (line) => console.log(line),
});
console.log(
  `${result.accepted} messages accepted, ${result.deliveries} deliveries; views deleted ${result.viewsDeleted} ` +
    `times, killed while starting ${result.killedWhileStarting} times`,
);
for (const problem of result.problems.slice(0, 50)) console.error(problem);
if (result.problems.length === 0) {
  await rm(directory, { recursive: true, force: true });
} else {
  console.error(`${result.problems.length} problems; the data directory is kept: ${directory}`);
  process.exitCode = 1;
}
