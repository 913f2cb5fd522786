/**
 * The whole mail server on the KurrentDB log: mail in over SMTP, out over IMAP, and there again after a restart that has
 * lost its views and its index. On the server at KURRENTDB_URL when it is set; else on the wire-level stand-in, which
 * tests the adapter and the client, not the server.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { openStandIn } from '../support/kurrentdb-stand-in/stand-in.ts';
import {
  dataDirectoryOf,
  demoPassword,
  type ServerProcess,
  startServerProcess,
} from '../support/running-server.ts';

const subjects = ['first', 'second', 'third'];

async function subjectsSeen(port: number, expected: number): Promise<readonly (string | undefined)[]> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    tls: { rejectUnauthorized: false },
    logger: false,
    auth: { user: 'alice@example.test', pass: demoPassword },
  });
  await client.connect();
  const lock = await client.getMailboxLock('INBOX');
  try {
    for (
      let tries = 0;
      tries < 100 && (client.mailbox === false || client.mailbox.exists < expected);
      tries++
    ) {
      await delay(100);
      await client.noop();
    }
    const seen: (string | undefined)[] = [];
    for await (const message of client.fetch('1:*', { envelope: true })) seen.push(message.envelope?.subject);
    return seen;
  } finally {
    lock.release();
    await client.logout();
  }
}

async function send(server: ServerProcess, subject: string): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: server.ports.smtp, ignoreTLS: true });
  await transport.sendMail({ from: 'x@elsewhere.example', to: 'alice@example.test', subject, text: 'hello' });
  transport.close();
}

test('mail comes in and goes out on the KurrentDB log, and is there after a restart', {
  timeout: 120_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chancery-kurrentdb-'));
  const given = process.env.KURRENTDB_URL;
  const standIn = given === undefined ? await openStandIn() : undefined;
  const extra = `nodes: one\nlog: { kind: kurrentdb, url: ${JSON.stringify(given ?? standIn?.url)} }`;
  const options = { directory, protocols: ['smtp', 'imap'], extra } as const;
  try {
    const first = await startServerProcess(options);
    try {
      for (const subject of subjects) await send(first, subject);
      assert.deepEqual(await subjectsSeen(first.ports.imap, subjects.length), subjects);
    } finally {
      await first.stop();
    }
    const data = dataDirectoryOf(directory);
    for (const cache of ['views', 'log', 'snapshots'])
      await rm(join(data, cache), { recursive: true, force: true });
    const second = await startServerProcess(options);
    try {
      await send(second, 'fourth');
      assert.deepEqual(await subjectsSeen(second.ports.imap, subjects.length + 1), [...subjects, 'fourth']);
    } finally {
      await second.stop();
    }
  } finally {
    await standIn?.close();
    await rm(directory, { recursive: true, force: true });
  }
});
