/**
 * A POP3 connection's octets: lines in, replies out with back-pressure, and the step to TLS. What a client sends ahead
 * is bounded: past it the socket is not read.
 */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { limits } from '../limits.ts';

export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'closed' };

export interface Wire {
  /** The next line without its end, one character per octet. A line over the bound is skipped to its end. */
  readLine(octetsMax: number, timeoutMs: number): Promise<Line>;
  /** Resolves when the client has taken enough to go on; rejects when it is gone. */
  write(octets: string | Uint8Array): Promise<void>;
  /** Forgets what was sent ahead in clear (RFC 2595 section 4) and shakes hands; throws the handshake's error. */
  startTls(context: SecureContext, timeoutMs: number): Promise<TLSSocket>;
  readonly octetsIn: number;
  readonly octetsOut: number;
  end(): void;
  destroy(): void;
}

export function createWire(initial: Socket): Wire {
  let socket: Socket = initial;
  let input: Buffer = Buffer.alloc(0);
  let closed = false;
  let skipping = false;
  let octetsIn = 0;
  let octetsOut = 0;
  let wake: () => void = () => undefined;

  const onData = (chunk: Buffer): void => {
    octetsIn += chunk.length;
    input = input.length === 0 ? chunk : Buffer.concat([input, chunk]);
    if (input.length > limits.pop3.inputOctetsMax) socket.pause();
    wake();
  };
  const onClose = (): void => {
    closed = true;
    wake();
  };
  const listen = (to: Socket): void => {
    to.setNoDelay(true);
    to.on('data', onData);
    to.on('close', onClose);
    to.on('end', onClose);
    to.on('error', onClose);
  };
  listen(socket);

  /** A line out of what has come, if there is a whole one. */
  function takeLine(octetsMax: number): Line | undefined {
    const end = input.indexOf(0x0a);
    if (end < 0) {
      if (input.length <= octetsMax) return undefined;
      skipping = true;
      input = Buffer.alloc(0);
      socket.resume();
      return undefined;
    }
    const line = input.subarray(0, input[end - 1] === 0x0d ? end - 1 : end);
    const tooLong = skipping || line.length > octetsMax;
    skipping = false;
    const text = line.toString('latin1');
    input = input.subarray(end + 1);
    if (input.length <= limits.pop3.inputOctetsMax) socket.resume();
    return tooLong ? { kind: 'too-long' } : { kind: 'line', text };
  }

  return {
    async readLine(octetsMax, timeoutMs) {
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        wake();
      }, timeoutMs);
      try {
        for (;;) {
          const line = takeLine(octetsMax);
          if (line !== undefined) return line;
          if (closed) return { kind: 'closed' };
          if (timedOut) return { kind: 'timeout' };
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        clearTimeout(timer);
      }
    },
    write(octets) {
      octetsOut += octets.length;
      const to = socket;
      return new Promise((resolve, reject) => {
        if (closed || to.destroyed) return reject(new ClientGone());
        const text = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
        if (to.write(text)) return resolve();
        const done = (error?: Error): void => {
          to.off('drain', drained);
          to.off('close', gone);
          if (error === undefined) resolve();
          else reject(error);
        };
        const drained = (): void => done();
        const gone = (): void => done(new ClientGone());
        to.once('drain', drained);
        to.once('close', gone);
      });
    },
    startTls(context, timeoutMs) {
      const plain = socket;
      input = Buffer.alloc(0);
      plain.removeAllListeners('data');
      plain.off('end', onClose);
      return new Promise((resolve, reject) => {
        const secure = new TLSSocket(plain, { isServer: true, secureContext: context });
        const timer = setTimeout(() => secure.destroy(new Error('TLS handshake timed out')), timeoutMs);
        secure.once('error', reject);
        secure.once('close', () => reject(new Error('the client left during the TLS handshake')));
        secure.once('secure', () => {
          clearTimeout(timer);
          secure.removeListener('error', reject);
          socket = secure;
          listen(secure);
          resolve(secure);
        });
        plain.resume();
      });
    },
    get octetsIn() {
      return octetsIn;
    },
    get octetsOut() {
      return octetsOut;
    },
    end: () => {
      socket.end();
    },
    destroy: () => {
      socket.destroy();
    },
  };
}

/** The client went away while something was sent to it. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}
