/**
 * Carries the log to the views of one lane: while the worker applies one batch the next one gathers, so the
 * busier it is the larger the batches. When too much waits, the log is read no further (`follow` waits for
 * its handler). Events that no view of the lane handles only move the batch's end.
 *
 * When the log fails it is followed again after a pause, from where this one is; a batch that the worker
 * does not apply (it ended) stops the forwarder for good.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog, Following, LogBatch, LogIndex, RecordedEvent } from '../../events/event-log.ts';
import type { ProjectionName } from '../../projections/catalogue.ts';
import { limits } from '../limits.ts';
import type { ForwardedBatch } from './wire.ts';

export interface ForwarderOptions {
  readonly log: Pick<EventLog, 'follow'>;
  readonly names: readonly ProjectionName[];
  readonly handles: ReadonlySet<string>;
  readonly from: LogIndex;
  /** Resolves when the batch is applied. */
  readonly send: (batch: ForwardedBatch) => Promise<unknown>;
  readonly onLogFailure: (error: unknown) => void;
}

export interface Forwarder {
  stop(): Promise<void>;
}

export function startForwarder(options: ForwarderOptions): Forwarder {
  const { waitingEventsMax, waitingOctetsMax, batchEventsMax, gatherMs, retryMs } = limits.views;
  const stopping = new AbortController();
  let waiting: RecordedEvent[] = [];
  let octets = 0;
  /** What lies between these has been taken from the log, but not sent. */
  let first = options.from;
  let next = options.from;
  let lastId = '';
  let inFlight = false;
  let following: Following | undefined;
  let wake: () => void = () => undefined;

  function flush(): void {
    if (inFlight || stopping.signal.aborted || first === next) return;
    const events = waiting.slice(0, batchEventsMax);
    const rest = waiting.slice(batchEventsMax);
    const end = rest.length === 0 ? next : (events.at(-1)?.index ?? next - 1) + 1;
    const endId = rest.length === 0 ? lastId : (events.at(-1)?.id ?? lastId);
    const batch = { names: options.names, first, next: end, lastId: endId, events };
    waiting = rest;
    octets = rest.reduce((sum, event) => sum + sizeOf(event), 0);
    first = end;
    inFlight = true;
    options.send(batch).then(
      () => {
        wake();
        // A wake of the worker costs more than an event: what comes within this pause travels together.
        const pauseMs = waiting.length >= batchEventsMax ? 0 : gatherMs;
        delay(pauseMs, undefined, { signal: stopping.signal }).then(
          () => {
            inFlight = false;
            flush();
          },
          () => undefined,
        );
      },
      // The worker has ended, and with it this forwarder: its owner knows and starts again.
      () => stopping.abort(),
    );
  }

  async function take(batch: LogBatch): Promise<void> {
    for (const event of batch.events) {
      next = event.index + 1;
      lastId = event.id;
      if (!options.handles.has(event.type)) continue;
      waiting.push(event);
      octets += sizeOf(event);
    }
    flush();
    while (isFull() && !stopping.signal.aborted) await roomOrStop();
  }

  const isFull = (): boolean => waiting.length >= waitingEventsMax || octets >= waitingOctetsMax;
  const roomOrStop = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  stopping.signal.addEventListener('abort', () => wake());

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        following = options.log.follow(next, take);
        await following.done;
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        options.onLogFailure(error);
        await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await following?.stop();
      await running;
    },
  };
}

const sizeOf = (event: RecordedEvent): number => event.data.byteLength + event.metadata.byteLength;
