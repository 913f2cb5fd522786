/** The blob store's reading worker: a connection of its own, so that reads never wait behind commits. */
import type { Framed } from '../../sqlite/wire.ts';
import { serveSqlite } from '../../sqlite/worker-service.ts';
import { type BlobTable, blobTable, openBlobDatabase } from './blob-table.ts';
import type { BlobReadAnswer, BlobReadRequest, BlobSetup } from './protocol.ts';

serveSqlite<BlobSetup, null, BlobReadRequest, BlobReadAnswer>((setup) => {
  const database = openBlobDatabase(setup.path, true);
  const table = blobTable(database);
  return { database, writes: false, hello: null, handle: (request) => answer(table, request) };
});

function answer(table: BlobTable, request: BlobReadRequest): Framed<BlobReadAnswer> {
  switch (request.kind) {
    case 'read': {
      const chunks = table.read(request.blobId, request.first, request.last);
      return chunks === undefined ? { head: 'missing', octets: [] } : { head: 'found', octets: chunks };
    }
    case 'list':
      return { head: table.list(request.from, request.limit), octets: [] };
    default:
      return request satisfies never;
  }
}
