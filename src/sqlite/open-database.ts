/**
 * Opens a SQLite file the way every durable store here wants it: WAL, `synchronous=FULL` (a commit is
 * on the disk when it returns), readable by its owner only, schema checked by `user_version`.
 *
 * Throws what node:sqlite throws, and an Error when the file was written by a newer version.
 */
import { DatabaseSync } from 'node:sqlite';
import { limits } from '../limits.ts';
import { createPrivately } from './create-privately.ts';

export interface OpenDatabaseOptions {
  readonly path: string;
  /** Opens without the right to write; the file must exist. */
  readonly readOnly?: boolean;
  /** SQL that makes the tables of a new file. */
  readonly schema: string;
  /** Kept in `user_version`; a file with another version is refused. */
  readonly version: number;
  /** Page cache of this connection, in KiB. Default 16 MiB. */
  readonly cacheKib?: number;
  /** How long to wait for another process's lock. Default `limits.sqlite.busyTimeoutMs`. */
  readonly busyTimeoutMs?: number;
  /** Most 4,096-octet pages the file may grow to; over it SQLITE_FULL. Default: the disk decides. */
  readonly pagesMax?: number;
}

export function openDatabase(options: OpenDatabaseOptions): DatabaseSync {
  const readOnly = options.readOnly ?? false;
  if (!readOnly) createPrivately(options.path);
  const database = new DatabaseSync(options.path, {
    readOnly,
    timeout: options.busyTimeoutMs ?? limits.sqlite.busyTimeoutMs,
    enableForeignKeyConstraints: false,
  });
  try {
    database.exec(`PRAGMA cache_size = -${options.cacheKib ?? 16_384}; PRAGMA temp_store = MEMORY;`);
    if (readOnly) {
      requireVersion(database, options);
      return database;
    }
    database.exec(`
      PRAGMA page_size = 4096;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${limits.sqlite.walCheckpointPages};
      PRAGMA journal_size_limit = ${limits.sqlite.walOctetsKept};
    `);
    if (readVersion(database) === 0) {
      database.exec(`BEGIN IMMEDIATE; ${options.schema}; PRAGMA user_version = ${options.version}; COMMIT;`);
    }
    requireVersion(database, options);
    if (options.pagesMax !== undefined) database.exec(`PRAGMA max_page_count = ${options.pagesMax}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

function requireVersion(database: DatabaseSync, options: OpenDatabaseOptions): void {
  const found = readVersion(database);
  if (found !== options.version) {
    throw new Error(`${options.path} has schema version ${found}; this program knows ${options.version}`);
  }
}
