/**
 * The main thread's end of the views' worker: sends batches and questions, and settles them. A worker that
 * ends unasked fails what it had with `crashed` and says so through `onEnded`; this link is then done with,
 * and its owner opens another.
 */
import { Worker } from 'node:worker_threads';
import { createPendingRequests, type PendingRequests } from './pending-requests.ts';
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
  const requests = createPendingRequests();
  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  let closing = false;

  async function close(): Promise<void> {
    if (requests.hasEnded()) return;
    closing = true;
    thread.postMessage({ kind: 'close' } satisfies ToViews);
    await exited;
  }

  return new Promise((resolve, reject) => {
    let started = false;
    let reason: string | undefined;
    thread.on('message', (message: FromViews) => {
      if (message.kind === 'started') {
        started = true;
        resolve({ positions: message.positions, close, ...sending(thread, requests) });
      } else if (message.kind === 'not-started') reason = message.reason;
      else settle(requests, message);
    });
    thread.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    thread.on('exit', (code) => {
      const why = reason ?? `the views' thread ended with code ${code}`;
      requests.end(
        closing
          ? new ViewsUnavailable('closed', 'the views are closed')
          : new ViewsUnavailable('crashed', why),
      );
      if (!started) reject(new ViewsUnavailable('crashed', why));
      else if (!closing) events.onEnded?.(why);
    });
  });
}

const sending = (thread: Worker, requests: PendingRequests): Pick<WorkerLink, 'send' | 'ask'> => ({
  send: (batch) =>
    requests.add((id) => {
      const packed = packBatch(batch);
      const message: ToViews = { kind: 'batch', id, batch: packed };
      thread.postMessage(message, [packed.packed.octets.buffer]);
    }) as Promise<readonly Position[]>,
  ask: (ask) =>
    requests.add((id) => thread.postMessage({ kind: 'ask', id, ask } satisfies ToViews)) as Promise<
      Answers[(typeof ask)['kind']]
    >,
});

function settle(
  requests: PendingRequests,
  message: Extract<FromViews, { kind: 'applied' | 'answer' | 'refusal' }>,
): void {
  switch (message.kind) {
    case 'applied':
      requests.resolve(message.id, message.positions);
      return;
    case 'answer':
      requests.resolve(message.id, message.value);
      return;
    case 'refusal':
      requests.reject(message.id, new ViewsUnavailable(message.fault, message.reason));
      return;
    default:
      message satisfies never;
  }
}

/** The worker's module keeps its name when it was compiled, but not its extension. */
const workerModule = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './views-worker.ts' : './views-worker.js', import.meta.url);
