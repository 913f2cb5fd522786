/**
 * A mail client that does exactly what a test says: it sends octets and reads replies, over TCP or TLS,
 * and knows nothing of what is polite.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface WireClient {
  /** The next reply, its lines joined with `\n`, without the last line end. Rejects when the connection ends. */
  reply(): Promise<string>;
  /** Sends octets as they are. A string has one octet per character. */
  send(octets: string | Uint8Array): void;
  /** Sends a line with CRLF and reads the reply to it. */
  command(line: string): Promise<string>;
  /** The handshake after a STARTTLS that was answered with 220. */
  upgrade(): Promise<void>;
  /** Everything that still comes until the server closes. */
  rest(): Promise<string>;
  /** Resolves when octets sent so far have left and the peer's window lets more go. */
  drained(): Promise<void>;
  end(): void;
  destroy(): void;
}

export interface ClientOptions {
  readonly port: number;
  readonly tls?: boolean;
  /** Sends a PROXY header that names this peer first. */
  readonly as?: string;
}

/** Connects. The greeting is not read yet. */
export async function openClient({ port, tls = false, as }: ClientOptions): Promise<WireClient> {
  const plain = connect({ port, host: '127.0.0.1' });
  if (as !== undefined) plain.write(`PROXY TCP4 ${as} 127.0.0.1 40000 25\r\n`);
  let socket: Socket = plain;
  const waiting: (() => void)[] = [];
  let buffer = '';
  let ended = false;

  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const listen = (to: Socket): void => {
    to.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('latin1');
      wake();
    });
    to.on('error', wake);
    to.on('close', () => {
      ended = true;
      wake();
    });
  };
  const secure = async (): Promise<void> => {
    plain.removeAllListeners('data');
    socket = connectTls({ socket: plain, servername: 'mx.example.test', rejectUnauthorized: false });
    listen(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
    });
  };

  listen(plain);
  await new Promise<void>((resolve, reject) => plain.once('connect', resolve).once('error', reject));
  if (tls) await secure();

  const client: WireClient = {
    async reply() {
      for (;;) {
        const complete = /^(?:\d{3}-[^\n]*\r\n)*\d{3}(?: [^\n]*)?\r\n/.exec(buffer);
        if (complete !== null) {
          buffer = buffer.slice(complete[0].length);
          return complete[0].slice(0, -2).replaceAll('\r\n', '\n');
        }
        if (ended) throw new Error(`connection ended; unread: ${JSON.stringify(buffer)}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    send(octets) {
      socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
    },
    async command(line) {
      client.send(`${line}\r\n`);
      return client.reply();
    },
    upgrade: secure,
    async rest() {
      while (!ended) await new Promise<void>((resolve) => waiting.push(resolve));
      return buffer;
    },
    async drained() {
      while (socket.writableLength > 0 && !ended) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          socket.once('drain', wake);
        });
      }
    },
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
  return client;
}
