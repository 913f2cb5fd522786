/**
 * The main thread's half of a SQLite store: `call` waits in a bounded room, and while the worker makes
 * one batch durable the next one gathers, so the slower the disk the larger the batches.
 *
 * Fails with `SqliteFailure`. A worker that ends unasked fails the batches it had (`crashed`, outcome
 * unknown) and is started again at once; what still waits goes to the new one. If it cannot start, what
 * waits fails with the reason, and a later call tries again.
 */
import { Worker } from 'node:worker_threads';
import { type FailureInfo, SqliteFailure } from './failure.ts';
import { type Gathering, type GatheringBounds, gathering } from './gathering.ts';
import { type Framed, type FromWorker, type Outcome, pack, type ToWorker, unpack } from './wire.ts';

export interface SqliteWorkerOptions<Setup, Hello> {
  /** The worker's module, which calls `serveSqlite`: `new URL('./my-worker.ts', import.meta.url)`. */
  readonly module: URL;
  /** Name of the thread, for the operator's tools. */
  readonly name: string;
  /** Handed to the service's `open`; must survive structured clone. */
  readonly setup: Setup;
  readonly bounds: GatheringBounds;
  /** Batches with the worker at once. Default 1: then the largest batches and the fewest syncs. */
  readonly batchesInFlightMax?: number;
  /** Called each time a worker has started, before any request reaches it. */
  readonly onStarted?: (hello: Hello) => void;
  /** Called with each thread that is made, for tools that watch it or tests that end it. */
  readonly onThread?: (thread: Worker) => void;
}

export interface SqliteWorker<Head, Value> {
  /** `weight` counts towards `batchWeightMax`; default 1. The octets must not change until it settles. */
  call(head: Head, octets?: readonly Uint8Array[], weight?: number): Promise<Framed<Value>>;
  /** Settles what waits, closes the database and ends the thread. Later calls fail with `closed`. */
  close(): Promise<void>;
}

interface Call<Head, Value> extends Framed<Head> {
  readonly weight: number;
  readonly size: number;
  readonly resolve: (answer: Framed<Value>) => void;
  readonly reject: (failure: SqliteFailure) => void;
}

interface Client<Setup, Hello, Head, Value> {
  readonly options: SqliteWorkerOptions<Setup, Hello>;
  readonly waiting: Gathering<Call<Head, Value>>;
  /** What the worker has, oldest first. */
  readonly inFlight: Call<Head, Value>[][];
  thread: Worker | undefined;
  ready: boolean;
  closing: boolean;
  /** Why the last start failed; undefined while all is well. */
  notStarted: FailureInfo | undefined;
  sendScheduled: boolean;
}

/** Room that a piece of octets takes beside its length: keeps batches of empty pieces bounded too. */
const pieceOverheadOctets = 64;

/** Resolves when the worker has opened its database; rejects with `SqliteFailure` when it cannot. */
export async function startSqliteWorker<Setup, Hello, Head, Value>(
  options: SqliteWorkerOptions<Setup, Hello>,
): Promise<SqliteWorker<Head, Value>> {
  const client: Client<Setup, Hello, Head, Value> = {
    options,
    waiting: gathering(options.bounds),
    inFlight: [],
    thread: undefined,
    ready: false,
    closing: false,
    notStarted: undefined,
    sendScheduled: false,
  };
  await start(client);
  let closed: Promise<void> | undefined;
  return {
    call: (head, octets = [], weight = 1) => call(client, head, octets, weight),
    close: () => {
      closed ??= close(client);
      return closed;
    },
  };
}

function call<Setup, Hello, Head, Value>(
  client: Client<Setup, Hello, Head, Value>,
  head: Head,
  octets: readonly Uint8Array[],
  weight: number,
): Promise<Framed<Value>> {
  return new Promise((resolve, reject) => {
    if (client.closing) {
      reject(definite('closed', 'the store is closed'));
      return;
    }
    let size = pieceOverheadOctets;
    for (const piece of octets) size += piece.byteLength + pieceOverheadOctets;
    if (!client.waiting.add({ head, octets, weight, size, resolve, reject })) {
      reject(definite('overloaded', 'too many requests wait for the store'));
      return;
    }
    scheduleSend(client);
  });
}

/** After the current turn's callers, so that what they ask for together travels together. */
function scheduleSend<Setup, Hello, Head, Value>(client: Client<Setup, Hello, Head, Value>): void {
  if (client.sendScheduled) return;
  client.sendScheduled = true;
  queueMicrotask(() => {
    client.sendScheduled = false;
    if (client.thread === undefined) restart(client);
    else send(client);
  });
}

