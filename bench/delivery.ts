/**
 * Accepting and delivering, end to end and durable: senders that keep their sessions, 4 KiB messages, 50 mailboxes.
 *
 *   node bench/delivery.ts [--messages 20000] [--senders 20] [--mailboxes 50] [--size 4096]
 *
 * The server runs in a process of its own with all views; the senders in this one. Prints the accepted rate (to the last
 * 250), the delivered rate (to the last MessageDelivered), the latency to 250, the server's event-loop delay, CPU and memory.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { newId } from '../events/ids.ts';
import { loadConfig } from '../src/config/load.ts';
import { createLogger } from '../src/logger.ts';
import { hashPassword } from '../src/passwords/argon2id.ts';
import { startServer } from '../src/server/start-server.ts';

const options = {
  messages: { type: 'string', default: '20000' },
  senders: { type: 'string', default: '20' },
  mailboxes: { type: 'string', default: '50' },
  size: { type: 'string', default: '4096' },
} as const;
const { values } = parseArgs({ options });
const plan = {
  messages: Number(values.messages),
  senders: Number(values.senders),
  mailboxes: Number(values.mailboxes),
  size: Number(values.size),
};

interface Report {
  readonly deliveredAt: number;
  readonly cpuMs: number;
  readonly rssMiB: number;
  readonly loopMaxMs: number;
  readonly loopP99Ms: number;
}

async function serve(directory: string): Promise<void> {
  const base = loadConfig(
    { dataDir: directory, workingDirectory: directory },
    { CHANCERY_DEMO_PASSWORD: 'bench-password' },
  );
  const listeners = base.listeners
    .filter((each) => each.protocol === 'smtp')
    .map((each) => ({ ...each, port: 0 }));
  const server = await startServer({ ...base, listeners }, process.env, createLogger({ level: 'warn' }));
  const { engine } = server;
  const context = { by: 'system', correlationId: newId(), causationId: 'bench' } as const;
  const passwordHash = await hashPassword('bench-password');
  for (let n = 0; n < plan.mailboxes; n++) {
    const index = await engine.directory.current();
    const domainId = index.domainIdOf('example.test') ?? '';
    const accountId = newId();
    const names = { accountId, domainId, role: 'user', localPart: `user${n}`, passwordHash } as const;
    await engine.directoryActors.askDirectory(
      { type: 'AddAccount', ...names, asOf: index.revision },
      context,
    );
    await engine.mailboxes.openMailbox(accountId, context);
  }
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let cpu = process.cpuUsage();
  let delivered = 0;
  engine.stores.log.follow(await engine.stores.log.head(), (batch) => {
    for (const event of batch.events) if (event.type === 'MessageDelivered') delivered++;
    if (delivered >= plan.messages) report();
  });
  let reported = false;
  function report(): void {
    if (reported) return;
    reported = true;
    delay.disable();
    const used = process.cpuUsage(cpu);
    const answer: Report = {
      deliveredAt: Date.now(),
      cpuMs: (used.user + used.system) / 1000,
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
      loopMaxMs: delay.max / 1e6,
      loopP99Ms: delay.percentile(99) / 1e6,
    };
    process.send?.(answer);
  }
  process.on('message', (message) => {
    if (message === 'go') {
      cpu = process.cpuUsage();
      delay.enable();
    } else void server.stop().then(() => process.exit(0));
  });
  process.send?.(server.listeners[0]?.port);
}

/** One sender: a session that sends its share, the commands of a message in one write. */
function send(port: number, share: readonly number[], content: string, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let buffered = '';
    let at = -1;
    let began = 0;
    let state: 'greeting' | 'ehlo' | 'envelope' | 'content' | 'quit' = 'greeting';
    let answers = 0;
    const next = (): void => {
      at++;
      const n = share[at];
      if (n === undefined) {
        state = 'quit';
        socket.write('QUIT\r\n');
        return;
      }
      state = 'envelope';
      answers = 0;
      began = performance.now();
      socket.write(
        `MAIL FROM:<sender@elsewhere.example>\r\nRCPT TO:<user${n % plan.mailboxes}@example.test>\r\nDATA\r\n`,
      );
    };
    const line = (text: string): void => {
      if (text[3] === '-') return;
      if (!/^[23]/.test(text)) {
        reject(new Error(text));
        return;
      }
      if (state === 'greeting') {
        state = 'ehlo';
        socket.write('EHLO bench.example\r\n');
      } else if (state === 'ehlo') next();
      else if (state === 'envelope') {
        if (++answers === 3) {
          state = 'content';
          socket.write(content);
        }
      } else if (state === 'content') {
        latencies.push(performance.now() - began);
        next();
      } else resolve();
    };
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1');
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const text = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        line(text);
      }
    });
    socket.on('error', reject);
  });
}

async function drive(): Promise<void> {
  const directory = mkdtempSync(join(process.env.CHANCERY_BENCH_DIR ?? tmpdir(), 'chancery-bench-'));
  const child = fork(import.meta.filename, [...process.argv.slice(2)], {
    env: { ...process.env, CHANCERY_BENCH_SERVE: directory },
  });
  try {
    const port = await new Promise<number>((resolve) =>
      child.once('message', (message) => resolve(message as number)),
    );
    const reported = new Promise<Report>((resolve) =>
      child.once('message', (message) => resolve(message as Report)),
    );
    const body = `${'A line of text as people write it, seventy-two characters to the line.'.padEnd(74, '.')}\r\n`;
    const head =
      'From: sender@elsewhere.example\r\nTo: user@example.test\r\nSubject: Benchmark\r\nMessage-ID: <b@elsewhere.example>\r\n\r\n';
    const content = `${head}${body.repeat(Math.max(1, Math.floor((plan.size - head.length) / body.length)))}.\r\n`;
    const latencies: number[] = [];
    child.send('go');
    const began = Date.now();
    const shares = Array.from({ length: plan.senders }, (_, s) =>
      Array.from({ length: plan.messages }, (_, n) => n).filter((n) => n % plan.senders === s),
    );
    await Promise.all(shares.map((share) => send(port, share, content, latencies)));
    const acceptedMs = Date.now() - began;
    const report = await reported;
    const deliveredMs = report.deliveredAt - began;
    latencies.sort((a, b) => a - b);
    const p = (q: number): string => (latencies[Math.floor(latencies.length * q)] ?? 0).toFixed(1);
    const rate = (ms: number): string => `${Math.round((plan.messages / ms) * 1000)}/s`;
    const rows = [
      ['machine', `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`],
      ['plan', JSON.stringify(plan)],
      ['accepted', rate(acceptedMs)],
      ['delivered', rate(deliveredMs)],
      ['latency to 250, p50 / p99', `${p(0.5)} / ${p(0.99)} ms`],
      ['server CPU per 1,000 messages', `${(report.cpuMs / plan.messages).toFixed(2)} s`],
      [
        'server event-loop delay, p99 / max',
        `${report.loopP99Ms.toFixed(1)} / ${report.loopMaxMs.toFixed(1)} ms`,
      ],
      ['server memory (RSS) at the end', `${report.rssMiB.toFixed(0)} MiB`],
    ];
    for (const [name, value] of rows) console.log(`${name?.padEnd(36)} ${value}`);
  } finally {
    child.send('stop');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(directory, { recursive: true, force: true });
  }
}

const directory = process.env.CHANCERY_BENCH_SERVE;
if (directory === undefined) await drive();
else await serve(directory);
