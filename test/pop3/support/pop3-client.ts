/**
 * A POP3 client that does exactly what a test says: it sends octets, reads responses, and knows nothing of what is
 * polite. One character per octet.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Pop3Client {
  readonly socket: Socket;
  send(octets: string | Uint8Array): void;
  /** The next line, without CRLF. */
  line(): Promise<string>;
  /** Sends a command and reads one line. */
  command(text: string): Promise<string>;
  /** As it came: everything up to and with CRLF, dot, CRLF. */
  rawLines(): Promise<string>;
  /** Sends a command, asserts `+OK`, and reads the lines up to the final dot, un-stuffed, each with its CRLF. */
  lines(text: string): Promise<string>;
  startTls(): Promise<void>;
  /** No more from this side. */
  finishSending(): void;
  /** Everything up to the end of the connection. */
  rest(): Promise<string>;
  destroy(): void;
}

export interface ClientOptions {
  readonly port: number;
  readonly host?: string;
  readonly tls?: boolean;
  /** The server's answers are not taken from the socket before they are asked for. */
  readonly lazy?: boolean;
}

/** Connects, and reads nothing. */
export async function openClient({
  port,
  host = '127.0.0.1',
  tls = false,
  lazy = false,
}: ClientOptions): Promise<Pop3Client> {
  const plain = connect({ port, host, localAddress: host, allowHalfOpen: true });
  let socket: Socket = plain;
  let buffer = '';
  let ended = false;
  let wake: () => void = () => undefined;
  const end = (): void => {
    ended = true;
    wake();
  };

  const listen = (to: Socket): void => {
    to.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('latin1');
      wake();
    });
    to.on('end', () => {
      to.end();
      end();
    });
    to.on('error', end).on('close', end);
    if (lazy) to.pause();
  };
  const secure = async (): Promise<void> => {
    plain.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
    const over = connectTls({ socket: plain, rejectUnauthorized: false, servername: 'pop.example.test' });
    socket = over;
    listen(over);
    await new Promise<void>((resolve, reject) => {
      over
        .once('secureConnect', resolve)
        .once('error', reject)
        .once('close', () => reject(new Error('closed')));
    });
  };
  const upTo = async (mark: string): Promise<string> => {
    for (;;) {
      const at = buffer.indexOf(mark);
      if (at >= 0) {
        const taken = buffer.slice(0, at + mark.length);
        buffer = buffer.slice(at + mark.length);
        return taken;
      }
      if (ended) throw new Error(`connection ended; unread: ${JSON.stringify(buffer)}`);
      await more();
    }
  };
  const more = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    if (lazy) socket.resume();
    return promise;
  };

  await new Promise<void>((resolve, reject) => plain.once('connect', resolve).once('error', reject));
  if (tls) await secure();
  else listen(plain);

  const client: Pop3Client = {
    get socket() {
      return socket;
    },
    send: (octets) => void socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets),
    line: async () => (await upTo('\r\n')).slice(0, -2),
    command(text) {
      client.send(`${text}\r\n`);
      return client.line();
    },
    async rawLines() {
      if (buffer.length < 3) while (!ended && buffer.length < 3) await more();
      return buffer.startsWith('.\r\n') ? upTo('.\r\n') : upTo('\r\n.\r\n');
    },
    async lines(text) {
      const reply = await client.command(text);
      if (!reply.startsWith('+OK')) throw new Error(`${text}: ${reply}`);
      return unstuffed(await client.rawLines());
    },
    startTls: secure,
    finishSending: () => void socket.end(),
    async rest() {
      while (!ended) await more();
      return buffer;
    },
    destroy: () => void socket.destroy(),
  };
  return client;
}

/** What a client of RFC 1939 makes of a multi-line response: lines end in CRLF, and nothing else ends one. */
export function unstuffed(response: string): string {
  if (response !== '.\r\n' && !response.endsWith('\r\n.\r\n')) throw new Error('not a whole response');
  return response
    .slice(0, -'.\r\n'.length)
    .split('\r\n')
    .map((line) => (line.startsWith('.') ? line.slice(1) : line))
    .join('\r\n');
}
