/**
 * The key store of one machine: the file `keys.db`, a writing worker with group commit and a reading one
 * beside it. Keys are wrapped by the master key in the worker, before they reach any file.
 *
 * `openSqliteKeyStore` throws `MasterKeyError` (`wrong`) when the file was made with another master key,
 * and `KeyStoreUnavailable` when it cannot be opened.
 */
import type { KeyScope, ScopeKey } from '../../../events/scope-keys.ts';
import { limits } from '../../limits.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';
import { type SqliteWorker, startSqliteWorker } from '../../sqlite/worker-client.ts';
import { type KeyStore, KeyStoreUnavailable } from '../key-store.ts';
import { wrongMasterKey } from '../master-key.ts';
import type { KeyRow } from './key-table.ts';
import type {
  KeyAnswer,
  KeyHello,
  KeyReadAnswer,
  KeyReadRequest,
  KeySetup,
  KeyWriteRequest,
} from './protocol.ts';

export interface SqliteKeyStoreOptions {
  /** The database file; made with its directory when there is none. */
  readonly path: string;
  readonly masterKey: Uint8Array;
}

type Writer = SqliteWorker<KeyWriteRequest, KeyAnswer>;
type Reader = SqliteWorker<KeyReadRequest, KeyReadAnswer>;

export async function openSqliteKeyStore(options: SqliteKeyStoreOptions): Promise<KeyStore> {
  const setup: KeySetup = { path: options.path, masterKey: Uint8Array.from(options.masterKey) };
  let belongs = false;
  const writer = await startWriter(setup, (hello) => {
    belongs = hello.masterKeyBelongs;
  }).catch(unavailable);
  if (!belongs) {
    await writer.close();
    throw wrongMasterKey(options.path);
  }
  const reader = await startReader(setup).catch(async (error) => {
    await writer.close();
    return unavailable(error);
  });
  return {
    put: (scope, key) => put(writer, scope, key),
    get: (scope) => get(reader, scope),
    async destroy(scope) {
      await writer.call({ kind: 'destroy', scope }).catch(unavailable);
    },
    list: (prefix = '') => list(reader, prefix),
    async close() {
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

async function put(writer: Writer, scope: KeyScope, key: Uint8Array): Promise<ScopeKey> {
  const answer = await writer.call({ kind: 'put', scope }, [key]).catch(unavailable);
  return answer.head === 'stored' ? key : (keyOf(answer.head, answer.octets) ?? key);
}

async function get(reader: Reader, scope: KeyScope): Promise<ScopeKey | undefined> {
  const answer = await reader.call({ kind: 'get', scope }).catch(unavailable);
  return keyOf(answer.head, answer.octets);
}

async function* list(reader: Reader, prefix: string): AsyncIterable<KeyRow> {
  const limit = limits.keys.listPageMax;
  let after = '';
  for (;;) {
    const { head } = await reader.call({ kind: 'list', prefix, after, limit }).catch(unavailable);
    const rows = typeof head === 'string' ? [] : head;
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    after = last.scope;
  }
}

function keyOf(head: KeyReadAnswer, octets: readonly Uint8Array[]): ScopeKey | undefined {
  if (head === 'destroyed') return head;
  // A copy: the answer is a view that would keep the whole batch in memory.
  return octets[0]?.slice();
}

function startWriter(setup: KeySetup, onStarted: (hello: KeyHello) => void): Promise<Writer> {
  return startSqliteWorker({
    module: new URL('./writer.ts', import.meta.url),
    name: 'key-writer',
    setup,
    bounds: {
      batchWeightMax: limits.keys.batchRequestsMax,
      batchOctetsMax: Number.POSITIVE_INFINITY,
      waitingRequestsMax: limits.keys.waitingRequestsMax,
      waitingOctetsMax: Number.POSITIVE_INFINITY,
    },
    onStarted,
  });
}

function startReader(setup: KeySetup): Promise<Reader> {
  return startSqliteWorker({
    module: new URL('./reader.ts', import.meta.url),
    name: 'key-reader',
    setup,
    bounds: {
      batchWeightMax: limits.keys.batchRequestsMax,
      batchOctetsMax: Number.POSITIVE_INFINITY,
      waitingRequestsMax: limits.sqlite.waitingReadsMax,
      waitingOctetsMax: Number.POSITIVE_INFINITY,
    },
    batchesInFlightMax: 2,
  });
}

/** The workers' failures as the contract names them. Anything else is a bug and stays what it is. */
function unavailable(error: unknown): never {
  if (!(error instanceof SqliteFailure)) throw error;
  throw new KeyStoreUnavailable(`the key store cannot answer (${error.kind}): ${error.message}`, {
    cause: error,
  });
}