function send<Setup, Hello, Head, Value>(client: Client<Setup, Hello, Head, Value>): void {
  if (!client.ready) return;
  while (client.inFlight.length < (client.options.batchesInFlightMax ?? 1)) {
    const batch = client.waiting.take();
    if (batch.length === 0) break;
    client.inFlight.push(batch);
    const packed = pack(batch);
    const message: ToWorker<Head> = { kind: 'batch', batch: packed };
    client.thread?.postMessage(message, [packed.octets.buffer]);
  }
  if (client.closing && client.inFlight.length === 0) {
    const message: ToWorker<Head> = { kind: 'close' };
    client.ready = false;
    client.thread?.postMessage(message);
  }
}

function start<Setup, Hello, Head, Value>(client: Client<Setup, Hello, Head, Value>): Promise<void> {
  const { module, name, setup } = client.options;
  const thread = new Worker(runnable(module), { name, workerData: setup });
  client.thread = thread;
  client.ready = false;
  client.notStarted = undefined;
  client.options.onThread?.(thread);
  return new Promise((resolve, reject) => {
    let crash: Error | undefined;
    thread.on('message', (message: FromWorker<Hello, Value>) => {
      switch (message.kind) {
        case 'started':
          client.options.onStarted?.(message.hello);
          client.ready = true;
          resolve();
          send(client);
          return;
        case 'not-started':
          client.notStarted = message.failure;
          return;
        case 'answers':
          settle(client, unpack(message.batch));
          send(client);
          return;
        default:
          message satisfies never;
      }
    });
    thread.on('error', (error) => {
      crash = error instanceof Error ? error : new Error(String(error));
    });
    thread.on('exit', (code) => {
      const reason = crash?.message ?? `the store's thread ended with code ${code}`;
      const started = client.ready;
      if (!started && !client.closing) {
        client.notStarted ??= { kind: 'crashed', message: reason, outcomeUnknown: false };
        reject(new SqliteFailure(client.notStarted));
      }
      ended(client, reason, started);
    });
  });
}

/** A worker's module keeps its name when it was compiled, but not its extension. */
function runnable(module: URL): URL {
  return import.meta.url.endsWith('.ts') ? module : new URL(module.href.replace(/\.ts$/, '.js'));
}

function settle<Setup, Hello, Head, Value>(
  client: Client<Setup, Hello, Head, Value>,
  answers: readonly Framed<Outcome<Value>>[],
): void {
  const batch = client.inFlight.shift() ?? [];
  for (const [at, request] of batch.entries()) {
    const answer = answers[at];
    if (answer === undefined) {
      request.reject(unknown('the store gave fewer answers than it got requests'));
    } else if (answer.head.ok) {
      request.resolve({ head: answer.head.value, octets: answer.octets });
    } else {
      request.reject(new SqliteFailure(answer.head.failure));
    }
  }
}

/** The thread is gone: what it had is lost, what waits goes to the next one. */
function ended<Setup, Hello, Head, Value>(
  client: Client<Setup, Hello, Head, Value>,
  reason: string,
  started: boolean,
): void {
  client.thread = undefined;
  client.ready = false;
  for (const request of client.inFlight.splice(0).flat()) request.reject(unknown(reason));
  if (started && !(client.closing && client.waiting.waiting() === 0)) restart(client);
  else failWaiting(client);
}

function restart<Setup, Hello, Head, Value>(client: Client<Setup, Hello, Head, Value>): void {
  // A failed start has already failed everything that waited, with its reason: see `ended`.
  start(client).catch(() => undefined);
}

function failWaiting<Setup, Hello, Head, Value>(client: Client<Setup, Hello, Head, Value>): void {
  const info = client.notStarted;
  for (let batch = client.waiting.take(); batch.length > 0; batch = client.waiting.take()) {
    for (const request of batch) {
      request.reject(info ? new SqliteFailure(info) : definite('closed', 'the store is closed'));
    }
  }
}

async function close<Setup, Hello, Head, Value>(client: Client<Setup, Hello, Head, Value>): Promise<void> {
  client.closing = true;
  const thread = client.thread;
  if (thread === undefined) return;
  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  send(client);
  await exited;
  // A crash while closing starts another thread for what still waits.
  if (client.thread !== undefined) await close(client);
}

const definite = (kind: 'closed' | 'overloaded', message: string): SqliteFailure =>
  new SqliteFailure({ kind, message, outcomeUnknown: false });

const unknown = (message: string): SqliteFailure =>
  new SqliteFailure({ kind: 'crashed', message, outcomeUnknown: true });
