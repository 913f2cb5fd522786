/** What the tests of the KurrentDB adapter share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EventLog } from '../../events/event-log.ts';
import {
  type KurrentDbLogOptions,
  type Notice,
  openKurrentDbLog,
  type Timings,
} from '../../src/log/kurrentdb/kurrentdb-log.ts';
import { openStandIn, type StandIn, type StandInOptions } from '../support/kurrentdb-stand-in/stand-in.ts';

/** Waits short enough for tests, long enough that a slow machine is not taken for a silent server. */
export const shortTimings: Partial<Timings> = {
  appendTryMsMax: 1_000,
  readTryMsMax: 2_000,
  arrivalMsMax: 300,
  quietMsMax: 300,
  backOffMsMin: 10,
  backOffMsMax: 100,
};

export interface Bench {
  readonly server: StandIn;
  readonly folder: string;
  readonly notices: Notice[];
  open(options?: Partial<KurrentDbLogOptions>): Promise<EventLog>;
}

/** A stand-in and adapters on it; all of it goes away with the test. */
export async function openBench(t: TestContext, options?: StandInOptions): Promise<Bench> {
  const server = await openStandIn(options);
  const folder = await mkdtemp(join(tmpdir(), 'chancery-kurrentdb-'));
  const logs: EventLog[] = [];
  const notices: Notice[] = [];
  t.after(async () => {
    for (const log of logs) await log.close();
    await server.close();
    await rm(folder, { recursive: true });
  });
  return {
    server,
    folder,
    notices,
    async open(given = {}) {
      const log = await openKurrentDbLog({
        url: server.url,
        report: (notice) => void notices.push(notice),
        ...given,
        timings: { ...shortTimings, ...given.timings },
      });
      logs.push(log);
      return log;
    },
  };
}
