/**
 * A whole server for a test: `chancery serve` as a process of its own, or the same server inside this process. Each
 * has its own data directory and listens on free loopback ports. Starting fails with what the server wrote; a process
 * is ended by its own pid and nothing else is touched.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Protocol } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/logger.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';

export const demoPassword = 'correct horse battery';

export interface ServerOptions {
  /** Holds the configuration file; the data directory is `data` in it. */
  readonly directory: string;
  readonly protocols: readonly Protocol[];
  /** More lines of `chancery.yaml`. */
  readonly extra?: string;
}

export type Ports = Readonly<Record<Protocol, number>>;

export interface ServerProcess {
  readonly pid: number;
  readonly ports: Ports;
  /** What it wrote to standard error, so far. */
  errorOutput(): string;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** Tells it to stop; rejects when it did not end well. */
  stop(): Promise<void>;
}

export interface ServerInProcess {
  readonly ports: Ports;
  readonly server: RunningServer;
  /** Lines of level `error` and above. */
  readonly errors: readonly string[];
}

const startWithinMs = 60_000;
const stopWithinMs = 60_000;
const outputCharactersMax = 256 * 1024;
const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The data directory of a server started with these options. */
export const dataDirectoryOf = (directory: string): string => join(directory, 'data');

/** Ports are the system's choice (port 0): two tests never ask for the same one. */
async function writeConfig({ directory, protocols, extra = '' }: ServerOptions): Promise<string> {
  const file = join(directory, 'chancery.yaml');
  const listeners = protocols.map(
    (protocol) => `  - { protocol: ${protocol}, host: 127.0.0.1, port: 0, tls: starttls }`,
  );
  const lines = ['data: ./data', 'listeners:', ...listeners, 'logging: { level: info, format: json }', extra];
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** A process that has not said yet where it listens: for tests that end one at any moment. */
export interface StartingProcess {
  readonly child: ChildProcess;
  /** Rejects when it ended, or took too long. */
  readonly listening: Promise<ServerProcess>;
  kill(): Promise<void>;
}

export async function spawnServer(options: ServerOptions): Promise<StartingProcess> {
  const file = await writeConfig(options);
  const child = spawn(process.execPath, [entry, 'serve', '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CHANCERY_DEMO_PASSWORD: demoPassword },
  });
  const ended = once(child, 'exit');
  let stdout = '';
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-outputCharactersMax);
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  const listening = new Promise<ServerProcess>((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new Error(`${reason}\n${stderr}`));
    };
    const timer = setTimeout(() => fail('the server did not start in time'), startWithinMs);
    child.once('error', (error) => fail(String(error)));
    child.once('exit', (code, signal) => fail(`the server ended: ${code ?? signal}`));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-outputCharactersMax);
      const ports = portsIn(stdout, options.protocols);
      if (ports === undefined) return;
      clearTimeout(timer);
      resolve({
        pid: child.pid ?? 0,
        ports,
        errorOutput: () => stderr,
        kill,
        stop: () => stop(child, ended),
      });
    });
  });
  // Whoever ends it while it starts does not look at this any more.
  listening.catch(() => undefined);
  return { child, listening, kill };
}

/** Starts it and waits until it listens. Whoever starts it ends it. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const starting = await spawnServer(options);
  try {
    return await starting.listening;
  } catch (error) {
    await starting.kill();
    throw error;
  }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(timer);
  if (child.signalCode === 'SIGKILL') throw new Error('the server did not stop in time');
}

/** From the table that `serve` prints once everything listens. */
function portsIn(stdout: string, protocols: readonly Protocol[]): Ports | undefined {
  const ports: Record<Protocol, number> = { smtp: 0, submission: 0, imap: 0, pop3: 0 };
  for (const [, protocol, port] of stdout.matchAll(/^(\w+)\s+127\.0\.0\.1:(\d+)\s+\S+.*\n/gm)) {
    if (protocol !== undefined && protocol in ports) ports[protocol as Protocol] = Number(port);
  }
  return protocols.every((protocol) => ports[protocol] > 0) ? ports : undefined;
}

export async function startServerInProcess(options: ServerOptions): Promise<ServerInProcess> {
  const configPath = await writeConfig(options);
  const env = { CHANCERY_DEMO_PASSWORD: demoPassword };
  const errors: string[] = [];
  const logger = createLogger({ level: 'error', write: (line) => errors.push(line) });
  const server = await startServer(loadConfig({ configPath }, env), env, logger);
  const ports: Record<Protocol, number> = { smtp: 0, submission: 0, imap: 0, pop3: 0 };
  for (const { config, port } of server.listeners) ports[config.protocol] = port;
  return { ports, server, errors };
}
