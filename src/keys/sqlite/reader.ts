/** The key store's reading worker: a connection of its own, so that look-ups never wait behind commits. */
import type { Framed } from '../../sqlite/wire.ts';
import { serveSqlite } from '../../sqlite/worker-service.ts';
import { type KeyTable, keyTable, openKeyDatabase } from './key-table.ts';
import type { KeyReadAnswer, KeyReadRequest, KeySetup } from './protocol.ts';

serveSqlite<KeySetup, null, KeyReadRequest, KeyReadAnswer>((setup) => {
  const database = openKeyDatabase(setup.path, true);
  const table = keyTable(database, setup.masterKey);
  return { database, writes: false, hello: null, handle: (request) => answer(table, request) };
});

function answer(table: KeyTable, request: KeyReadRequest): Framed<KeyReadAnswer> {
  switch (request.kind) {
    case 'get': {
      const key = table.get(request.scope);
      if (key === undefined) return { head: 'none', octets: [] };
      return key === 'destroyed' ? { head: key, octets: [] } : { head: 'key', octets: [key] };
    }
    case 'list':
      return { head: table.list(request.prefix, request.after, request.limit), octets: [] };
    default:
      return request satisfies never;
  }
}
