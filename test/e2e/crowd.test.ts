/** A crowd on one process: 1,000 idle IMAP sessions while 200 senders send at once. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoPassword, startServerProcess } from '../support/running-server.ts';

const idlers = 1_000;
const senders = 200;

interface Client {
  readonly socket: Socket;
  /** Sends a line and resolves with what came until a line that fits. */
  ask(line: string | undefined, until: RegExp): Promise<string>;
}

function open(port: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    let waiting:
      | { until: RegExp; resolve: (text: string) => void; reject: (error: Error) => void }
      | undefined;
    const settle = (): void => {
      if (waiting === undefined || !waiting.until.test(received)) return;
      const text = received;
      received = '';
      const { resolve: answer } = waiting;
      waiting = undefined;
      answer(text);
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      received += String(chunk);
      settle();
    });
    const fail = (error: Error): void => {
      waiting?.reject(error);
      reject(error);
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error(`closed after: ${received.slice(-200)}`)));
    socket.once('connect', () =>
      resolve({
        socket,
        ask: (line, until) =>
          new Promise((answer, refuse) => {
            waiting = { until, resolve: answer, reject: refuse };
            if (line !== undefined) socket.write(`${line}\r\n`, 'latin1');
            settle();
          }),
      }),
    );
  });
}

async function idle(port: number): Promise<Client> {
  const client = await open(port);
  await client.ask(undefined, /^\* OK.*\r\n$/s);
  assert.match(await client.ask(`a LOGIN alice@example.test "${demoPassword}"`, /^a \w+.*\r\n$/ms), /^a OK/m);
  assert.match(await client.ask('b SELECT INBOX', /^b \w+.*\r\n$/ms), /^b OK/m);
  await client.ask('c IDLE', /^\+ .*\r\n$/ms);
  return client;
}

async function send(port: number, n: number): Promise<void> {
  const client = await open(port);
  await client.ask(undefined, /^220 .*\r\n$/ms);
  await client.ask('EHLO crowd.example', /^250 .*\r\n$/ms);
  await client.ask('MAIL FROM:<crowd@elsewhere.example>', /^250 .*\r\n$/ms);
  await client.ask('RCPT TO:<alice@example.test>', /^250 .*\r\n$/ms);
  await client.ask('DATA', /^354 .*\r\n$/ms);
  await client.ask(`Subject: crowd ${n}\r\n\r\nhello\r\n.`, /^250 .*\r\n$/ms);
  client.socket.removeAllListeners('close').on('close', () => undefined);
  client.socket.end('QUIT\r\n');
}

test(`${idlers} idle sessions and ${senders} senders at once are served without an error`, {
  timeout: 120_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chancery-crowd-'));
  const server = await startServerProcess({ directory, protocols: ['smtp', 'imap'] });
  const clients: Client[] = [];
  try {
    for (let n = 0; n < idlers; n += 50) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => idle(server.ports.imap)))));
    }
    const told = clients.map((client) =>
      client.ask(undefined, new RegExp(`^\\* ${senders} EXISTS\\r\\n`, 'm')),
    );
    await Promise.all(Array.from({ length: senders }, (_, n) => send(server.ports.smtp, n)));
    await Promise.all(told);
    for (const line of server.errorOutput().split('\n')) assert.doesNotMatch(line, /"level":"(error|fatal)"/);
  } finally {
    for (const client of clients) {
      client.socket.removeAllListeners('close').on('close', () => undefined);
      client.socket.destroy();
    }
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
});
