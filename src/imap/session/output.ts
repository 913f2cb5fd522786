/**
 * Puts responses on the socket. Lines are gathered and leave together; a client that sends commands and
 * reads no answers makes the server wait (`ready`), not remember.
 *
 * `send` streams a response whose literals are read while they leave. When a literal ends early its length
 * has been announced already: the stream is `broken` and nothing but closing the socket is left.
 */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { limits } from '../../limits.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import { type Response, responseChunks } from '../responses/response-pieces.ts';
import { ConnectionGone } from './errors.ts';

export interface Output {
  readonly octets: number;
  /** A literal was cut short. */
  readonly broken: boolean;
  /** The client does not take what was sent. */
  readonly stalled: boolean;
  /** Whole response lines; they leave with the next `flush` or when enough has been gathered. */
  line(text: OctetString): void;
  flush(): void;
  /** Resolves when the client takes more. Rejects with `ConnectionGone`. */
  ready(): Promise<void>;
  /** As `ready`, and other connections get their turn. */
  turn(): Promise<void>;
  /** Rejects with `ConnectionGone`, and with what a literal's source throws. */
  send(response: Response): Promise<void>;
}

/** `currentSocket` gives the socket to write to, another one after STARTTLS. */
export function createOutput(currentSocket: () => Socket, onProgress: () => void): Output {
  let pending = '';
  let octets = 0;
  let broken = false;
  let stalled = false;

  function write(chunk: Uint8Array): void {
    const socket = currentSocket();
    if (!socket.writable) return;
    octets += chunk.length;
    socket.write(chunk);
  }

  function flush(): void {
    if (pending === '') return;
    const chunk = Buffer.from(pending, 'latin1');
    pending = '';
    write(chunk);
  }

  async function ready(): Promise<void> {
    const socket = currentSocket();
    if (socket.destroyed || !socket.writable) throw new ConnectionGone('the connection is gone');
    if (!socket.writableNeedDrain) return;
    stalled = true;
    try {
      await drained(socket);
    } finally {
      stalled = false;
    }
    onProgress();
  }

  return {
    get octets() {
      return octets;
    },
    get broken() {
      return broken;
    },
    get stalled() {
      return stalled;
    },
    line(text) {
      pending += text;
      if (pending.length >= limits.imap.responseChunkOctets) flush();
    },
    flush,
    ready,
    async turn() {
      await ready();
      await new Promise((resolve) => setImmediate(resolve));
    },
    async send(response) {
      let isWhole = true;
      try {
        for await (const chunk of responseChunks(response)) {
          flush();
          isWhole = false;
          write(chunk);
          await ready();
        }
        isWhole = true;
      } finally {
        if (!isWhole) broken = true;
      }
    },
  };
}

function drained(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onDrain = (): void => settle(resolve);
  const onClose = (): void =>
    settle(() => reject(new ConnectionGone('the connection closed while it wrote')));
  const settle = (end: () => void): void => {
    socket.off('drain', onDrain).off('close', onClose);
    end();
  };
  socket.on('drain', onDrain).on('close', onClose);
  return promise;
}
