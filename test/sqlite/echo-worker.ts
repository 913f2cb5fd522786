/** A small SQLite service for the tests of the shared helper: a table of notes. */
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { serveSqlite } from '../../src/sqlite/worker-service.ts';

export interface EchoSetup {
  readonly path: string;
  readonly pagesMax?: number;
}

export type EchoRequest =
  | { readonly kind: 'write'; readonly id: number }
  /** Writes and then throws: the savepoint must undo it. */
  | { readonly kind: 'write-then-throw'; readonly id: number }
  | { readonly kind: 'read'; readonly id: number }
  | { readonly kind: 'count' }
  | { readonly kind: 'crash' };

serveSqlite<EchoSetup, { readonly notes: number }, EchoRequest, number>((setup) => {
  const database = openDatabase({
    path: setup.path,
    schema: 'CREATE TABLE notes (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT',
    version: 1,
    ...(setup.pagesMax === undefined ? {} : { pagesMax: setup.pagesMax }),
  });
  const insert = database.prepare('INSERT INTO notes (id, body) VALUES (?, ?)');
  const body = database.prepare('SELECT body FROM notes WHERE id = ?');
  const count = database.prepare('SELECT count(*) AS notes FROM notes');
  const notes = (): number => Number(count.get()?.notes);
  return {
    database,
    writes: true,
    hello: { notes: notes() },
    handle(request, octets) {
      switch (request.kind) {
        case 'write':
          insert.run(request.id, octets[0] ?? new Uint8Array());
          return { head: request.id, octets: [] };
        case 'write-then-throw':
          insert.run(request.id, new Uint8Array());
          throw new Error('changed my mind');
        case 'read': {
          const found = body.get(request.id)?.body;
          return { head: request.id, octets: found instanceof Uint8Array ? [found] : [] };
        }
        case 'count':
          return { head: notes(), octets: [] };
        case 'crash':
          return process.exit(7);
      }
    },
  };
});
