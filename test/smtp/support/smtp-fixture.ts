/** A listener on a free port with fake services behind it, and clients to talk to it; all of it is closed
 * when the test ends. */
import type { TestContext } from 'node:test';
import { type SmtpListener, startSmtpListener } from '../../../src/smtp/listener.ts';
import type { SmtpListenerOptions } from '../../../src/smtp/options.ts';
import { makeSelfSigned } from '../../../src/tls/self-signed.ts';
import { createFakeLogger, createFakeServices, type FakeServices, type LogLine } from './fake-services.ts';
import { type ClientOptions, openClient, type WireClient } from './wire-client.ts';

export interface SmtpFixture {
  readonly services: FakeServices;
  readonly log: readonly LogLine[];
  readonly listener: SmtpListener;
  /** Connects without reading the greeting. */
  connect(options?: Partial<ClientOptions>): Promise<WireClient>;
  /** Connects, reads the greeting and says EHLO. */
  hello(options?: Partial<ClientOptions>): Promise<WireClient>;
}

const identity = makeSelfSigned('mx.example.test', Date.now());

export async function tlsIdentity(): Promise<{ readonly key: string; readonly cert: string }> {
  const { key, certificate } = await identity;
  return { key, cert: certificate };
}

/** Clients may name another peer by a PROXY header when `proxies` says so; see `connect({ as })`. */
export async function startSmtp(
  t: TestContext,
  options: Partial<SmtpListenerOptions> = {},
): Promise<SmtpFixture> {
  const services = createFakeServices();
  const logger = createFakeLogger();
  const listener = await startSmtpListener(
    {
      listener: 'test',
      name: 'mx.example.test',
      mode: 'mx',
      host: '127.0.0.1',
      port: 0,
      tls: await tlsIdentity(),
      closeGraceMs: 100,
      ...options,
    },
    services,
    logger,
  );
  const clients: WireClient[] = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await listener.close();
  });
  const fixture: SmtpFixture = {
    services,
    log: logger.lines,
    listener,
    async connect(clientOptions) {
      const client = await openClient({ port: listener.port, ...clientOptions });
      clients.push(client);
      return client;
    },
    async hello(clientOptions) {
      const client = await fixture.connect(clientOptions);
      await client.reply();
      await client.command('EHLO client.example.org');
      return client;
    },
  };
  return fixture;
}

export function plain(login: string, password: string, authorizationId = ''): string {
  return Buffer.from(`${authorizationId}\0${login}\0${password}`).toString('base64');
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** An open transaction to alice. */
export async function toAlice(client: WireClient): Promise<void> {
  await client.command('MAIL FROM:<sender@example.org>');
  await client.command('RCPT TO:<alice@example.test>');
}

/** One message to alice; the reply to its end. `content` is sent as it is, then CRLF.CRLF's last three. */
export async function sendMessage(client: WireClient, content: string): Promise<string> {
  await toAlice(client);
  const start = await client.command('DATA');
  if (!start.startsWith('354')) return start;
  client.send(`${content}.\r\n`);
  return client.reply();
}
