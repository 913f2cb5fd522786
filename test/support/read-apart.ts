/**
 * Reads and copies the files of a live database from another process. In this one, closing a descriptor
 * of the file would drop the locks of SQLite's own connections
 * (https://www.sqlite.org/howtocorrupt.html section 2.2).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export async function readApart(path: string): Promise<Buffer> {
  const { stdout } = await run('cat', [path], { encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

export async function copyApart(from: string, to: string): Promise<void> {
  await run('cp', [from, to]);
}
