/** A port that speaks POP3, with its bounds and its end. */
import { createServer, type Socket } from 'node:net';
import { type Pop3ListenerOptions, settingsOf } from './options.ts';
import type { Pop3Logger, Pop3Services } from './ports.ts';
import { type Pop3Session, startSession } from './session.ts';

export interface Pop3Listener {
  readonly port: number;
  /** No new connections; open ones are cut off, which changes nothing in their maildrops. */
  close(): Promise<void>;
}

/** Resolves when the port is open; rejects with the system's error when it cannot be. */
export async function startPop3Listener(
  options: Pop3ListenerOptions,
  services: Pop3Services,
  logger: Pop3Logger,
): Promise<Pop3Listener> {
  const settings = settingsOf(options);
  const sessions = new Set<Pop3Session>();
  const byAddress = new Map<string, number>();

  function connect(socket: Socket): void {
    const address = socket.remoteAddress;
    socket.on('error', () => undefined);
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const fromAddress = byAddress.get(address) ?? 0;
    const crowded = fromAddress >= settings.sessionsPerAddressMax && !settings.isTrusted(address);
    if (sessions.size >= settings.sessionsMax || crowded) {
      if (settings.implicitTls) socket.destroy();
      else socket.end('-ERR [SYS/TEMP] Too many connections, try again later\r\n');
      return;
    }
    byAddress.set(address, fromAddress + 1);
    const session = startSession(socket, { settings, services, logger });
    sessions.add(session);
    void session.done
      .catch((error: unknown) => logger.error({ err: error }, 'a POP3 session could not be closed'))
      .finally(() => {
        sessions.delete(session);
        const left = (byAddress.get(address) ?? 1) - 1;
        if (left > 0) byAddress.set(address, left);
        else byAddress.delete(address);
      });
  }

  const server = createServer(connect);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => logger.error({ err: error, listener: settings.listener }, 'listener'));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : settings.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const ending = [...sessions].map((session) => session.done.catch(() => undefined));
      for (const session of sessions) session.abort();
      await Promise.all([closed, ...ending]);
    },
  };
}
