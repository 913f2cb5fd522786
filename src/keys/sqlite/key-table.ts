/**
 * The table of wrapped scope keys. Rows are only ever appended, and destroying a key overwrites its
 * octets in their place with as many zeros: rows keep their size, so SQLite never moves them about and no
 * older copy is left behind in the slack of a page.
 *
 * Scopes contain ids only and stand in clear. Throws what SQLite throws, and an Error for a damaged key.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { KeyScope, ScopeKey } from '../../../events/scope-keys.ts';
import { openDatabase } from '../../sqlite/open-database.ts';
import { masterKeyCheck } from '../master-key.ts';
import { unwrapKey, wrapKey, wrappedOctets } from './key-wrap.ts';

const schema = `
  CREATE TABLE master (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    check_value BLOB NOT NULL
  ) STRICT;
  CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL UNIQUE,
    wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    destroyed INTEGER NOT NULL CHECK (destroyed IN (0, 1))
  ) STRICT
`;

export interface KeyRow {
  readonly scope: KeyScope;
  readonly destroyed: boolean;
  readonly createdAt: number;
}

export interface KeyTable {
  /** Whether the table was made with this master key; a new writable table takes it as its own. */
  belongs(): boolean;
  get(scope: KeyScope): ScopeKey | undefined;
  /** `'stored'`, or what was there before. */
  put(scope: KeyScope, key: Uint8Array): ScopeKey | 'stored';
  /** Leaves a tombstone. `scrub` must follow the commit. */
  destroy(scope: KeyScope): void;
  /** At most `limit` rows after `after` (exclusive) whose scopes begin with the prefix, in order. */
  list(prefix: string, after: string, limit: number): readonly KeyRow[];
  /** Removes overwritten octets from the WAL. Outside a transaction. Throws when it could not. */
  scrub(): void;
}

export function openKeyDatabase(path: string, readOnly: boolean): DatabaseSync {
  const database = openDatabase({ path, readOnly, schema, version: 1 });
  database.exec('PRAGMA secure_delete = ON');
  return database;
}

export function keyTable(database: DatabaseSync, masterKey: Uint8Array): KeyTable {
  const select = database.prepare('SELECT wrapped, destroyed FROM keys WHERE scope = ?');
  const insert = database.prepare(
    'INSERT INTO keys (scope, wrapped, created_at, destroyed) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING',
  );
  const overwrite = database.prepare(
    'UPDATE keys SET wrapped = zeroblob(length(wrapped)), destroyed = 1 WHERE scope = ? AND destroyed = 0',
  );
  const insertTombstone = database.prepare(
    'INSERT INTO keys (scope, wrapped, created_at, destroyed) VALUES (?, zeroblob(?), ?, 1) ON CONFLICT DO NOTHING',
  );
  const selectPage = database.prepare(
    'SELECT scope, destroyed, created_at FROM keys WHERE scope >= ? AND scope > ? ORDER BY scope LIMIT ?',
  );
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');

  const get = (scope: KeyScope): ScopeKey | undefined => {
    const row = select.get(scope);
    if (row === undefined) return undefined;
    if (row.destroyed !== 0) return 'destroyed';
    return unwrapKey(masterKey, scope, row.wrapped as Uint8Array);
  };

  return {
    belongs: () => belongs(database, masterKey),
    get,
    put(scope, key) {
      const { changes } = insert.run(scope, wrapKey(masterKey, scope, key), Date.now());
      return changes > 0 ? 'stored' : (get(scope) as ScopeKey);
    },
    destroy(scope) {
      overwrite.run(scope);
      insertTombstone.run(scope, wrappedOctets, Date.now());
    },
    list(prefix, after, limit) {
      const rows: KeyRow[] = [];
      for (const row of selectPage.iterate(prefix, after, limit)) {
        const scope = row.scope as KeyScope;
        if (!scope.startsWith(prefix)) break;
        rows.push({ scope, destroyed: row.destroyed !== 0, createdAt: Number(row.created_at) });
      }
      return rows;
    },
    scrub() {
      // One row: busy, frames in the WAL, frames copied. Busy: a reader still uses the old frames.
      if (checkpoint.get()?.busy !== 0) {
        throw new Error('the WAL is in use, so destroyed octets may still stand in it; destroy them again');
      }
    },
  };
}

function belongs(database: DatabaseSync, masterKey: Uint8Array): boolean {
  const mine = masterKeyCheck(masterKey);
  const stored = database.prepare('SELECT check_value FROM master').get()?.check_value;
  if (stored instanceof Uint8Array) return Buffer.compare(stored, mine) === 0;
  database.prepare('INSERT INTO master (id, check_value) VALUES (1, ?)').run(mine);
  return true;
}
