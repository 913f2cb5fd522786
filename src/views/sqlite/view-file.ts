/**
 * A view's database on node:sqlite: one file for each projection, WAL. `synchronous=NORMAL`: after a power
 * cut a view may be a little older than the log, never torn, and catches up. `secure_delete`: what is purged
 * is overwritten.
 */
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  type Row,
  type SqlValue,
  ViewCorrupt,
  type ViewDatabase,
  type ViewFile,
  ViewStalled,
} from '../../../projections/view-database.ts';
import { limits } from '../../limits.ts';
import { failureInfo } from '../../sqlite/failure.ts';

export interface SqliteViewOptions {
  /** `:memory:` for one that is gone with its connection. */
  readonly path: string;
  /** The file must exist and is not written. */
  readonly readOnly?: boolean;
}

export const sqliteViewFile = (options: SqliteViewOptions): ViewFile => ({
  open: () => openSqliteView(options),
  remove: () => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${options.path}${suffix}`, { force: true });
  },
});

export function openSqliteView(options: SqliteViewOptions): ViewDatabase {
  const readOnly = options.readOnly ?? false;
  if (!readOnly && options.path !== ':memory:') createPrivately(options.path);
  return guarded(options.path, () => {
    const database = new DatabaseSync(options.path, {
      readOnly,
      timeout: limits.sqlite.busyTimeoutMs,
      enableForeignKeyConstraints: false,
    });
    try {
      database.exec(`PRAGMA cache_size = -${limits.views.cacheKib}; PRAGMA temp_store = MEMORY;`);
      if (!readOnly) {
        database.exec(`
          PRAGMA journal_mode = WAL;
          PRAGMA synchronous = NORMAL;
          PRAGMA secure_delete = ON;
          PRAGMA wal_autocheckpoint = ${limits.views.walCheckpointPages};
          PRAGMA journal_size_limit = ${limits.sqlite.walOctetsKept};
        `);
      }
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
    } catch (error) {
      database.close();
      throw error;
    }
    return viewDatabase(database, options.path);
  });
}

function viewDatabase(database: DatabaseSync, path: string): ViewDatabase {
  /** By text; the texts are constants of the program, so there is an end to them. */
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const call = <T>(work: () => T): T => guarded(path, work);
  return {
    exec: (sql) => call(() => database.exec(sql)),
    run: (sql, ...values) => call(() => void prepared(sql).run(...values)),
    get: <R extends object = Row>(sql: string, ...values: readonly SqlValue[]) =>
      call(() => prepared(sql).get(...values) as R | undefined),
    all: <R extends object = Row>(sql: string, ...values: readonly SqlValue[]) =>
      call(() => prepared(sql).all(...values) as R[]),
    iterate: <R extends object = Row>(sql: string, ...values: readonly SqlValue[]) =>
      call(() => prepared(sql).iterate(...values) as IterableIterator<R>),
    transaction(work) {
      return call(() => {
        prepared('BEGIN IMMEDIATE').run();
        try {
          const result = work();
          prepared('COMMIT').run();
          return result;
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK');
          throw error;
        }
      });
    },
    // The WAL holds pages as they were before: copy it back and cut it off.
    scrub: () => call(() => void prepared('PRAGMA wal_checkpoint(TRUNCATE)').all()),
    close: () => database.close(),
  };
}

/** Tells a file that is broken, and a disk in the way, from a fault of the program: only a broken file is
 * thrown away. */
function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ViewCorrupt || error instanceof ViewStalled) throw error;
    const { kind, message } = failureInfo(error);
    if (kind === 'corrupt') throw new ViewCorrupt(`${path} is not a sound database`, { cause: error });
    if (kind === 'full' || kind === 'busy' || kind === 'io')
      throw new ViewStalled(`${path}: ${message}`, { cause: error });
    throw error;
  }
}

/** SQLite gives the WAL and its index the permissions of the database file. */
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}
