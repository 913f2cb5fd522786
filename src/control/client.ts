/**
 * The command line's side of the control socket: finds out whether a server runs on the data directory, and
 * calls it. Every call is a connection of its own; leaving the loop over its results early cancels it.
 */
import { connect, type Socket } from 'node:net';
import { limits } from '../limits.ts';
import { ControlError, controlCodes } from './control-error.ts';
import { createLineSplitter, decodeLine, encodeLine, greetingSchema, resultSchema } from './messages.ts';
import { findSocket } from './socket-address.ts';

export interface CallOptions {
  /** Cancels the call; the loop then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ControlClient {
  /** The server's process id. */
  readonly pid: number;
  /** Results in order. Nothing is sent before the first is asked for. Throws `ControlError`. */
  call(name: string, args?: unknown, options?: CallOptions): AsyncGenerator<unknown, void, undefined>;
  /** For a call with one result: that result, or `undefined` when it has none. */
  callOne(name: string, args?: unknown, options?: CallOptions): Promise<unknown>;
}

type Connected = { readonly kind: 'open'; readonly socket: Socket } | { readonly kind: 'none' };

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? '';

/** `none` when no socket is there or nobody listens on it. */
const open = (address: string): Promise<Connected> =>
  new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      // From here on the loop over the socket's octets throws what goes wrong.
      socket.on('error', () => undefined);
      resolve({ kind: 'open', socket });
    });
    socket.once('error', (error) => {
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ECONNREFUSED') return resolve({ kind: 'none' });
      const forbidden = code === 'EACCES' || code === 'EPERM';
      reject(
        forbidden
          ? new ControlError(
              controlCodes.forbidden,
              `a server runs here, but this user may not use its control socket (${address}); run the command as the server's user`,
              { cause: error },
            )
          : new ControlError(
              controlCodes.unavailable,
              `the running server cannot be reached: ${error.message}`,
              {
                cause: error,
              },
            ),
      );
    });
  });

/** The lines of the server; ends when the server closes. */
const lines = async function* (socket: Socket): AsyncGenerator<Uint8Array, void, undefined> {
  const split = createLineSplitter(limits.control.resultOctetsMax);
  try {
    for await (const chunk of socket) yield* split(chunk as Uint8Array);
  } catch (error) {
    if (error instanceof ControlError) throw error;
    throw new ControlError(controlCodes.lost, `the server went away: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

const nextLine = async (from: AsyncGenerator<Uint8Array, void, undefined>): Promise<Uint8Array> => {
  const next = await from.next();
  if (!next.done) return next.value;
  throw new ControlError(controlCodes.lost, 'the server went away before the answer was complete');
};

/** The greeting, within its time: a server that is stopped or stuck takes connections and says nothing. */
const greeted = async (
  socket: Socket,
  from: AsyncGenerator<Uint8Array, void, undefined>,
  waitMs: number,
): Promise<number> => {
  const silent = new ControlError(controlCodes.silent, 'a server runs here, but it does not answer');
  const timer = setTimeout(() => socket.destroy(silent), waitMs);
  try {
    return decodeLine(await nextLine(from), greetingSchema).pid;
  } finally {
    clearTimeout(timer);
  }
};

const callServer = async function* (
  path: string,
  request: { readonly call: string; readonly args: unknown },
  { signal }: CallOptions,
): AsyncGenerator<unknown, void, undefined> {
  signal?.throwIfAborted();
  const line = encodeLine(request);
  if (line.length > limits.control.requestOctetsMax) {
    throw new ControlError(
      controlCodes.tooLarge,
      `the request is over ${limits.control.requestOctetsMax} octets`,
    );
  }
  const address = await findSocket(path);
  const connected = address === undefined ? undefined : await open(address);
  if (connected?.kind !== 'open')
    throw new ControlError(controlCodes.unavailable, 'the server is not running any more');
  const { socket } = connected;
  const hangUp = (): void => void socket.destroy();
  signal?.addEventListener('abort', hangUp);
  const from = lines(socket);
  try {
    // It may have been aborted while the connection was being made.
    signal?.throwIfAborted();
    await greeted(socket, from, limits.control.greetingWaitMsMax);
    socket.write(line);
    for (;;) {
      const result = decodeLine(await nextLine(from), resultSchema);
      if ('end' in result) return;
      if ('error' in result) throw new ControlError(result.error.code, result.error.message);
      yield result.item;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', hangUp);
    socket.destroy();
  }
};

/**
 * Resolves with `undefined` when no server runs. Throws `ControlError` when one runs that cannot be used.
 * @param path of `control.sock` in the data directory
 * @param greetingWaitMs how long the server may take to say who it is
 */
export const connectControl = async (
  path: string,
  greetingWaitMs: number = limits.control.greetingWaitMsMax,
): Promise<ControlClient | undefined> => {
  const address = await findSocket(path);
  const connected = address === undefined ? undefined : await open(address);
  if (connected?.kind !== 'open') return undefined;
  let pid: number;
  try {
    pid = await greeted(connected.socket, lines(connected.socket), greetingWaitMs);
  } finally {
    connected.socket.destroy();
  }
  const call: ControlClient['call'] = (name, args = null, options = {}) =>
    callServer(path, { call: name, args }, options);
  return {
    pid,
    call,
    callOne: async (name, args, options) => {
      for await (const item of call(name, args, options)) return item;
      return undefined;
    },
  };
};
