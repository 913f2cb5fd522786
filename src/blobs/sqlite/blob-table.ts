/**
 * The tables of sealed chunks. A chunk's row key is its blob's row number and its own number in one
 * integer, so that a blob's chunks lie together and new blobs are appended at the end.
 *
 * Pages have 4,096 octets: with them a sealed 4 KiB chunk wastes a tenth (a small local part and one
 * overflow page), with pages of 8 KiB half, because two such rows do not fit one page.
 *
 * `secure_delete` overwrites what is destroyed. When SQLite has moved a row between neighbouring pages
 * before, a fragment of its ciphertext may outlive it in the slack of a page until that is used again;
 * erasing does not rest on it, but on the destroyed key.
 *
 * Throws what SQLite throws.
 */
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../sqlite/open-database.ts';
import type { BlobInfo } from '../blob-store.ts';

const schema = `
  CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    blob_id TEXT NOT NULL UNIQUE,
    chunks INTEGER NOT NULL,
    length INTEGER NOT NULL,
    committed INTEGER NOT NULL CHECK (committed IN (0, 1)),
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
  ) STRICT
`;

/** Chunks that one blob may have: 64 GiB of content. Row numbers keep 33 bits below 2^53. */
const chunksPerBlobMax = 2 ** 20;

/** `refused`: the blob is not there, or not in the state that the request needs. */
export type BlobOutcome = 'done' | 'refused';

export interface BlobTable {
  /** A blob of one chunk, at once. */
  store(blobId: string, sealed: Uint8Array): BlobOutcome;
  /** The next chunk of an unfinished blob; number 0 starts it. */
  stage(blobId: string, number: number, sealed: Uint8Array): BlobOutcome;
  /** The last chunk; the blob becomes visible. */
  finish(blobId: string, number: number, sealed: Uint8Array): BlobOutcome;
  /** Forgets an unfinished blob. */
  abort(blobId: string): void;
  destroy(blobId: string): void;
  /** Undefined when there is no such committed blob. */
  read(blobId: string, first: number, last: number): readonly Uint8Array[] | undefined;
  /** At most `limit` blobs from `from` on, in order. */
  list(from: string, limit: number): readonly BlobInfo[];
  /** Removes overwritten octets from the WAL. Outside a transaction. Throws when it could not. */
  scrub(): void;
}

export function openBlobDatabase(path: string, readOnly: boolean): DatabaseSync {
  const database = openDatabase({ path, readOnly, schema, version: 1 });
  database.exec('PRAGMA secure_delete = ON');
  return database;
}

export function blobTable(database: DatabaseSync): BlobTable {
  return { ...writing(database), ...reading(database) };
}

type Writing = Pick<BlobTable, 'store' | 'stage' | 'finish' | 'abort' | 'destroy' | 'scrub'>;

function writing(database: DatabaseSync): Writing {
  const insertBlob = database.prepare(
    'INSERT INTO blobs (blob_id, chunks, length, committed, created_at) VALUES (?, 1, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const insertChunk = database.prepare('INSERT INTO chunks (id, sealed) VALUES (?, ?)');
  const grow = database.prepare(
    'UPDATE blobs SET chunks = chunks + 1, length = length + ?, committed = ? WHERE blob_id = ? AND chunks = ? AND committed = 0 RETURNING id',
  );
  const find = database.prepare('SELECT id, committed FROM blobs WHERE blob_id = ?');
  const deleteChunks = database.prepare('DELETE FROM chunks WHERE id BETWEEN ? AND ?');
  const deleteBlob = database.prepare('DELETE FROM blobs WHERE id = ?');
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');

  const begin = (blobId: string, sealed: Uint8Array, committed: 0 | 1): BlobOutcome => {
    const { changes, lastInsertRowid } = insertBlob.run(blobId, sealed.byteLength, committed, Date.now());
    if (changes === 0) return 'refused';
    insertChunk.run(chunkKey(Number(lastInsertRowid), 0), sealed);
    return 'done';
  };
  const add = (blobId: string, number: number, sealed: Uint8Array, committed: 0 | 1): BlobOutcome => {
    if (number >= chunksPerBlobMax) return 'refused';
    const row = grow.get(sealed.byteLength, committed, blobId, number);
    if (row === undefined) return 'refused';
    insertChunk.run(chunkKey(Number(row.id), number), sealed);
    return 'done';
  };
  const remove = (blobId: string, evenCommitted: boolean): void => {
    const row = find.get(blobId);
    if (row === undefined || (row.committed !== 0 && !evenCommitted)) return;
    const id = Number(row.id);
    deleteChunks.run(chunkKey(id, 0), chunkKey(id, chunksPerBlobMax - 1));
    deleteBlob.run(id);
  };

  return {
    store: (blobId, sealed) => begin(blobId, sealed, 1),
    stage: (blobId, number, sealed) =>
      number === 0 ? begin(blobId, sealed, 0) : add(blobId, number, sealed, 0),
    finish: (blobId, number, sealed) => add(blobId, number, sealed, 1),
    abort: (blobId) => remove(blobId, false),
    destroy: (blobId) => remove(blobId, true),
    scrub() {
      // One row: busy, frames in the WAL, frames copied. Busy: a reader still uses the old frames.
      if (checkpoint.get()?.busy !== 0) {
        throw new Error('the WAL is in use, so destroyed octets may still stand in it; destroy them again');
      }
    },
  };
}

function reading(database: DatabaseSync): Pick<BlobTable, 'read' | 'list'> {
  const find = database.prepare('SELECT id, chunks FROM blobs WHERE blob_id = ? AND committed = 1');
  const selectChunks = database.prepare('SELECT sealed FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id');
  const selectPage = database.prepare('SELECT * FROM blobs WHERE blob_id >= ? ORDER BY blob_id LIMIT ?');
  return {
    read(blobId, first, last) {
      const row = find.get(blobId);
      if (row === undefined) return undefined;
      const id = Number(row.id);
      const until = Math.min(last, Number(row.chunks) - 1);
      if (until < first) return [];
      return selectChunks
        .all(chunkKey(id, first), chunkKey(id, until))
        .map((chunk) => chunk.sealed as Uint8Array);
    },
    list: (from, limit) =>
      selectPage.all(from, limit).map((row) => ({
        blobId: String(row.blob_id),
        chunks: Number(row.chunks),
        length: Number(row.length),
        committed: row.committed !== 0,
        createdAt: Number(row.created_at),
      })),
  };
}

const chunkKey = (blobRow: number, number: number): number => blobRow * chunksPerBlobMax + number;
