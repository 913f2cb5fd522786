/** A listener on a free port with mailboxes in memory behind it, and clients to talk to it; all of it is closed
 * when the test ends. */
import type { TestContext } from 'node:test';
import { type ImapListener, startImapListener } from '../../../src/imap/listener.ts';
import type { ImapListenerOptions } from '../../../src/imap/options.ts';
import type { ImapLogger, ImapSessionInfo } from '../../../src/imap/ports.ts';
import type { LoginResult } from '../../../src/mail/authentication.ts';
import { makeSelfSigned } from '../../../src/tls/self-signed.ts';
import { createFakeMailboxes, type FakeMailboxes } from '../../support/fake-mailboxes.ts';
import { createFakeLogins, createFakeSessions, type FakeSessions } from '../../support/fake-sessions.ts';
import { type ClientOptions, type ImapClient, openClient } from './imap-client.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'error';
  readonly message: string;
  readonly fields: object;
}

export interface ImapFixture {
  readonly listener: ImapListener;
  readonly mailboxes: FakeMailboxes;
  readonly sessions: FakeSessions<ImapSessionInfo>['sessions'];
  readonly log: readonly LogLine[];
  /** Errors that were logged; most tests expect none. */
  errors(): readonly LogLine[];
  connect(options?: Partial<ClientOptions>): Promise<ImapClient>;
  /** Connects, reads the greeting and logs in as alice. */
  login(account?: string): Promise<ImapClient>;
  /** Logs in and selects. */
  select(mailbox?: string, account?: string): Promise<ImapClient>;
}

const identity = makeSelfSigned('imap.example.test', Date.now());
const passwords = new Map([
  ['alice', 'open sesame'],
  ['bob', 'swordfish'],
]);

export async function startImap(
  t: TestContext,
  options: Partial<ImapListenerOptions> & {
    readonly answer?: (login: string) => LoginResult | undefined;
  } = {},
): Promise<ImapFixture> {
  const { answer, ...settings } = options;
  const mailboxes = createFakeMailboxes();
  mailboxes.add('alice');
  mailboxes.add('bob');
  const { sessions, openSession } = createFakeSessions<ImapSessionInfo>();
  const lines: LogLine[] = [];
  const { key, certificate: cert } = await identity;
  const listener = await startImapListener(
    {
      listener: 'test',
      name: 'imap.example.test',
      host: '127.0.0.1',
      port: 0,
      tls: { key, cert },
      failedLoginDelayMs: 0,
      closeGraceMs: 100,
      ...settings,
    },
    { openSession, authenticate: createFakeLogins(passwords, answer), mailboxes },
    fakeLogger(lines),
  );
  const clients: ImapClient[] = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await listener.close();
  });
  const fixture: ImapFixture = {
    listener,
    mailboxes,
    sessions,
    log: lines,
    errors: () => lines.filter(({ level }) => level === 'error'),
    async connect(clientOptions) {
      const client = await openClient({ port: listener.port, ...clientOptions });
      clients.push(client);
      return client;
    },
    async login(account = 'alice') {
      const client = await fixture.connect();
      await client.next();
      const { status } = await client.command(`LOGIN ${account}@example.test "${passwords.get(account)}"`);
      if (!status.startsWith('OK')) throw new Error(`not logged in: ${status}`);
      return client;
    },
    async select(mailbox = 'INBOX', account = 'alice') {
      const client = await fixture.login(account);
      const { status } = await client.command(`SELECT ${mailbox}`);
      if (status !== 'OK [READ-WRITE]') throw new Error(`not selected: ${status}`);
      return client;
    },
  };
  return fixture;
}

function fakeLogger(lines: LogLine[]): ImapLogger {
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), error: at('error') };
}
