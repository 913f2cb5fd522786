/** The key store's writing worker: wraps keys and makes them durable, many in one commit. */
import type { Framed } from '../../sqlite/wire.ts';
import { serveSqlite } from '../../sqlite/worker-service.ts';
import { type KeyTable, keyTable, openKeyDatabase } from './key-table.ts';
import type { KeyAnswer, KeyHello, KeySetup, KeyWriteRequest } from './protocol.ts';

serveSqlite<KeySetup, KeyHello, KeyWriteRequest, KeyAnswer>((setup) => {
  const database = openKeyDatabase(setup.path, false);
  const table = keyTable(database, setup.masterKey);
  let overwrote = false;
  return {
    database,
    writes: true,
    hello: { masterKeyBelongs: table.belongs() },
    handle(request, octets) {
      if (request.kind === 'destroy') overwrote = true;
      return carryOut(table, request, octets);
    },
    committed() {
      if (overwrote) table.scrub();
      overwrote = false;
    },
  };
});

function carryOut(
  table: KeyTable,
  request: KeyWriteRequest,
  octets: readonly Uint8Array[],
): Framed<KeyAnswer> {
  switch (request.kind) {
    case 'put': {
      const outcome = table.put(request.scope, octets[0] ?? new Uint8Array());
      return typeof outcome === 'string' ? { head: outcome, octets: [] } : { head: 'key', octets: [outcome] };
    }
    case 'destroy':
      table.destroy(request.scope);
      return { head: 'destroyed', octets: [] };
    default:
      return request satisfies never;
  }
}
