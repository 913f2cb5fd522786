/**
 * The running server's side of the control socket, for its owner only (mode 0600). Calls are bounded in
 * number, requests in length and in time; a client that goes away aborts its call's signal, and a handler
 * must end when its signal says so. What a handler throws as `ControlError` reaches the client as it is;
 * anything else is `internal` there and an error in the log here.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { connectControl } from './client.ts';
import { ControlError, controlCodes } from './control-error.ts';
import { createLineSplitter, decodeLine, encodeLine, protocolVersion, requestSchema } from './messages.ts';
import { chooseSocket, findSocket, recordSocket, removeSocket } from './socket-address.ts';

export type ControlHandler = (
  args: unknown,
  call: { readonly signal: AbortSignal },
) => AsyncIterable<unknown> | Promise<unknown>;

export type ControlHandlers = Readonly<Record<string, ControlHandler>>;

export interface ControlServer {
  /** Where it listens: the path asked for, or the short one that stands in for it. */
  readonly address: string;
  /** Tells running calls that the server stops, waits for them within bounds, and removes the socket. */
  close(): Promise<void>;
}

/** Waits until the socket takes more, or is gone. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
    if (socket.destroyed) done();
  });

const send = async (socket: Socket, line: Buffer): Promise<void> => {
  if (!socket.writable) return;
  if (!socket.write(line)) await drained(socket);
};

/** The first line of the client, within its bounds. Resolves with `undefined` when the client just went;
 * rejects with the signal's reason when the server stops. */
const readRequest = (socket: Socket, signal: AbortSignal): Promise<Uint8Array | undefined> =>
  new Promise((resolve, reject) => {
    const split = createLineSplitter(limits.control.requestOctetsMax);
    const waitMs = limits.control.requestWaitMsMax;
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.removeAllListeners('data');
      // What comes after the request is not wanted; the end of the connection is, and reading shows it.
      socket.resume();
      settle();
    };
    const aborted = (): void => finish(() => (socket.destroyed ? resolve(undefined) : reject(signal.reason)));
    signal.addEventListener('abort', aborted);
    const timer = setTimeout(
      () => finish(() => reject(new ControlError(controlCodes.silent, `no request within ${waitMs} ms`))),
      waitMs,
    );
    socket.on('data', (chunk: Buffer) => {
      try {
        const [line] = split(chunk);
        if (line) finish(() => resolve(line));
      } catch (error) {
        finish(() => reject(error));
      }
    });
    if (signal.aborted) aborted();
  });

const encodeItem = (item: unknown): Buffer => {
  const line = encodeLine({ item: item ?? null });
  if (line.length <= limits.control.resultOctetsMax) return line;
  throw new ControlError(controlCodes.tooLarge, `a result is over ${limits.control.resultOctetsMax} octets`);
};

const isStream = (result: AsyncIterable<unknown> | Promise<unknown>): result is AsyncIterable<unknown> =>
  Symbol.asyncIterator in result;

const stopping = (): ControlError => new ControlError(controlCodes.stopping, 'the server is stopping');

const run = async (
  socket: Socket,
  handlers: ControlHandlers,
  signal: AbortSignal,
  line: Uint8Array,
): Promise<void> => {
  const { call, args } = decodeLine(line, requestSchema);
  const handler = Object.hasOwn(handlers, call) ? handlers[call] : undefined;
  if (!handler) throw new ControlError(controlCodes.unknownCall, `this server knows no call "${call}"`);
  signal.throwIfAborted();
  const result = handler(args, { signal });
  if (isStream(result)) {
    for await (const item of result) {
      if (signal.aborted) break;
      await send(socket, encodeItem(item));
    }
  } else {
    const item = await result;
    if (item !== undefined) await send(socket, encodeItem(item));
  }
  signal.throwIfAborted();
  await send(socket, encodeLine({ end: true }));
};

/** Serves one connection to its end; never rejects. */
const serve = async (
  socket: Socket,
  handlers: ControlHandlers,
  abort: AbortController,
  logger: Logger,
): Promise<void> => {
  const gone = (): void => abort.abort(new ControlError(controlCodes.lost, 'the client went away'));
  socket.on('end', gone);
  socket.on('close', gone);
  socket.on('error', (err) => logger.debug({ err }, 'control connection failed'));
  try {
    await send(socket, encodeLine({ chancery: protocolVersion, pid: process.pid }));
    const line = await readRequest(socket, abort.signal);
    if (line) await run(socket, handlers, abort.signal, line);
  } catch (error) {
    // Whatever the handler made of its signal, the reason it was aborted for is what the client should know.
    const cause: unknown = abort.signal.aborted ? abort.signal.reason : error;
    const known = cause instanceof ControlError;
    if (!known) logger.error({ err: cause }, 'a control call failed');
    const message = cause instanceof Error ? cause.message : String(cause);
    await send(socket, encodeLine({ error: { code: known ? cause.code : controlCodes.internal, message } }));
  } finally {
    socket.end();
    socket.destroySoon();
  }
};

/** Listens with a mask, so that the socket is never open to others, not even for an instant. */
const listen = (server: Server, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    const mask = process.umask(0o177);
    try {
      // Node binds a Unix socket within this call.
      server.listen(address, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });

/** Removes what a killed server left behind; throws when one is alive. */
const clearStale = async (path: string): Promise<void> => {
  const alive = await connectControl(path);
  if (alive) {
    throw new ControlError(controlCodes.alreadyRunning, `a server runs here already (process ${alive.pid})`);
  }
  const old = await findSocket(path);
  if (old !== undefined) await removeSocket(path, old);
};

/**
 * Throws `ControlError` (`already-running`, `path-too-long`) and the errors of the file system.
 * @param path of `control.sock` in the data directory, which must exist
 */
export const startControlServer = async (
  path: string,
  handlers: ControlHandlers,
  logger: Logger,
): Promise<ControlServer> => {
  await clearStale(path);
  const running = new Map<Promise<void>, AbortController>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (running.size >= limits.control.callsMax) {
      socket.on('error', (err) => logger.debug({ err }, 'control connection failed'));
      const error = { code: controlCodes.busy, message: 'the server runs as many calls as it may' };
      socket.write(encodeLine({ chancery: protocolVersion, pid: process.pid }));
      socket.end(encodeLine({ error }));
      // Unread octets of the request would turn the close into a reset that takes the answer with it.
      socket.resume();
      return;
    }
    const abort = new AbortController();
    const work = serve(socket, handlers, abort, logger).finally(() => running.delete(work));
    running.set(work, abort);
  });
  const address = await chooseSocket(path);
  await listen(server, address);
  server.on('error', (err) => logger.error({ err }, 'the control socket failed'));
  await recordSocket(path, address);
  return {
    address,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const abort of running.values()) abort.abort(stopping());
      await Promise.race([
        Promise.allSettled(running.keys()),
        delay(limits.control.closeWaitMsMax, undefined, { ref: false }),
      ]);
      for (const socket of sockets) socket.destroy();
      await closed;
      await removeSocket(path, address);
    },
  };
};
