/** The embedded log as the contract suite sees it: a fresh directory per test, and its faults on demand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { EventLog } from '../../events/event-log.ts';
import { openSqliteLog, type SqliteLogOptions } from '../../src/log/sqlite/open-sqlite-log.ts';
import type { EventLogHarness, OpenedLog } from '../contracts/event-log/harness.ts';
import { pause } from '../contracts/event-log/support.ts';

export interface SqliteStore {
  readonly path: string;
  current: EventLog | undefined;
  writer: Worker | undefined;
  reader: Worker | undefined;
}

async function openOn(store: SqliteStore, options: Partial<SqliteLogOptions> = {}): Promise<EventLog> {
  await store.current?.close();
  store.current = undefined;
  store.current = await openSqliteLog({
    path: store.path,
    onThread: (role, thread) => {
      store[role] = thread;
    },
    ...options,
  });
  return store.current;
}

/** What stands in the file, seen past the log. */
export function eventsOnDisk(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare('SELECT count(*) AS events FROM events').get()?.events);
  } finally {
    database.close();
  }
}

function pagesOnDisk(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare('PRAGMA page_count').get()?.page_count);
  } finally {
    database.close();
  }
}

export const sqliteHarness = {
  async open(t: TestContext): Promise<OpenedLog<SqliteStore>> {
    const directory = await mkdtemp(join(tmpdir(), 'chancery-'));
    const store: SqliteStore = {
      path: join(directory, 'data', 'log.db'),
      current: undefined,
      writer: undefined,
      reader: undefined,
    };
    t.after(async () => {
      await store.current?.close();
      await rm(directory, { recursive: true });
    });
    return { log: await openOn(store), store };
  },

  reopen: ({ store }: OpenedLog<SqliteStore>) => openOn(store),

  async restartStore({ store }: OpenedLog<SqliteStore>): Promise<void> {
    await Promise.all([store.writer?.terminate(), store.reader?.terminate()]);
  },

  async loseAnswers({ store }: OpenedLog<SqliteStore>): Promise<() => Promise<void>> {
    const writer = store.writer;
    const before = eventsOnDisk(store.path);
    writer?.removeAllListeners('message');
    return async () => {
      while (eventsOnDisk(store.path) === before) await pause(5);
      await writer?.terminate();
    };
  },

  fullDisk: {
    limitRoom: ({ store }: OpenedLog<SqliteStore>, octets: number) =>
      openOn(store, { pagesMax: pagesOnDisk(store.path) + Math.ceil(octets / 4096) }),
    freeRoom: ({ store }: OpenedLog<SqliteStore>) => openOn(store),
  },
} satisfies EventLogHarness<SqliteStore>;
