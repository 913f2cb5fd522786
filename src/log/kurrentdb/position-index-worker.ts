/**
 * The worker that keeps the position index: for each event of ours its dense index by stream and
 * revision, a mark (index to position) every so often, and the newest event counted. It is a cache of
 * `$all`, so a commit needs no sync: after a power cut the file is whole and at worst some events short,
 * and they are counted again.
 */

import { openDatabase } from '../../sqlite/open-database.ts';
import { serveSqlite } from '../../sqlite/worker-service.ts';
import type { IndexAnswer, IndexHello, IndexRequest, IndexSetup } from './position-index-protocol.ts';

const schema = `
  CREATE TABLE place (
    stream BLOB NOT NULL, revision INTEGER NOT NULL, log_index INTEGER NOT NULL,
    PRIMARY KEY (stream, revision)
  ) WITHOUT ROWID;
  CREATE TABLE mark (log_index INTEGER PRIMARY KEY, commit_position INTEGER NOT NULL, prepare_position INTEGER NOT NULL);
  CREATE TABLE newest (
    only INTEGER PRIMARY KEY CHECK (only = 0), log_index INTEGER NOT NULL,
    commit_position INTEGER NOT NULL, prepare_position INTEGER NOT NULL, id TEXT NOT NULL
  )`;

serveSqlite<IndexSetup, IndexHello, IndexRequest, IndexAnswer>(({ path }) => {
  // One process owns the file, and the mode keeps others out: whoever waits for it waits in vain.
  const database = openDatabase({ path, schema, version: 1, busyTimeoutMs: 0 });
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL;');
  // REPLACE: a batch whose answer was lost comes again, with the same places.
  const addPlace = database.prepare('REPLACE INTO place VALUES (?, ?, ?)');
  const addMark = database.prepare('REPLACE INTO mark VALUES (?, ?, ?)');
  const setNewest = database.prepare('REPLACE INTO newest VALUES (0, ?, ?, ?, ?)');
  const findPlaces = database.prepare(
    'SELECT revision, log_index FROM place WHERE stream = ? AND revision BETWEEN ? AND ?',
  );
  const findMark = database.prepare(
    'SELECT log_index, commit_position, prepare_position FROM mark WHERE log_index <= ? ORDER BY log_index DESC LIMIT 1',
  );
  // Positions count octets of a log: they may pass 2^53 one day.
  findMark.setReadBigInts(true);
  const getNewest = database.prepare('SELECT log_index, commit_position, prepare_position, id FROM newest');
  getNewest.setReadBigInts(true);

  const markOf = (row: Record<string, unknown>) => ({
    index: Number(row.log_index),
    position: { commit: row.commit_position as bigint, prepare: row.prepare_position as bigint },
  });

  function handle(request: IndexRequest, octets: readonly Uint8Array[]): IndexAnswer {
    switch (request.kind) {
      case 'add': {
        for (const [at, revision] of request.revisions.entries()) {
          addPlace.run(octets[at] ?? new Uint8Array(), revision, request.firstIndex + at);
        }
        for (const { index, position } of request.marks)
          addMark.run(index, position.commit, position.prepare);
        const { index, position, id } = request.newest;
        setNewest.run(index, position.commit, position.prepare, id);
        return { kind: 'done' };
      }
      case 'find': {
        const rows = findPlaces.all(octets[0] ?? new Uint8Array(), request.first, request.last);
        return { kind: 'places', places: rows.map((row) => [Number(row.revision), Number(row.log_index)]) };
      }
      case 'mark': {
        const row = findMark.get(request.atOrBelow);
        return { kind: 'mark', mark: row === undefined ? undefined : markOf(row) };
      }
      case 'reset':
        database.exec('DELETE FROM place; DELETE FROM mark; DELETE FROM newest;');
        return { kind: 'done' };
      default:
        return request satisfies never;
    }
  }

  const row = getNewest.get();
  return {
    database,
    writes: true,
    hello: { newest: row === undefined ? undefined : { ...markOf(row), id: String(row.id) } },
    handle: (request, octets) => ({ head: handle(request, octets), octets: [] }),
  };
});
