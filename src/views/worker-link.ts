/**
 * The main thread's end of the views' worker: sends batches and questions, and settles them. A worker that
 * ends unasked fails what it had with `crashed` and says so through `onEnded`; this link is then done with,
 * and its owner opens another.
 */
import { Worker } from 'node:worker_threads';
import { limits } from '../limits.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import {
  type Answers,
  type Ask,
  type ForwardedBatch,
  type FromViews,
  type Position,
  packBatch,
  type ToViews,
  type ViewsSetup,
} from './wire.ts';

export interface WorkerLink {
  /** As the worker found its views. */
  readonly positions: readonly Position[];
  /** Resolves with where the views are once the batch is applied. The events' octets are copied. */
  send(batch: ForwardedBatch): Promise<readonly Position[]>;
  ask<A extends Ask>(ask: A): Promise<Answers[A['kind']]>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ViewsUnavailable) => void;
}

export interface WorkerLinkEvents {
  /** The worker ended unasked. */
  readonly onEnded?: (reason: string) => void;
  /** Called with the thread that is made, for tools that watch it or tests that end it. */
  readonly onThread?: ((thread: Worker) => void) | undefined;
}

/** Rejects with `ViewsUnavailable` when the worker cannot open its stores or views. */
export function startWorkerLink(setup: ViewsSetup, events: WorkerLinkEvents = {}): Promise<WorkerLink> {
  const thread = new Worker(workerModule(), { name: 'views', workerData: setup });
  events.onThread?.(thread);
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let ended: ViewsUnavailable | undefined;
  let closing = false;

  function request(
    message: (id: number) => ToViews,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<unknown> {
    if (ended !== undefined) return Promise.reject(ended);
    if (pending.size >= limits.views.asksMax)
      return Promise.reject(new ViewsUnavailable('overloaded', 'too many questions wait for the views'));
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      thread.postMessage(message(id), transfer);
    });
  }

  const settle = (id: number, how: (pending: Pending) => void): void => {
    const found = pending.get(id);
    pending.delete(id);
    if (found !== undefined) how(found);
  };

  function end(fault: 'closed' | 'crashed', reason: string): void {
    ended = new ViewsUnavailable(fault, reason);
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  }

  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));

  async function close(): Promise<void> {
    closing = true;
    thread.postMessage({ kind: 'close' } satisfies ToViews);
    await exited;
  }

  const linked = (positions: readonly Position[]): WorkerLink => ({
    positions,
    send(batch) {
      const packed = packBatch(batch);
      return request(
        (id) => ({ kind: 'batch', id, batch: packed }),
        [packed.packed.octets.buffer],
      ) as Promise<readonly Position[]>;
    },
    ask: (ask) => request((id) => ({ kind: 'ask', id, ask })) as Promise<Answers[(typeof ask)['kind']]>,
    close: () => (ended === undefined ? close() : Promise.resolve()),
  });

  return new Promise((resolve, reject) => {
    let started = false;
    let reason: string | undefined;
    thread.on('message', (message: FromViews) => {
      switch (message.kind) {
        case 'started':
          started = true;
          resolve(linked(message.positions));
          return;
        case 'not-started':
          reason = message.reason;
          return;
        case 'applied':
          settle(message.id, (each) => each.resolve(message.positions));
          return;
        case 'answer':
          settle(message.id, (each) => each.resolve(message.value));
          return;
        case 'refusal':
          settle(message.id, (each) => each.reject(new ViewsUnavailable(message.fault, message.reason)));
          return;
        default:
          message satisfies never;
      }
    });
    thread.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    thread.on('exit', (code) => {
      const why = reason ?? `the views' thread ended with code ${code}`;
      end(closing ? 'closed' : 'crashed', closing ? 'the views are closed' : why);
      if (!started) reject(new ViewsUnavailable('crashed', why));
      else if (!closing) events.onEnded?.(why);
    });
  });
}

/** The worker's module keeps its name when it was compiled, but not its extension. */
const workerModule = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './views-worker.ts' : './views-worker.js', import.meta.url);
