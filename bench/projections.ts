/**
 * The views' speed: a log of accepted and delivered messages is written first, then every view is built from
 * it in the worker, as the server does. Prints events and messages a second, and how busy the main thread
 * was while it only forwarded.
 *
 *     node bench/projections.ts [--messages 20000] [--mailboxes 50] [--octets 4096] [--only facts,trace]
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { newId } from '../events/ids.ts';
import { type ProjectionName, projectionNames } from '../projections/catalogue.ts';
import { createSilentLogger } from '../src/logger.ts';
import { openViews } from '../src/views/views.ts';
import {
  deliverMail,
  openMailbox,
  openStoresOnDisk,
  type StoresOnDisk,
} from '../test/support/stores-on-disk.ts';

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    mailboxes: { type: 'string', default: '50' },
    octets: { type: 'string', default: '4096' },
    only: { type: 'string', default: '' },
  },
});
const messages = Number(options.messages);

/** One writer for each mailbox, so that its revisions follow one another. */
async function fill(stores: StoresOnDisk, mailboxes: number): Promise<void> {
  const body = `${randomBytes(48).toString('base64')}\r\n`.repeat(Math.ceil(Number(options.octets) / 66));
  const text = `From: a@out.test\r\nTo: p@example.test\r\nSubject: a matter\r\nMessage-ID: <x@y>\r\n\r\n${body}`;
  const each = Math.ceil(messages / mailboxes);
  const write = async (): Promise<void> => {
    const accountId = newId();
    await openMailbox(stores, accountId);
    for (let uid = 1; uid <= each; uid++) await deliverMail(stores, accountId, uid, text);
  };
  await Promise.all(Array.from({ length: mailboxes }, write));
}

async function build(stores: StoresOnDisk, names: readonly ProjectionName[]): Promise<void> {
  const directory = join(stores.directory, `views-${names.join('-')}`);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const opening = performance.now();
  const views = await openViews({
    ...stores.reading,
    directory,
    log: stores.log,
    logger: createSilentLogger(),
    names,
  });
  const began = performance.now();
  const busy = performance.eventLoopUtilization();
  const cpu = process.threadCpuUsage();
  delay.enable();
  await views.whenCurrent({ timeoutMs: 600_000 });
  delay.disable();
  const seconds = (performance.now() - began) / 1000;
  const used = process.threadCpuUsage(cpu);
  const events = await stores.log.head();
  console.table({
    [names.length > 1 ? `all ${names.length} views` : String(names[0])]: {
      'events per second': Math.round(events / seconds),
      'messages per second': Math.round(messages / seconds),
      'us per event': Math.round((seconds / events) * 1e6),
      'main thread': `${Math.round(performance.eventLoopUtilization(busy).utilization * 100)} %`,
      'main thread, us per event': Math.round((used.user + used.system) / events),
      'longest pause, ms': Math.round(delay.max / 1e6),
      'opened in, ms': Math.round(began - opening),
      'RSS, MiB': Math.round(process.memoryUsage.rss() / 1048576),
    },
  });
  await views.close();
}

const directory = await mkdtemp(join(tmpdir(), 'chancery-bench-'));
try {
  const stores = await openStoresOnDisk(directory);
  await fill(stores, Number(options.mailboxes));
  console.log(
    `${messages} messages of ${options.octets} octets, ${await stores.log.head()} events; ` +
      `${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`,
  );
  const only = projectionNames.filter((name) => options.only.split(',').includes(name));
  if (only.length === 0) await build(stores, projectionNames);
  for (const name of only) await build(stores, [name]);
  await stores.close();
} finally {
  await rm(directory, { recursive: true, force: true });
}
