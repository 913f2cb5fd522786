/** A listener on a free port with mailboxes in memory behind it, and clients to talk to it; all of it is closed when
 * the test ends. */
import type { TestContext } from 'node:test';
import type { LoginResult } from '../../../src/mail/authentication.ts';
import { type Pop3Listener, startPop3Listener } from '../../../src/pop3/listener.ts';
import type { Pop3ListenerOptions } from '../../../src/pop3/options.ts';
import type { Pop3Services, Pop3SessionInfo } from '../../../src/pop3/ports.ts';
import { makeSelfSigned } from '../../../src/tls/self-signed.ts';
import { createFakeMailboxes, type FakeMailboxes } from '../../support/fake-mailboxes.ts';
import { createFakeLogins, createFakeSessions, type FakeSessions } from '../../support/fake-sessions.ts';
import { type ClientOptions, openClient, type Pop3Client } from './pop3-client.ts';

export interface LogLine {
  readonly message: string;
  readonly fields: object;
}

export interface Pop3Fixture {
  readonly listener: Pop3Listener;
  readonly mailboxes: FakeMailboxes;
  readonly services: Pop3Services;
  readonly sessions: FakeSessions<Pop3SessionInfo>['sessions'];
  /** Errors that were logged; most tests expect none. */
  readonly errors: readonly LogLine[];
  /** Connects, and reads nothing. */
  connect(options?: Partial<ClientOptions>): Promise<Pop3Client>;
  /** Connects and reads the greeting. */
  greeted(options?: Partial<ClientOptions>): Promise<Pop3Client>;
  /** Connects, reads the greeting and logs in. */
  login(account?: string, options?: Partial<ClientOptions>): Promise<Pop3Client>;
}

export interface FixtureOptions extends Partial<Pop3ListenerOptions> {
  readonly answer?: (login: string) => LoginResult | undefined;
  readonly openSession?: Pop3Services['openSession'];
}

const identity = makeSelfSigned('pop.example.test', Date.now());
export const passwords: ReadonlyMap<string, string> = new Map([
  ['alice', 'open  sesame'],
  ['bob', 'swordfish'],
]);

export async function startPop3(t: TestContext, options: FixtureOptions = {}): Promise<Pop3Fixture> {
  const { answer, openSession, ...settings } = options;
  const mailboxes = createFakeMailboxes();
  for (const account of passwords.keys()) mailboxes.add(account);
  const kept = createFakeSessions<Pop3SessionInfo>();
  const errors: LogLine[] = [];
  const { key, certificate: cert } = await identity;
  const services: Pop3Services = {
    openSession: openSession ?? kept.openSession,
    authenticate: createFakeLogins(passwords, answer),
    mailboxes,
    heldMaildrops: new Set(),
  };
  const listener = await startPop3Listener(
    {
      listener: 'test',
      name: 'pop.example.test',
      host: '127.0.0.1',
      port: 0,
      tls: { key, cert },
      failedLoginDelayMs: 0,
      closeGraceMs: 100,
      ...settings,
    },
    services,
    { error: (fields, message) => void errors.push({ message, fields }) },
  );
  const clients: Pop3Client[] = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await listener.close();
  });
  const fixture: Pop3Fixture = {
    listener,
    mailboxes,
    services,
    sessions: kept.sessions,
    errors,
    async connect(clientOptions) {
      const client = await openClient({ port: listener.port, ...clientOptions });
      clients.push(client);
      return client;
    },
    async greeted(clientOptions) {
      const client = await fixture.connect(clientOptions);
      const greeting = await client.line();
      if (greeting !== '+OK pop.example.test POP3 Chancery') throw new Error(`greeted with: ${greeting}`);
      return client;
    },
    async login(account = 'alice', clientOptions = {}) {
      const client = await fixture.greeted(clientOptions);
      await client.command(`USER ${account}@example.test`);
      const reply = await client.command(`PASS ${passwords.get(account)}`);
      if (!reply.startsWith('+OK')) throw new Error(`not logged in: ${reply}`);
      return client;
    },
  };
  return fixture;
}
