/**
 * Clients that people use, against a whole server. In CI every one of them has to be there; on a machine without one
 * its test says so and ends.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { demoPassword, type ServerProcess, startServerProcess } from '../support/running-server.ts';

const run = promisify(execFile);

/** Whether a program is there; fails in CI when it is not. */
async function present(program: string, t: TestContext): Promise<boolean> {
  try {
    await run('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    assert.equal(process.env.CI, undefined, `${program} is missing`);
    t.diagnostic(`${program} is not on this machine; nothing was tried with it`);
    return false;
  }
}

/** Tries until it does not throw, for what becomes visible a moment later. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await check();
    } catch (error) {
      if (tries > 100) throw error;
      await delay(100);
    }
  }
}

describe('real clients', () => {
  let directory = '';
  let server: ServerProcess;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chancery-clients-'));
    server = await startServerProcess({ directory, protocols: ['smtp', 'submission', 'imap', 'pop3'] });
  });
  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("Python's smtplib, imaplib and poplib send, read and delete", async (t) => {
    if (!(await present('python3', t))) return;
    const script = join(import.meta.dirname, 'python-clients.py');
    const { submission, imap, pop3 } = server.ports;
    const { stdout } = await run('python3', [script, `${submission}`, `${imap}`, `${pop3}`, demoPassword], {
      timeout: 60_000,
    });
    assert.equal(stdout, 'ok\n');
  });

  test('curl sends, and reads over IMAP and POP3', async (t) => {
    if (!(await present('curl', t))) return;
    const file = join(directory, 'curl.eml');
    const text =
      'From: alice@example.test\r\nTo: auditor@example.test\r\nSubject: by curl\r\n\r\nHello from curl.\r\n';
    await writeFile(file, text);
    const { submission, imap, pop3 } = server.ports;
    const as = (name: string) => [
      '--silent',
      '--show-error',
      '--insecure',
      '--ssl-reqd',
      '--user',
      `${name}@example.test:${demoPassword}`,
    ];
    const envelope = [
      '--mail-from',
      'alice@example.test',
      '--mail-rcpt',
      'auditor@example.test',
      '--upload-file',
      file,
    ];
    await run('curl', [...as('alice'), '--url', `smtp://127.0.0.1:${submission}`, ...envelope]);
    await eventually(async () => {
      const { stdout } = await run('curl', [...as('auditor'), `imap://127.0.0.1:${imap}/INBOX;MAILINDEX=1`]);
      assert.ok(stdout.endsWith(text), stdout);
    });
    const { stdout } = await run('curl', [...as('auditor'), `pop3://127.0.0.1:${pop3}/1`]);
    assert.ok(stdout.endsWith(text), stdout);
  });

  test('swaks is told what the server takes and what it does not', async (t) => {
    if (!(await present('swaks', t))) return;
    const smtp = [
      '--server',
      `127.0.0.1:${server.ports.smtp}`,
      '--from',
      'someone@elsewhere.example',
      '--tls',
    ];
    const sent = await run('swaks', [...smtp, '--to', 'bob@example.test']);
    assert.match(sent.stdout, /250 2\.0\.0 OK/);
    for (const [to, reply] of [
      ['nobody@example.test', /550 5\.1\.1/],
      ['someone@elsewhere.example', /550 5\.7\.1/],
    ] as const) {
      await assert.rejects(run('swaks', [...smtp, '--to', to]), (error: { stdout?: string }) => {
        assert.match(error.stdout ?? '', reply);
        return true;
      });
    }
  });

  test('nodemailer sends and imapflow reads, flags and is told of new mail while idle', async () => {
    const auth = { user: 'bob@example.test', pass: demoPassword };
    const transport = createTransport({
      host: '127.0.0.1',
      port: server.ports.submission,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
      auth,
    });
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: server.ports.imap,
      secure: false,
      tls: { rejectUnauthorized: false },
      logger: false,
      auth: { user: 'alice@example.test', pass: demoPassword },
    });
    await client.connect();
    const lock = await client.getMailboxLock('INBOX');
    try {
      const arrived = new Promise<void>((resolve) => client.once('exists', () => resolve()));
      const attachments = [{ filename: 'zahlen.bin', content: Buffer.from([0, 1, 2, 255]) }];
      const mail = {
        from: auth.user,
        to: 'alice@example.test',
        subject: 'Grüße',
        text: 'Hallo',
        attachments,
      };
      const waiting = client.idle();
      await transport.sendMail(mail);
      await arrived;
      await client.noop();
      await waiting;
      const message = await client.fetchOne('*', {
        envelope: true,
        bodyStructure: true,
        source: true,
        uid: true,
      });
      assert.ok(message !== false);
      assert.equal(message.envelope?.subject, 'Grüße');
      assert.equal(message.bodyStructure?.childNodes?.length, 2);
      await client.messageFlagsAdd('*', ['\\Flagged']);
      assert.ok((await client.search({ flagged: true }, { uid: true })) || false);
    } finally {
      lock.release();
      await client.logout();
      transport.close();
    }
  });

  test('mbsync copies both ways', async (t) => {
    if (!(await present('mbsync', t))) return;
    const mail = join(directory, 'mail');
    await mkdir(mail);
    const config = join(directory, 'mbsyncrc');
    await writeFile(
      config,
      [
        'IMAPAccount chancery',
        'Host 127.0.0.1',
        `Port ${server.ports.imap}`,
        'User auditor@example.test',
        `Pass "${demoPassword}"`,
        'SSLType None',
        'AuthMechs PLAIN',
        '',
        'IMAPStore far',
        'Account chancery',
        '',
        'MaildirStore near',
        `Path ${mail}/`,
        `Inbox ${mail}/INBOX`,
        'SubFolders Verbatim',
        '',
        'Channel all',
        'Far :far:',
        'Near :near:',
        'Patterns *',
        'Create Both',
        'Expunge Both',
        'SyncState *',
        '',
      ].join('\n'),
    );
    const sync = () => run('mbsync', ['-c', config, '-a'], { timeout: 60_000 });
    const newMessage = 'From: x@y.example\nSubject: from the maildir\n\nwritten here\n';
    await sync();
    await writeFile(join(mail, 'INBOX', 'new', '1700000000.1_1.here'), newMessage);
    await sync();
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: server.ports.imap,
      secure: false,
      tls: { rejectUnauthorized: false },
      logger: false,
      auth: { user: 'auditor@example.test', pass: demoPassword },
    });
    await client.connect();
    const lock = await client.getMailboxLock('INBOX');
    const found = await client.search({ subject: 'from the maildir' }, { uid: true });
    assert.equal(found === false ? 0 : found?.length, 1);
    await client.messageDelete({ subject: 'from the maildir' });
    lock.release();
    await client.logout();
    await sync();
    const left = (await Promise.all(['cur', 'new'].map((each) => readdir(join(mail, 'INBOX', each))))).flat();
    for (const name of left) {
      const path = ['cur', 'new'].map((each) => join(mail, 'INBOX', each, name));
      const texts = await Promise.all(path.map((each) => readFile(each, 'utf8').catch(() => '')));
      assert.ok(
        texts.every((text) => !text.includes('from the maildir')),
        'the deleted message is still there',
      );
    }
  });
});
