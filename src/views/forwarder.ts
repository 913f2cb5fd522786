/**
 * Carries the log to the views of one lane: while the worker applies one batch the next one gathers, so the
 * busier it is the larger the batches. When too much waits, the log is read no further (`follow` waits for
 * its handler). Events that no view of the lane handles only move the batch's end.
 *
 * When the log fails it is followed again after a pause, from where this one is; a batch that the worker
 * does not apply (it ended) stops the forwarder for good.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog, Following, LogBatch, LogIndex } from '../../events/event-log.ts';
import type { ProjectionName } from '../../projections/catalogue.ts';
import { limits } from '../limits.ts';
import { createGathering } from './gathering.ts';
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
  const { batchEventsMax, gatherMs, retryMs } = limits.views;
  const stopping = new AbortController();
  const gathering = createGathering(options.from, options.handles);
  let inFlight = false;
  let following: Following | undefined;
  let wake: () => void = () => undefined;
  stopping.signal.addEventListener('abort', () => wake());

  function flush(): void {
    if (inFlight || stopping.signal.aborted) return;
    const batch = gathering.take();
    if (batch === undefined) return;
    inFlight = true;
    wake();
    options.send({ names: options.names, ...batch }).then(
      () => void pause().then(flush),
      // The worker has ended, and with it this forwarder: its owner knows and starts again.
      () => stopping.abort(),
    );
  }

  /** A wake of the worker costs more than an event: what comes within this pause travels together. */
  async function pause(): Promise<void> {
    const pauseMs = gathering.size() >= batchEventsMax ? 0 : gatherMs;
    // Stopping ends the pause; `flush` then does nothing.
    await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    inFlight = false;
  }

  async function take(batch: LogBatch): Promise<void> {
    gathering.add(batch.events);
    flush();
    while (gathering.isFull() && !stopping.signal.aborted) await roomOrStop();
  }

  const roomOrStop = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        following = options.log.follow(gathering.next(), take);
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
