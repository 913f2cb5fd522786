/** `npm test`: all tests with Node's own runner. Arguments narrow it down to files or folders. */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';

const asked = process.argv.slice(2);
const files = (asked.length > 0 ? asked : ['test'])
  .flatMap((each) => (each.endsWith('.ts') ? [each] : globSync(`${each}/**/*.test.ts`)))
  .sort();
const reporter = process.env.CI === undefined ? 'dot' : 'spec';
const child = spawn(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=240000', `--test-reporter=${reporter}`, ...files],
  { stdio: 'inherit' },
);
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
