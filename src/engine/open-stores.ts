/** Opens what everything else stands on: the log, the key store, the blob store. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventLog } from '../../events/event-log.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import { openSqliteBlobStore } from '../blobs/sqlite/open-sqlite-blob-store.ts';
import type { Config } from '../config/config.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { loadMasterKey } from '../keys/master-key.ts';
import { openSqliteKeyStore } from '../keys/sqlite/open-sqlite-key-store.ts';
import { openKurrentDbLog } from '../log/kurrentdb/kurrentdb-log.ts';
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts';
import type { Logger } from '../logger.ts';
import { type DataLock, lockDataDirectory } from '../sqlite/data-lock.ts';

/** Where things are under the data directory. `views/` holds caches in clear; everything else is sealed. */
export const dataPaths = (dataDirectory: string) => ({
  log: join(dataDirectory, 'log', 'log.db'),
  kurrentIndex: join(dataDirectory, 'log', 'kurrentdb-index.db'),
  keys: join(dataDirectory, 'keys.db'),
  blobs: join(dataDirectory, 'blobs.db'),
  snapshots: join(dataDirectory, 'snapshots'),
  views: join(dataDirectory, 'views'),
  control: join(dataDirectory, 'control.sock'),
});

export interface Stores {
  readonly log: EventLog;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
  readonly masterKey: Uint8Array;
  close(): Promise<void>;
}

/** Throws `DataDirectoryLocked`, `MasterKeyError`, and what the stores throw. */
export async function openStores(config: Config, env: NodeJS.ProcessEnv, logger: Logger): Promise<Stores> {
  const paths = dataPaths(config.dataDirectory);
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 });
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.reverse()) await each.close();
  };
  try {
    const lock: DataLock = lockDataDirectory(config.dataDirectory);
    opened.push({ close: async () => lock.release() });
    const mayCreate = !existsSync(paths.keys);
    const masterKey = await loadMasterKey({ dataDir: config.dataDirectory, env, mayCreate });
    const keys = await openSqliteKeyStore({ path: paths.keys, masterKey });
    opened.push(keys);
    const blobs = await openSqliteBlobStore({ path: paths.blobs });
    opened.push(blobs);
    const log = await openLog(config, logger);
    opened.push(log);
    return { log, keys, blobs, masterKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function openLog(config: Config, logger: Logger): Promise<EventLog> {
  const paths = dataPaths(config.dataDirectory);
  switch (config.log.kind) {
    case 'sqlite':
      return openSqliteLog({ path: paths.log });
    case 'kurrentdb':
      return openKurrentDbLog({
        url: config.log.url,
        indexPath: paths.kurrentIndex,
        report: (notice) => logger.warn({ notice }, 'KurrentDB'),
      });
    default:
      return config.log satisfies never;
  }
}
