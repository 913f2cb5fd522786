/**
 * The tables of one view, as the projections see them: SQL over a file that belongs to one projection
 * alone. SQL texts are constants (statements are prepared once and kept); values travel as parameters.
 *
 * Calls are synchronous: whoever holds a view database is a worker or a command, never the thread that
 * serves protocols. Throws `ViewCorrupt` when the file is no longer a database, `ViewStalled` when the
 * disk is in the way, else what the store throws.
 */

export type SqlValue = null | number | string | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

export interface ViewDatabase {
  exec(sql: string): void;
  run(sql: string, ...values: readonly SqlValue[]): void;
  get<R extends object = Row>(sql: string, ...values: readonly SqlValue[]): R | undefined;
  all<R extends object = Row>(sql: string, ...values: readonly SqlValue[]): R[];
  /** One row at a time; the same text must not be iterated twice at once. */
  iterate<R extends object = Row>(sql: string, ...values: readonly SqlValue[]): IterableIterator<R>;
  /** All or nothing. Not for use inside another one. */
  transaction<T>(work: () => T): T;
  /** Leaves nothing of what was deleted in any file of the view. */
  scrub(): void;
  close(): void;
}

/** Where one view's database lives, and how it is thrown away. */
export interface ViewFile {
  /** Opens it, and makes an empty one when there is none. Throws `ViewCorrupt`. */
  open(): ViewDatabase;
  /** Removes it with everything beside it. It must not be open. */
  remove(): void;
}

/** The file cannot be read or written now (no room, locked, the disk fails): later it may be. */
export class ViewStalled extends Error {
  override readonly name = 'ViewStalled';
}

/** The file is not a database any more: the view is rebuilt from zero. */
export class ViewCorrupt extends Error {
  override readonly name = 'ViewCorrupt';
}
