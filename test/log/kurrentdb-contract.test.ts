/**
 * The contract suite against the KurrentDB adapter: always over the stand-in, which tests the adapter and
 * the client package, not the server; and on a real server when `KURRENTDB_URL` is set. There the log is
 * not empty and nothing else may write into our categories while the suite runs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EventLog } from '../../events/event-log.ts';
import { openKurrentDbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLogHarness, OpenedLog } from '../contracts/event-log/harness.ts';
import { eventLogContract } from '../contracts/event-log-contract.ts';
import { openStandIn, type StandIn } from '../support/kurrentdb-stand-in/stand-in.ts';
import { shortTimings } from './kurrentdb-support.ts';

interface Store {
  readonly url: string;
  readonly folder: string;
  readonly opened: EventLog[];
}

interface StandInStore extends Store {
  readonly server: StandIn;
}

async function openLog(store: Store, indexName: string): Promise<EventLog> {
  const log = await openKurrentDbLog({
    url: store.url,
    indexPath: join(store.folder, indexName),
    timings: shortTimings,
  });
  store.opened.push(log);
  return log;
}

async function tidyUp(store: Store): Promise<void> {
  for (const log of store.opened) await log.close();
  await rm(store.folder, { recursive: true });
}

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'chancery-kurrentdb-'));

async function reopen<Opened extends Store>({ log, store }: OpenedLog<Opened>): Promise<EventLog> {
  await log.close();
  return openLog(store, 'positions.db');
}

const openBeside = ({ store }: OpenedLog<Store>): Promise<EventLog> =>
  openLog(store, `positions-${store.opened.length}.db`);

const standInHarness: EventLogHarness<StandInStore> = {
  async open(t: TestContext) {
    const server = await openStandIn();
    const store = { url: server.url, server, folder: await newFolder(), opened: [] };
    t.after(async () => {
      await tidyUp(store);
      await server.close();
    });
    return { log: await openLog(store, 'positions.db'), store };
  },
  reopen,
  openBeside,
  async restartStore({ store }) {
    await store.server.stop();
    await store.server.start();
  },
  async loseAnswers({ store }) {
    const lost = store.server.nextAppendLost();
    store.server.fateOfNextAppends('silent-stored');
    return () => lost;
  },
  octetsKeptHere: ({ store }) =>
    store.server.log.all.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0),
};

eventLogContract('KurrentDB (stand-in)', standInHarness);

const realUrl = process.env.KURRENTDB_URL;
if (realUrl !== undefined && realUrl !== '') {
  eventLogContract<Store>('KurrentDB (real server)', {
    async open(t) {
      const store = { url: realUrl, folder: await newFolder(), opened: [] };
      t.after(() => tidyUp(store));
      return { log: await openLog(store, 'positions.db'), store };
    },
    reopen,
    openBeside,
  });
}
