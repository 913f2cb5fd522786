/** What an operator would ask after a crash: `verify` is clean, and every view equals the log (`replay --check`). */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const withinMs = 120_000;

/** Empty when both commands end well; no server may run on the data directory. */
export async function checkByCommands(configPath: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const command of [['verify'], ['replay', '--check']]) {
    const problem = await run([...command, '--config', configPath]);
    if (problem !== undefined) problems.push(`${command.join(' ')}: ${problem}`);
  }
  return problems;
}

function run(argv: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...argv], { timeout: withinMs }, (error, stdout, stderr) => {
      resolve(error === null ? undefined : `${error.message}\n${stdout}\n${stderr}`);
    });
  });
}
