/**
 * The tables of the embedded log. `log_index` is the row's key, so the global order is the table's own
 * order and the index is dense as long as the one writer counts. Names of streams and types stand once.
 *
 * There is no index over event ids: a repeat is found by its place in the stream, and with `'any'` in the
 * writer's window of recent ids. Ten million small streams cost two B-trees for their names and one for
 * (stream, revision), all filled nearly in order because stream names end in UUIDv7.
 */
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../sqlite/open-database.ts';

const schema = `
  CREATE TABLE streams (
    stream_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE event_types (
    type_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE events (
    log_index INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams,
    revision INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    type_id INTEGER NOT NULL REFERENCES event_types,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream_id, revision)
`;

export function openLogDatabase(
  path: string,
  options: { readonly readOnly?: boolean; readonly pagesMax?: number | undefined },
): DatabaseSync {
  return openDatabase({
    path,
    schema,
    version: 1,
    cacheKib: 32_768,
    readOnly: options.readOnly ?? false,
    ...(options.pagesMax === undefined ? {} : { pagesMax: options.pagesMax }),
  });
}

/** One number from a query that gives one row with one column; undefined when that is NULL or missing. */
export function readNumber(row: unknown): number | undefined {
  const value: unknown = Array.isArray(row) ? row[0] : undefined;
  return typeof value === 'number' ? value : undefined;
}
