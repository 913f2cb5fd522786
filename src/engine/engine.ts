/**
 * Everything behind the protocols, put together in one place: stores, codec, actors, views and services. The server
 * adds listeners to it; a command without a running server uses it alone.
 */
import { createDirectoryActors, type DirectoryActors } from '../../actors/directory-actors.ts';
import { createLocalQueue, type LocalQueue } from '../../actors/local-queue.ts';
import { createMailboxActors, type MailboxActors } from '../../actors/mailbox-actors.ts';
import type { ActorRuntime } from '../../actors/ports.ts';
import { createSessionActors, type SessionActors } from '../../actors/session-actors.ts';
import { type Codec, createCodec } from '../../events/codec.ts';
import { newId } from '../../events/ids.ts';
import type { Config } from '../config/config.ts';
import { type ContentStore, createContentStore } from '../content/content-store.ts';
import { createKeyRing, type KeyRing } from '../keys/key-ring.ts';
import type { Logger } from '../logger.ts';
import { type CurrentDirectory, createCurrentDirectory } from '../mail/current-directory.ts';
import type { FactsSource } from '../mail/mailbox-service.ts';
import { createFileSnapshots } from '../snapshots/file-snapshots.ts';
import { openViews, type Views } from '../views/views.ts';
import { dataPaths, openStores, type Stores } from './open-stores.ts';

export interface Engine {
  readonly config: Config;
  readonly logger: Logger;
  readonly stores: Stores;
  readonly keys: KeyRing;
  readonly codec: Codec;
  readonly contents: ContentStore;
  readonly runtime: ActorRuntime;
  readonly sessions: SessionActors;
  readonly mailboxes: MailboxActors;
  readonly directoryActors: DirectoryActors;
  readonly directory: CurrentDirectory;
  readonly localQueue: LocalQueue;
  readonly views: Views;
  readonly facts: FactsSource;
  /** Waits for what is in flight, then closes the stores. */
  close(): Promise<void>;
}

/** The local transport's queue is the installation's one: a fixed id, the same on every node. */
const localQueueId = '00000000-0000-7000-8000-000000000001';

export async function openEngine(config: Config, env: NodeJS.ProcessEnv, logger: Logger): Promise<Engine> {
  const stores = await openStores(config, env, logger);
  const keys = createKeyRing(stores.keys);
  const codec = createCodec(keys);
  keys.onDestroyed(() => codec.forget());
  const contents = createContentStore({ keys, blobs: stores.blobs });
  const paths = dataPaths(config.dataDirectory);
  const snapshots = createFileSnapshots(paths.snapshots, keys);
  const views = await openViews({
    log: stores.log,
    logger,
    directory: paths.views,
    keys: { path: paths.keys, masterKey: stores.masterKey },
    blobs: { path: paths.blobs },
  }).catch(async (error) => {
    await stores.close();
    throw error;
  });
  const runtime: ActorRuntime = { log: stores.log, codec, snapshots, logger, now: Date.now, newId };
  const sessions = createSessionActors(runtime);
  const mailboxes = createMailboxActors(runtime);
  const directoryActors = createDirectoryActors(runtime);
  const localQueue = createLocalQueue(localQueueId, runtime, mailboxes);
  return {
    config,
    logger,
    stores,
    keys,
    codec,
    contents,
    runtime,
    sessions,
    mailboxes,
    directoryActors,
    directory: createCurrentDirectory(stores.log, codec),
    localQueue,
    views,
    facts: async (accountId, origins) =>
      (await views.facts(accountId, origins)).map((found) => found?.facts ?? undefined),
    async close() {
      await localQueue.stop();
      await sessions.stop();
      await mailboxes.stop();
      await directoryActors.stop();
      await views.close();
      await stores.close();
    },
  };
}
