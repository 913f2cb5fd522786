/**
 * An IMAP client that does exactly what a test says: it sends octets, reads responses with the strict parser,
 * and knows nothing of what is polite. One char per octet.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  type ParsedResponse,
  parseResponses,
  type ResponseValue,
} from '../../support/imap-response-parser.ts';

export type Status = Extract<ParsedResponse, { kind: 'status' }>;
type Data = Extract<ParsedResponse, { kind: 'data' }>;

export interface Answer {
  /** The tagged reply. */
  readonly reply: Status;
  readonly untagged: readonly ParsedResponse[];
  /** Status and code, such as `OK [READ-WRITE]`. */
  readonly status: string;
  /** Everything that came, as octets. */
  readonly octets: string;
  /** The untagged data responses of this name. */
  data(name: string): readonly Data[];
}

export interface ImapClient {
  /** The next response that the server sends. */
  next(): Promise<ParsedResponse>;
  /** Sends a command with the next tag, and reads up to its reply. */
  command(text: string): Promise<Answer>;
  /** As `command`, with the tag given. */
  tagged(tag: string, text: string): Promise<Answer>;
  /** Reads up to the reply to a tag. */
  answer(tag: string): Promise<Answer>;
  /** Sends octets as they are. */
  send(octets: string | Uint8Array): void;
  /** APPEND with a synchronising literal; gives the reply. */
  append(before: string, message: string | Uint8Array): Promise<Answer>;
  startTls(): Promise<void>;
  /** Everything up to the end of the connection. */
  rest(): Promise<string>;
  readonly socket: Socket;
  destroy(): void;
}

export interface ClientOptions {
  readonly port: number;
  readonly tls?: boolean;
  readonly host?: string;
  readonly localAddress?: string;
}

/** Connects, and reads nothing. */
export async function openClient({
  port,
  tls = false,
  host = '127.0.0.1',
  localAddress,
}: ClientOptions): Promise<ImapClient> {
  const plain = connect({ port, host, ...(localAddress === undefined ? {} : { localAddress }) });
  let socket: Socket = plain;
  let buffer = Buffer.alloc(0);
  let ended = false;
  let tagNumber = 0;
  let waiting: (() => void)[] = [];

  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };
  const listen = (to: Socket): void => {
    to.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      wake();
    });
    to.on('error', wake);
    to.on('close', () => {
      ended = true;
      wake();
    });
  };
  const secure = async (): Promise<void> => {
    plain.removeAllListeners('data').removeAllListeners('close');
    socket = connectTls({ socket: plain, rejectUnauthorized: false });
    listen(socket);
    await new Promise<void>((resolve, reject) => {
      socket
        .once('secureConnect', resolve)
        .once('error', reject)
        .once('close', () => reject(new Error('closed')));
    });
  };
  listen(plain);
  await new Promise<void>((resolve, reject) => plain.once('connect', resolve).once('error', reject));
  if (tls) await secure();

  async function next(): Promise<ParsedResponse> {
    for (;;) {
      const end = responseEnd(buffer);
      if (end > 0) {
        const [response] = parseResponses(buffer.subarray(0, end));
        buffer = buffer.subarray(end);
        if (response !== undefined) return response;
      }
      if (ended) throw new Error(`connection ended; unread: ${JSON.stringify(buffer.toString('latin1'))}`);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  async function answer(tag: string): Promise<Answer> {
    const untagged: ParsedResponse[] = [];
    for (;;) {
      const response = await next();
      if (response.kind === 'status' && response.tag === tag) return toAnswer(response, untagged);
      untagged.push(response);
    }
  }

  const client: ImapClient = {
    next,
    answer,
    get socket() {
      return socket;
    },
    command: (text) => client.tagged(`t${++tagNumber}`, text),
    tagged(tag, text) {
      client.send(`${tag} ${text}\r\n`);
      return answer(tag);
    },
    send: (octets) => void socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets),
    async append(before, message) {
      const octets = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
      const tag = `t${++tagNumber}`;
      client.send(`${tag} APPEND ${before} {${octets.length}}\r\n`);
      const response = await next();
      if (response.kind !== 'continuation') {
        if (response.kind === 'status' && response.tag === tag) return toAnswer(response, []);
        throw new Error(`no continuation but ${JSON.stringify(response)}`);
      }
      client.send(octets);
      client.send('\r\n');
      return answer(tag);
    },
    startTls: secure,
    async rest() {
      while (!ended) await new Promise<void>((resolve) => waiting.push(resolve));
      return buffer.toString('latin1');
    },
    destroy: () => void socket.destroy(),
  };
  return client;
}

function toAnswer(reply: Status, untagged: readonly ParsedResponse[]): Answer {
  return {
    reply,
    untagged,
    status: reply.code === undefined ? reply.status : `${reply.status} [${reply.code}]`,
    octets: JSON.stringify([untagged, reply]),
    data: (name) => untagged.filter((each): each is Data => each.kind === 'data' && each.name === name),
  };
}

/** Where the first response in the octets ends; 0 when it is not whole. */
function responseEnd(octets: Buffer): number {
  let at = 0;
  for (;;) {
    const lineFeed = octets.indexOf(0x0a, at);
    if (lineFeed === -1) return 0;
    const line = octets.toString('latin1', at, lineFeed + 1);
    const literal = /\{(\d+)\}\r\n$/.exec(line);
    at = lineFeed + 1;
    if (literal === null) return at;
    at += Number(literal[1]);
    if (at > octets.length) return 0;
  }
}

/** The text of a string or atom; null for NIL. */
export function textOf(value: ResponseValue | undefined): string | null {
  if (value === undefined || value.kind === 'list') throw new Error(`no text but ${JSON.stringify(value)}`);
  return value.kind === 'nil' ? null : value.text;
}
