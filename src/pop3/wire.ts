/**
 * A POP3 connection's octets: lines in, replies out with back-pressure, and the step to TLS.
 *
 * What a client sends ahead is bounded: past it the socket is not read. A client that takes nothing for too long is
 * gone, as is one that closed. One that has only finished sending still gets its answers. Errors of the socket end
 * the connection and are told by `ClientGone`; nothing is emitted unheard.
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
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** Reads in clear from now on. Not for a connection that begins with TLS. */
  listen(): void;
  /** The next line without its end, one character per octet. A line over the bound is skipped to its end. One call at
   * a time. */
  readLine(octetsMax: number, timeoutMs: number): Promise<Line>;
  /** Resolves when the client has taken enough to go on; rejects with `ClientGone`. */
  write(octets: string | Uint8Array): Promise<void>;
  /** Reads no more in clear, forgets what was sent ahead, and says how many octets that was. */
  discardClear(): number;
  /** Shakes hands; rejects with the handshake's error. */
  startTls(context: SecureContext, timeoutMs: number): Promise<TLSSocket>;
  /** No more lines: what is under way may end. Cuts a handshake off. */
  stopReading(): void;
  /** Closes once everything is sent, and resolves when the socket is gone. */
  finish(): Promise<void>;
  destroy(): void;
}

/** The client went away, or takes no more. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

interface WireSettings {
  /** How long a client may take nothing of what is sent to it. */
  readonly stalledMsMax: number;
  /** How long a client may leave its side open after we closed ours. */
  readonly lingerMsMax: number;
}

export function createWire(plain: Socket, settings: WireSettings): Wire {
  let socket = plain;
  let handshaking = false;
  let gone: string | undefined;
  const input = createLineInput(() => socket);

  const onGone = (reason: string): void => {
    gone ??= reason;
    input.end();
  };
  const onEnd = (): void => input.end();
  const onClose = (): void => onGone('closed by the client');
  const watch = (to: Socket): void => {
    to.on('error', (error: NodeJS.ErrnoException) => onGone(`socket error: ${error.code ?? error.message}`));
    to.on('close', onClose);
    // A client that has gone before its connection was taken up has closed already.
    if (to.destroyed) onClose();
  };
  const listen = (): void => {
    socket.setNoDelay(true);
    socket.on('data', input.push).on('end', onEnd).resume();
  };
  watch(plain);

  let octetsOut = 0;
  return {
    get octetsIn() {
      return input.octets;
    },
    get octetsOut() {
      return octetsOut;
    },
    listen,
    readLine: input.readLine,
    async write(octets) {
      if (gone !== undefined || !socket.writable) throw new ClientGone(gone ?? 'the connection is closed');
      const chunk = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
      octetsOut += chunk.length;
      if (socket.write(chunk)) return;
      if (!(await drained(socket, settings.stalledMsMax))) {
        onGone('the client takes no more');
        socket.destroy();
      }
      if (gone !== undefined) throw new ClientGone(gone);
    },
    discardClear() {
      socket.off('data', input.push).off('end', onEnd).pause();
      // What stays in the stream's own buffer would be taken for the handshake's first octets.
      const unread = socket.read() as Buffer | null;
      return input.discard() + (unread?.length ?? 0);
    },
    async startTls(context, timeoutMs) {
      handshaking = true;
      const secure = new TLSSocket(plain, { isServer: true, secureContext: context });
      // From here on the socket below is TLS's own: destroying it would be an error nobody hears.
      socket = secure;
      watch(secure);
      try {
        await shakenHands(secure, timeoutMs);
      } catch (error) {
        secure.destroy();
        throw error;
      } finally {
        handshaking = false;
      }
      listen();
      return secure;
    },
    stopReading() {
      input.discard();
      input.end();
      if (handshaking) socket.destroy();
    },
    finish: () => finish(socket, input.push, settings.lingerMsMax),
    destroy: () => void socket.destroy(),
  };
}

/** False when the client took nothing for too long. */
function drained(socket: Socket, stalledMsMax: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), stalledMsMax);
  const done = (): void => resolve(true);
  socket.once('drain', done).once('close', done);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off('drain', done).off('close', done);
  });
}

function shakenHands(secure: TLSSocket, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('TLS handshake time-out')), timeoutMs);
  const onClose = (): void => reject(new Error('closed during the handshake'));
  // A client that has closed its side cannot shake hands, although the socket stays open.
  secure.once('secure', resolve).once('error', reject).once('end', onClose).once('close', onClose);
  return promise.finally(() => {
    clearTimeout(timer);
    secure.off('secure', resolve).off('error', reject).off('end', onClose).off('close', onClose);
  });
}

/** What the client still sends is read and forgotten: closing over unread octets would reset the connection, and the
 * last reply with it. */
async function finish(
  socket: Socket,
  onData: (chunk: Uint8Array) => void,
  lingerMsMax: number,
): Promise<void> {
  if (socket.closed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  const timer = setTimeout(() => socket.destroy(), lingerMsMax);
  if (!socket.destroyed) socket.off('data', onData).resume().end();
  await promise;
  clearTimeout(timer);
}

/** Octets that came, cut into lines. */
function createLineInput(socketNow: () => Socket) {
  let waiting: Buffer = Buffer.alloc(0);
  let octets = 0;
  let ended = false;
  let paused = false;
  /** In a line that is over its bound, up to its end. */
  let skipping = false;
  let linesInTurn = 0;
  let wake: () => void = () => undefined;

  function keep(rest: Buffer): void {
    waiting = rest;
    if (!paused || waiting.length > limits.pop3.inputOctetsMax / 2) return;
    paused = false;
    socketNow().resume();
  }

  function takeLine(octetsMax: number): Line | undefined {
    const end = waiting.indexOf(0x0a);
    if (end < 0) {
      // RFC 2449 section 4 counts the line end.
      if (!skipping && waiting.length + 1 <= octetsMax) return undefined;
      skipping = true;
      keep(Buffer.alloc(0));
      return undefined;
    }
    const isTooLong = skipping || end + 1 > octetsMax;
    const text = waiting.toString('latin1', 0, waiting[end - 1] === 0x0d ? end - 1 : end);
    skipping = false;
    keep(waiting.subarray(end + 1));
    return isTooLong ? { kind: 'too-long' } : { kind: 'line', text };
  }

  return {
    get octets() {
      return octets;
    },
    push(chunk: Uint8Array): void {
      octets += chunk.length;
      waiting = Buffer.concat([waiting, chunk]);
      if (waiting.length > limits.pop3.inputOctetsMax) {
        paused = true;
        socketNow().pause();
      }
      wake();
    },
    end(): void {
      ended = true;
      wake();
    },
    discard(): number {
      const discarded = waiting.length;
      waiting = Buffer.alloc(0);
      skipping = false;
      paused = false;
      return discarded;
    },
    async readLine(octetsMax: number, timeoutMs: number): Promise<Line> {
      // Commands that were sent together are answered without a pause only so far: others have their turn.
      if (++linesInTurn > limits.pop3.commandsPerTurnMax) {
        linesInTurn = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
      let isLate = false;
      let timer: NodeJS.Timeout | undefined;
      try {
        for (;;) {
          const line = takeLine(octetsMax);
          if (line !== undefined) return line;
          if (ended) return { kind: 'closed' };
          if (isLate) return { kind: 'timeout' };
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          timer ??= setTimeout(() => {
            isLate = true;
            wake();
          }, timeoutMs);
          await promise;
          linesInTurn = 0;
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
