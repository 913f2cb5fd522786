/** A port that speaks POP3: bounds how many sessions there are, and closes gracefully. */
import { createServer, type Server, type Socket } from 'node:net';
import { type Connection, openConnection } from './connection.ts';
import { type Pop3ListenerOptions, type Pop3Settings, settingsOf } from './options.ts';
import type { Pop3Logger, Pop3Services } from './ports.ts';

export interface Pop3Listener {
  readonly port: number;
  /** No new connections; those that are open end when the command under way has, or are cut off when the grace is
   * over. What they marked stays unchanged. Resolves when the record of every session is closed. */
  close(): Promise<void>;
}

/** Resolves when the port is open; rejects with the system's error when it cannot be. */
export async function startPop3Listener(
  options: Pop3ListenerOptions,
  services: Pop3Services,
  logger: Pop3Logger,
): Promise<Pop3Listener> {
  const settings = settingsOf(options);
  const connections = new Set<Connection>();
  const byAddress = new Map<string, number>();
  let closing = false;

  function refusalFor(address: string): string | undefined {
    if (closing) return 'Server shutting down';
    if (connections.size >= settings.sessionsMax) return 'Too many connections, try again later';
    const isOver = (byAddress.get(address) ?? 0) >= settings.sessionsPerAddressMax;
    return isOver && !settings.isTrusted(address) ? 'Too many connections from your address' : undefined;
  }

  function accept(socket: Socket): void {
    const address = socket.remoteAddress;
    // A peer that has gone already left no address.
    if (address === undefined || socket.destroyed) {
      socket.destroy();
      return;
    }
    let connection: Connection;
    try {
      connection = openConnection(socket, settings, services, logger, refusalFor(address));
    } catch (error) {
      // No session could be opened: nothing to talk with, and nothing to record.
      logger.error({ err: error, listener: settings.listener }, 'cannot open a session');
      socket.on('error', () => undefined).destroy();
      return;
    }
    connections.add(connection);
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    void connection.ended.then(() => {
      connections.delete(connection);
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
    });
  }

  // A client that has sent all it wants and closed its side still gets its answers.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, accept);
  const port = await listen(server, settings);
  // From here on an error of the listening socket (no more file descriptors) concerns one connection.
  server.on('error', (error: Error) => logger.error({ err: error, listener: settings.listener }, 'listener'));
  return {
    port,
    async close() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.drain();
      const grace = setTimeout(() => {
        for (const connection of connections) connection.abort();
      }, settings.closeGraceMs);
      await Promise.all([closed, ...[...connections].map((each) => each.ended)]);
      clearTimeout(grace);
    },
  };
}

function listen(server: Server, settings: Pop3Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : settings.port);
    });
  });
}
