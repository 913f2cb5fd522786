/** No address, subject or body fragment that went in stands in clear in any file outside `views/`. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { dataDirectoryOf, demoPassword, startServerProcess } from '../support/running-server.ts';

/** Distinct enough that none can stand anywhere by chance. */
const marks = {
  sender: 'zephyrine.quillfeather',
  senderDomain: 'marchbanks-of-oddity',
  subject: 'Perihelion-Kumquat-Ledger',
  body: 'the-saxophone-was-buried-at-dawn',
  folder: 'Umbrella-Contingencies',
  keyword: 'Verschwiegenheit7',
  appended: 'sotto-voce-appendix-91',
  helo: 'helo-from-tintagel',
  guessed: 'my-secret-typed-as-login',
};

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** The text as it is, and as base64 at each of the three places that it can begin at. */
function disguises(text: string): string[] {
  const encoded = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64');
    return whole.slice(shift === 0 ? 0 : 4, -4);
  });
  return [text, ...encoded];
}

test('what went in stands in clear in no file outside views/', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chancery-sealed-'));
  const server = await startServerProcess({ directory, protocols: ['smtp', 'imap'] });
  try {
    const transport = createTransport({
      host: '127.0.0.1',
      port: server.ports.smtp,
      secure: false,
      ignoreTLS: true,
      name: marks.helo,
    });
    await transport.sendMail({
      from: `${marks.sender}@${marks.senderDomain}.example`,
      to: 'alice@example.test',
      subject: marks.subject,
      text: `${marks.body}\n`,
    });
    transport.close();
    const options = {
      host: '127.0.0.1',
      port: server.ports.imap,
      secure: false,
      doSTARTTLS: false,
      logger: false,
    } as const;
    const client = new ImapFlow({ ...options, auth: { user: 'alice@example.test', pass: demoPassword } });
    await client.connect();
    await client.mailboxCreate(marks.folder);
    await client.append(marks.folder, `Subject: ${marks.appended}\r\n\r\n${marks.appended}\r\n`, [
      marks.keyword,
    ]);
    const lock = await client.getMailboxLock('INBOX');
    for (let tries = 0; tries < 50 && (client.mailbox === false || client.mailbox.exists === 0); tries++) {
      await delay(100);
      await client.noop();
    }
    const message = await client.fetchOne('1', { source: true });
    assert.ok(
      message !== false && message.source?.includes(marks.body) === true,
      'the message did not arrive',
    );
    lock.release();
    await client.logout();
    const guesser = new ImapFlow({ ...options, auth: { user: marks.guessed, pass: 'x' } });
    guesser.on('error', () => undefined);
    await assert.rejects(guesser.connect());
  } finally {
    await server.stop();
  }
  const data = dataDirectoryOf(directory);
  const files = [...filesBelow(data)].filter((path) => !path.startsWith(join(data, 'views')));
  assert.ok(files.some((path) => path.endsWith('log.db')) && files.some((path) => path.endsWith('blobs.db')));
  for (const path of files) {
    const octets = readFileSync(path);
    for (const [what, text] of Object.entries(marks)) {
      for (const disguise of disguises(text))
        assert.equal(octets.includes(disguise), false, `${path} shows the ${what}: ${disguise}`);
    }
    for (const address of ['alice@example', 'auditor@example'])
      assert.equal(octets.includes(address), false, `${path} shows ${address}`);
  }
  // The search works at all: the views, in clear by design, do show the subject.
  const views = [...filesBelow(join(data, 'views'))].map((path) => readFileSync(path));
  assert.ok(views.some((octets) => octets.includes(marks.subject)));
  await rm(directory, { recursive: true, force: true });
});
