/**
 * One process owns a data directory. The lock is the kernel's own, held through SQLite on `chancery.lock`,
 * so it ends with its process however that ends: nothing stale is left by `kill -9`, and a process id
 * that was given out again fools nobody. `chancery.pid` beside it only says who holds it.
 *
 * Throws `DataDirectoryLocked`. Within one process the lock is as exclusive as between two. On a network
 * file system it is worth what that system's POSIX locks are worth.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createPrivately } from './create-privately.ts';
import { failureInfo } from './failure.ts';

export interface DataLock {
  /** Gives the directory free. Does nothing the second time. */
  release(): void;
}

export class DataDirectoryLocked extends Error {
  override readonly name = 'DataDirectoryLocked';
  readonly directory: string;
  /** The owner as it wrote itself down; undefined when that cannot be read. */
  readonly pid: number | undefined;
  constructor(directory: string, pid: number | undefined) {
    super(
      `the data directory ${directory} belongs to ${pid === undefined ? 'another process' : `process ${pid}`}`,
    );
    this.directory = directory;
    this.pid = pid;
  }
}

/** The connections that hold a lock. An open one that nobody refers to is closed by the collector, and a
 * caller that needs the directory until its process ends has no reason to keep what it got. */
const holding = new Set<DatabaseSync>();

/** Makes the directory when there is none. */
export function lockDataDirectory(directory: string): DataLock {
  const path = join(directory, 'chancery.lock');
  const pidPath = join(directory, 'chancery.pid');
  createPrivately(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Without a write there is no journal file, and closing the connection is all that releasing takes.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;');
  } catch (error) {
    database.close();
    if (failureInfo(error).kind === 'busy') throw new DataDirectoryLocked(directory, readPid(pidPath));
    throw error;
  }
  holding.add(database);
  writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      if (!database.isOpen) return;
      rmSync(pidPath, { force: true });
      holding.delete(database);
      database.close();
    },
  };
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return Number.isNaN(pid) ? undefined : pid;
  } catch {
    // The owner has locked but not yet written, or is just leaving: the lock counts, not the note.
    return undefined;
  }
}
