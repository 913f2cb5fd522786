/**
 * Makes a database file, and the folders above it, for its owner alone. SQLite gives the WAL and its
 * index the permissions of the database file.
 *
 * A file that exists is never opened here: closing any descriptor of a file drops all POSIX locks that
 * this process holds on it, those of SQLite's own connections included
 * (https://www.sqlite.org/howtocorrupt.html section 2.2). Nobody in this process may open a live
 * database file by any other way than through SQLite.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

export function createPrivately(path: string): void {
  const madeFolder = mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (existsSync(path)) return;
    throw error;
  }
  // A file is durable only when its name is, and so is a folder.
  syncFolder(dirname(path));
  if (madeFolder !== undefined) syncFolder(dirname(madeFolder));
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
