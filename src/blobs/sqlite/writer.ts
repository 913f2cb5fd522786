/** The blob store's writing worker: makes chunks durable, many in one commit. */
import { serveSqlite } from '../../sqlite/worker-service.ts';
import { type BlobOutcome, type BlobTable, blobTable, openBlobDatabase } from './blob-table.ts';
import type { BlobSetup, BlobWriteAnswer, BlobWriteRequest } from './protocol.ts';

serveSqlite<BlobSetup, null, BlobWriteRequest, BlobWriteAnswer>((setup) => {
  const database = openBlobDatabase(setup.path, false);
  const table = blobTable(database);
  let overwrote = false;
  return {
    database,
    writes: true,
    hello: null,
    handle(request, octets) {
      if (request.kind === 'destroy') overwrote = true;
      return { head: carryOut(table, request, octets[0] ?? new Uint8Array()), octets: [] };
    },
    committed() {
      if (overwrote) table.scrub();
      overwrote = false;
    },
  };
});

function carryOut(table: BlobTable, request: BlobWriteRequest, sealed: Uint8Array): BlobOutcome {
  switch (request.kind) {
    case 'store':
      return table.store(request.blobId, sealed);
    case 'stage':
      return table.stage(request.blobId, request.number, sealed);
    case 'finish':
      return table.finish(request.blobId, request.number, sealed);
    case 'abort':
      table.abort(request.blobId);
      return 'done';
    case 'destroy':
      table.destroy(request.blobId);
      return 'done';
    default:
      return request satisfies never;
  }
}
