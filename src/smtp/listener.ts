/**
 * A port that speaks SMTP: smtp-server's SMTPServer, making connections of our own, with its bounds and
 * its graceful end. Library options are given explicitly where their default matters: it falls back to
 * a public test key, talks TLS 1.0 and logs to the console unless told.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { ChanceryConnection } from './connection.ts';
import { type ListenerSettings, type SmtpListenerOptions, settingsOf } from './options.ts';
import type { SmtpLogger, SmtpServices } from './ports.ts';
import { formatReply, type Reply, replies } from './replies.ts';

export interface SmtpListener {
  readonly port: number;
  /** No new connections; those that are open get 421 when what is under way has ended, or are cut off when
   * the grace is over. Resolves when the record of every session is closed. */
  close(): Promise<void>;
}

/** Resolves when the port is open; rejects with the system's error when it cannot be. */
export async function startSmtpListener(
  options: SmtpListenerOptions,
  services: SmtpServices,
  logger: SmtpLogger,
): Promise<SmtpListener> {
  const settings = settingsOf(options);
  const server = new ChanceryServer(settings, services, logger);
  const port = await listen(server, settings);
  // From here on an error of the listening socket (no more file descriptors) concerns one connection.
  server.on('error', (error: Error) => logger.error({ err: error, listener: settings.listener }, 'listener'));
  return { port, close: () => server.drain() };
}

export class ChanceryServer extends SMTPServer {
  readonly settings: ListenerSettings;
  readonly services: SmtpServices;
  // smtp-server has a `logger` of its own shape, and it stays silent.
  readonly #logger: SmtpLogger;
  readonly #sessions = new Map<ChanceryConnection, string>();
  readonly #sessionsByAddress = new Map<string, number>();
  #onEmpty: (() => void) | undefined;

  constructor(settings: ListenerSettings, services: SmtpServices, logger: SmtpLogger) {
    super({
      ...settings.tls,
      minVersion: 'TLSv1.2',
      secure: settings.implicitTls,
      // The connection does the handshake, so that one that fails is on record like any session.
      needsUpgrade: settings.implicitTls,
      name: settings.name,
      logger: false,
      socketTimeout: settings.idleMsMax,
      disableReverseLookup: true,
      useProxy: [...settings.proxies],
    });
    this.settings = settings;
    this.services = services;
    this.#logger = logger;
  }

  get sessionLogger(): SmtpLogger {
    return this.#logger;
  }

  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null): void {
    // A peer that has gone already left no address.
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    let connection: ChanceryConnection;
    try {
      connection = new ChanceryConnection(this, socket, options);
    } catch (error) {
      this.#refuseUnrecorded(socket, error);
      return;
    }
    const address = connection.remoteAddress;
    const refusal = this.#admissionError(address);
    this.connections.add(connection);
    this.#sessions.set(connection, address);
    this.#sessionsByAddress.set(address, (this.#sessionsByAddress.get(address) ?? 0) + 1);
    connection.open(refusal);
  }

  /** A session's record is closed. */
  forget(connection: ChanceryConnection): void {
    const address = this.#sessions.get(connection);
    if (address === undefined) return;
    this.#sessions.delete(connection);
    const left = (this.#sessionsByAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#sessionsByAddress.set(address, left);
    else this.#sessionsByAddress.delete(address);
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }

  async drain(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#sessions.size === 0) resolve();
    });
    for (const connection of this.#sessions.keys()) connection.drain();
    const grace = setTimeout(() => {
      for (const connection of this.#sessions.keys()) connection.abort();
    }, this.settings.closeGraceMs);
    await Promise.all([closed, empty]);
    clearTimeout(grace);
  }

  #admissionError(address: string): Reply | undefined {
    const { sessionsMax, sessionsPerAddressMax, isTrusted } = this.settings;
    if (this.#onEmpty !== undefined) return replies.shuttingDown;
    if (this.#sessions.size >= sessionsMax) return replies.tooManySessions;
    const fromAddress = this.#sessionsByAddress.get(address) ?? 0;
    if (fromAddress >= sessionsPerAddressMax && !isTrusted(address))
      return replies.tooManySessionsFromAddress;
    return undefined;
  }

  /** No session could be opened: nothing to talk with, and nothing to record. */
  #refuseUnrecorded(socket: Socket, error: unknown): void {
    this.#logger.error({ err: error, listener: this.settings.listener }, 'cannot open a session');
    socket.on('error', () => socket.destroy());
    if (this.settings.implicitTls) socket.destroy();
    else socket.end(formatReply(replies.localErrorAtConnect), () => socket.destroy());
  }
}

function listen(server: ChanceryServer, settings: ListenerSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, () => {
      server.off('error', reject);
      const address = server.server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : settings.port);
    });
  });
}
