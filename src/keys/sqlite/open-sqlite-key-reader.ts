/**
 * Reads keys in place, for a worker thread that runs beside the store: look-ups block its thread, so
 * never the main one. It keeps nothing, so that a destroyed key is gone for it at once.
 *
 * Throws `MasterKeyError` (`wrong`) at opening, and `KeyStoreUnavailable`.
 */
import type { KeyScope, ScopeKey } from '../../../events/scope-keys.ts';
import { KeyStoreUnavailable } from '../key-store.ts';
import { wrongMasterKey } from '../master-key.ts';
import { keyTable, openKeyDatabase } from './key-table.ts';

export interface KeyReader {
  get(scope: KeyScope): ScopeKey | undefined;
  close(): void;
}

/** The file must exist: the store that writes it is opened first. */
export function openSqliteKeyReader(options: { path: string; masterKey: Uint8Array }): KeyReader {
  const database = guarded(() => openKeyDatabase(options.path, true));
  try {
    const table = guarded(() => keyTable(database, options.masterKey));
    if (!guarded(() => table.belongs())) throw wrongMasterKey(options.path);
    return {
      get: (scope) => guarded(() => table.get(scope)),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function guarded<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeyStoreUnavailable(`the key store cannot be read: ${reason}`, { cause });
  }
}
