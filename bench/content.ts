/**
 * Sealed content's speed: contents sealed and stored a second, durably, with few and many writers, and
 * the share of the time that the main thread was busy. Prints a table with the facts of the machine.
 *
 *     node bench/content.ts [--seconds 5] [--octets 4096] [--writers 20,200] [--directory <path>]
 *
 * For where the main thread's time goes run it with `--cpu-prof`. The directory decides which disk is
 * measured; a folder of its own is made in it and removed again.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { ContentRef } from '../events/content.ts';
import { newId } from '../events/ids.ts';
import { openSqliteBlobStore } from '../src/blobs/sqlite/open-sqlite-blob-store.ts';
import { type ContentStore, createContentStore } from '../src/content/content-store.ts';
import { createKeyRing } from '../src/keys/key-ring.ts';
import { openSqliteKeyStore } from '../src/keys/sqlite/open-sqlite-key-store.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    octets: { type: 'string', default: '4096' },
    writers: { type: 'string', default: '20,200' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const seconds = Number(options.seconds);
const octets = randomBytes(Number(options.octets));

/** Contents that are read again; more would only fill the memory that is measured. */
const refsKept = 20_000;

type Row = Readonly<Record<string, string | number>>;

/** What happened between the call and the call of what it returns. */
function measure(): (done: number) => Row {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const busy = performance.eventLoopUtilization();
  const began = performance.now();
  return (done) => {
    delay.disable();
    const elapsedMs = performance.now() - began;
    const { active, utilization } = performance.eventLoopUtilization(busy);
    return {
      'per second': Math.round((done / elapsedMs) * 1000),
      'MiB per second': Math.round((done * octets.byteLength) / 1.048576 / elapsedMs / 100) / 10,
      'main thread': `${Math.round(utilization * 100)} %`,
      'main thread, us each': Math.round((active / done) * 1000),
      'longest pause, ms': Math.round(delay.max / 1e6),
      'RSS, MiB': Math.round(process.memoryUsage.rss() / 1048576),
    };
  };
}

async function seal(contents: ContentStore, writers: number, refs: ContentRef[]): Promise<Row> {
  const end = measure();
  const until = performance.now() + seconds * 1000;
  const latenciesMs: number[] = [];
  const work = Array.from({ length: writers }, async () => {
    for (let began = performance.now(); began < until; ) {
      const writer = contents.receive(newId());
      await writer.write(octets);
      const ref = await writer.finish();
      if (refs.length < refsKept) refs.push(ref);
      const now = performance.now();
      latenciesMs.push(now - began);
      began = now;
    }
  });
  await Promise.all(work);
  const row = end(latenciesMs.length);
  const median = latenciesMs.toSorted((a, b) => a - b)[latenciesMs.length >> 1] ?? 0;
  return { what: `seal and store, ${writers} writers`, ...row, 'median, ms': Math.round(median * 10) / 10 };
}

async function read(contents: ContentStore, readers: number, refs: readonly ContentRef[]): Promise<Row> {
  const end = measure();
  const until = performance.now() + seconds * 1000;
  let done = 0;
  const work = Array.from({ length: readers }, async () => {
    while (performance.now() < until) {
      const ref = refs[Math.floor(Math.random() * refs.length)] as ContentRef;
      for await (const piece of contents.read(ref))
        if (piece.byteLength === 0) throw new Error('empty piece');
      done++;
    }
  });
  await Promise.all(work);
  return { what: `read and open, ${readers} readers`, ...end(done) };
}

const directory = await mkdtemp(join(options.directory, 'chancery-bench-'));
const keyStore = await openSqliteKeyStore({ path: join(directory, 'keys.db'), masterKey: randomBytes(32) });
const blobs = await openSqliteBlobStore({ path: join(directory, 'blobs.db') });
try {
  const contents = createContentStore({ keys: createKeyRing(keyStore), blobs });
  const refs: ContentRef[] = [];
  const rows: Row[] = [];
  for (const writers of options.writers.split(',').map(Number))
    rows.push(await seal(contents, writers, refs));
  rows.push(await read(contents, 20, refs));
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`);
  console.log(`contents of ${octets.byteLength} octets, ${seconds} s each`);
  console.table(rows);
} finally {
  await Promise.all([keyStore.close(), blobs.close()]);
  await rm(directory, { recursive: true, force: true });
}
