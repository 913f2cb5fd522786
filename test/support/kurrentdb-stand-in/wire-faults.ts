/**
 * A TCP relay in front of the stand-in's gRPC server, so that faults happen on the wire: connections are
 * cut, the server falls silent while its connections stay open, and it comes back on the same port.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** Cuts every connection. */
  cut(): void;
  /** While muted nothing that the server says reaches its clients; what they send still arrives. */
  mute(on: boolean): void;
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

export async function openRelay(targetPort: number): Promise<Relay> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let muted = false;
  let listener: Server | undefined;
  let port = 0;

  function relay(client: Socket): void {
    const server = connect(targetPort, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (chunk) => void server.write(chunk));
    // What is said while muted is gone, as it is when a machine disappears with its answers unsent.
    server.on('data', (chunk) => void (muted || client.write(chunk)));
    const close = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', close).on('close', close);
  }

  function cut(): void {
    for (const { client, server } of [...pairs]) {
      client.destroy();
      server.destroy();
    }
  }

  async function start(): Promise<void> {
    const opened = createServer(relay);
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen(port, '127.0.0.1', resolve);
    });
    listener = opened;
    const address = opened.address();
    if (address === null || typeof address === 'string') throw new Error('the relay has no port');
    port = address.port;
  }

  await start();
  return {
    get port() {
      return port;
    },
    cut,
    mute(on) {
      // A connection that lost bytes is of no use afterwards: HTTP/2 would see garbage.
      if (muted && !on) cut();
      muted = on;
    },
    async stop() {
      const open = listener;
      listener = undefined;
      if (open === undefined) return;
      const closed = new Promise<void>((resolve) => void open.close(() => resolve()));
      cut();
      await closed;
    },
    start,
  };
}
