/**
 * The worker's half of a SQLite store: receives a batch, runs it, answers it as one message.
 *
 * A writing service runs a batch as one transaction, each request in a savepoint of its own: what one
 * request does wrong undoes that request alone, and one sync makes all of them durable. After an error
 * it looks whether the transaction still stands: a full disk rolls back everything, what follows would
 * then commit alone, so the whole batch fails. A service that only reads runs without a transaction.
 *
 * A store's worker module calls `serveSqlite` once, at its top level.
 */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { type FailureInfo, failureInfo } from './failure.ts';
import { type Framed, type FromWorker, type Outcome, pack, type ToWorker, unpack } from './wire.ts';

export interface SqliteService<Hello, Head, Value> {
  readonly database: DatabaseSync;
  /** True: batches are transactions. False: requests only read. */
  readonly writes: boolean;
  /** What the main thread is told when the worker has started. */
  readonly hello: Hello;
  /** Carries out one request. A refusal that the caller expects is a value; throwing undoes the request.
   * The octets are gone once the batch is answered: what is kept longer must be copied. */
  readonly handle: (head: Head, octets: readonly Uint8Array[]) => Framed<Value>;
  /** Called after each commit, outside the transaction, before the batch is answered. Throwing fails the
   * whole batch with an unknown outcome. */
  readonly committed?: () => void;
  /** Called after anything was rolled back: whatever `handle` cached about the tables must be forgotten. */
  readonly undone?: () => void;
}

export function serveSqlite<Setup, Hello, Head, Value>(
  open: (setup: Setup) => SqliteService<Hello, Head, Value>,
): void {
  const port = parentPort;
  if (port === null) throw new Error('a SQLite service runs in a worker thread');
  const post = (message: FromWorker<Hello, Value>, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  let service: SqliteService<Hello, Head, Value>;
  try {
    service = open(workerData as Setup);
  } catch (error) {
    // No listener on the port: the thread ends by itself.
    post({ kind: 'not-started', failure: failureInfo(error) });
    return;
  }
  const run = service.writes ? transactionRunner(service) : readRunner(service);
  port.on('message', (message: ToWorker<Head>) => {
    switch (message.kind) {
      case 'batch': {
        const batch = pack(run(unpack(message.batch)));
        // Gives the memory back now; this thread's collector would let some 60 MiB of it pile up.
        message.batch.octets.buffer.transfer(0);
        post({ kind: 'answers', batch }, [batch.octets.buffer]);
        return;
      }
      case 'close':
        service.database.close();
        port.close();
        return;
      default:
        message satisfies never;
    }
  });
  post({ kind: 'started', hello: service.hello });
}

type Runner<Head, Value> = (requests: readonly Framed<Head>[]) => Framed<Outcome<Value>>[];

const failed = (failure: FailureInfo): Framed<Outcome<never>> => ({
  head: { ok: false, failure },
  octets: [],
});

const answered = <Value>(answer: Framed<Value>): Framed<Outcome<Value>> => ({
  head: { ok: true, value: answer.head },
  octets: answer.octets,
});

function readRunner<Hello, Head, Value>(service: SqliteService<Hello, Head, Value>): Runner<Head, Value> {
  return (requests) =>
    requests.map((request) => {
      try {
        return answered(service.handle(request.head, request.octets));
      } catch (error) {
        return failed(failureInfo(error));
      }
    });
}

function transactionRunner<Hello, Head, Value>(
  service: SqliteService<Hello, Head, Value>,
): Runner<Head, Value> {
  const { database } = service;
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const savepoint = database.prepare('SAVEPOINT request');
  const release = database.prepare('RELEASE request');
  const rollbackTo = database.prepare('ROLLBACK TO request');

  const undo = (): void => {
    if (database.isTransaction) database.exec('ROLLBACK');
    service.undone?.();
  };

  /** Throws when the transaction is gone: the batch is lost as a whole. */
  const one = (request: Framed<Head>): Framed<Outcome<Value>> => {
    savepoint.run();
    try {
      const answer = service.handle(request.head, request.octets);
      release.run();
      return answered(answer);
    } catch (error) {
      if (!database.isTransaction) throw error;
      rollbackTo.run();
      release.run();
      service.undone?.();
      return failed(failureInfo(error));
    }
  };

  return (requests) => {
    const failAll = (error: unknown, outcomeUnknown: boolean): Framed<Outcome<Value>>[] => {
      undo();
      const failure = failureInfo(error, outcomeUnknown);
      return requests.map(() => failed(failure));
    };
    let outcomes: Framed<Outcome<Value>>[];
    try {
      begin.run();
      outcomes = requests.map(one);
    } catch (error) {
      return failAll(error, false);
    }
    try {
      commit.run();
      service.committed?.();
      return outcomes;
    } catch (error) {
      // The frames may have reached the disk although the sync that should have made sure failed.
      return failAll(error, true);
    }
  };
}
