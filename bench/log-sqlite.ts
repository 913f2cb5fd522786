/**
 * The embedded log's speed: durable appends a second with few and many writers, reads, and what many
 * small streams cost. Prints tables with the facts of the machine.
 *
 *     node bench/log-sqlite.ts [--seconds 5] [--octets 1024] [--streams 200000] [--directory <path>]
 *
 * `--streams 10000000` is the long run: some minutes and some 4 GB of disk. The directory decides which
 * disk is measured; a folder of its own is made in it and removed again.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { EventLog, NewEvent } from '../events/event-log.ts';
import { newId } from '../events/ids.ts';
import { openSqliteLog } from '../src/log/sqlite/open-sqlite-log.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    octets: { type: 'string', default: '1024' },
    streams: { type: 'string', default: '200000' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const seconds = Number(options.seconds);
const streamsWanted = Number(options.streams);

const metadata = Buffer.from(JSON.stringify({ at: 1_700_000_000_000, by: { kind: 'system' }, version: 1 }));
const eventOf = (octets: number): NewEvent => ({
  id: newId(),
  type: 'MessageDelivered',
  data: Buffer.alloc(octets, 0x5a),
  metadata,
});

const rate = (count: number, since: number): number =>
  Math.round(count / ((performance.now() - since) / 1000));
const mib = (octets: number): string => `${Math.round(octets / 1024 / 1024)} MiB`;
const rss = (): string => mib(process.memoryUsage.rss());

/** Value at a fraction of the sorted samples, in milliseconds. */
function quantile(samples: number[], fraction: number): string {
  const sorted = samples.sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0).toFixed(2);
}

async function appends(log: EventLog, writers: number, octets: number): Promise<Record<string, unknown>> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const latencies: number[] = [];
  let running = true;
  const start = performance.now();
  delay.enable();
  const work = Array.from({ length: writers }, async () => {
    const stream = `mailbox-${newId()}`;
    for (let revision = -1; running; revision++) {
      const began = performance.now();
      await log.append(stream, revision < 0 ? 'none' : revision, [eventOf(octets)]);
      latencies.push(performance.now() - began);
    }
  });
  setTimeout(() => {
    running = false;
  }, seconds * 1000);
  await Promise.all(work);
  delay.disable();
  return {
    writers,
    'appends/s': rate(latencies.length, start),
    'p50 ms': quantile(latencies, 0.5),
    'p99 ms': quantile(latencies, 0.99),
    'loop delay max ms': (delay.max / 1e6).toFixed(1),
    rss: rss(),
  };
}

async function readings(log: EventLog, streams: readonly string[]): Promise<Record<string, unknown>[]> {
  const before = performance.now();
  let events = 0;
  for await (const _ of log.readAll()) {
    events++;
    if (performance.now() - before > seconds * 1000) break;
  }
  const sequential = rate(events, before);
  const random = async (readers: number): Promise<Record<string, unknown>> => {
    const latencies: number[] = [];
    const start = performance.now();
    await Promise.all(
      Array.from({ length: readers }, async () => {
        while (performance.now() - start < seconds * 1000) {
          const began = performance.now();
          const stream = streams[Math.floor(Math.random() * streams.length)] ?? '';
          for await (const _ of log.readStream(stream)) events++;
          latencies.push(performance.now() - began);
        }
      }),
    );
    return {
      reading: `random small streams, ${readers} readers`,
      'per second': rate(latencies.length, start),
      'p50 ms': quantile(latencies, 0.5),
      'p99 ms': quantile(latencies, 0.99),
    };
  };
  return [{ reading: 'whole log, events', 'per second': sequential }, await random(1), await random(50)];
}

/** Two events in each of many new streams, a thousand streams under way at any time. */
async function smallStreams(log: EventLog, count: number): Promise<readonly string[]> {
  const sample: string[] = [];
  const rows: Record<string, unknown>[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  let begun = 0;
  let done = 0;
  let since = performance.now();
  const step = Math.max(1, Math.floor(count / 10));
  const writer = async (): Promise<void> => {
    while (begun < count) {
      begun++;
      const stream = `message-${newId()}`;
      if (begun % Math.max(1, Math.floor(count / 100_000)) === 0) sample.push(stream);
      await log.append(stream, 'none', [eventOf(100)]);
      await log.append(stream, 0, [eventOf(60)]);
      if (++done % step !== 0) continue;
      rows.push({
        streams: done,
        'streams/s': rate(step, since),
        'appends/s': rate(step * 2, since),
        'loop delay max ms': (delay.max / 1e6).toFixed(1),
        rss: rss(),
      });
      delay.reset();
      since = performance.now();
    }
  };
  await Promise.all(Array.from({ length: 1000 }, writer));
  delay.disable();
  console.table(rows);
  return sample;
}

async function run(): Promise<void> {
  const directory = await mkdtemp(join(options.directory, 'chancery-bench-'));
  const path = join(directory, 'log.db');
  try {
    const [cpu] = cpus();
    console.log(`${cpus().length} x ${cpu?.model}, ${mib(totalmem())}, Node ${process.version}`);
    let log = await openSqliteLog({ path });

    console.log(`\nDurable appends of one event of ${options.octets} octets, ${seconds} s each`);
    const rows: Record<string, unknown>[] = [];
    for (const writers of [1, 20, 200]) rows.push(await appends(log, writers, Number(options.octets)));
    console.table(rows);
    await log.close();
    await rm(path);

    log = await openSqliteLog({ path });
    console.log(`\n${streamsWanted} small streams of two events`);
    const start = performance.now();
    const sample = await smallStreams(log, streamsWanted);
    console.log(`${((performance.now() - start) / 1000).toFixed(1)} s in all`);
    await log.close();
    const opening = performance.now();
    log = await openSqliteLog({ path });
    console.log(
      `file ${mib((await stat(path)).size)}; opened again in ${(performance.now() - opening).toFixed(0)} ms`,
    );
    console.log('\nReading them');
    console.table(await readings(log, sample));
    console.log('\nAppending to that log');
    console.table([await appends(log, 20, Number(options.octets))]);
    console.log(`rss ${rss()}`);
    await log.close();
  } finally {
    await rm(directory, { recursive: true });
  }
}

await run();
