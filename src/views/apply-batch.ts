/**
 * Applies batches to the hosted views: each event is decoded once for all that want it. One event that cannot
 * be decoded or applied stops the views that need it; a store that cannot answer, and a disk that is full,
 * hold everything back until they can.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Codec, StoredEvent } from '../../events/codec.ts';
import type { RecordedEvent } from '../../events/event-log.ts';
import { ProjectionBroken } from '../../projections/runner.ts';
import { limits } from '../limits.ts';
import type { HostedView, HostedViews } from './hosted-views.ts';
import type { ForwardedBatch } from './wire.ts';

/** What it returns rejects with `ViewCorrupt`, or when the signal ends its waiting. */
export function createApplier(
  hosted: HostedViews,
  codec: Codec,
  signal: AbortSignal,
): (batch: ForwardedBatch) => Promise<void> {
  /** Again and again while a store cannot answer. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error)) throw error;
        await delay(limits.views.retryMs, undefined, { signal });
      }
    }
  }

  async function decode(
    batch: ForwardedBatch,
    views: readonly HostedView[],
  ): Promise<readonly StoredEvent[]> {
    const decoded: StoredEvent[] = [];
    for (const recorded of batch.events) {
      const wanting = views.filter((view) => wants(view, recorded));
      if (wanting.length === 0) continue;
      try {
        decoded.push(await patiently(() => codec.decode(recorded)));
      } catch (error) {
        if (signal.aborted) throw error;
        for (const view of wanting) hosted.fail(view, new ProjectionBroken(view.name, recorded.index, error));
      }
    }
    return decoded;
  }

  return async (batch) => {
    const views = hosted.all.filter(({ name }) => batch.names.includes(name));
    const events = await decode(batch, views);
    for (const view of views) {
      if (view.broken !== undefined) continue;
      try {
        await patiently(() => view.runner.apply({ ...batch, events }));
      } catch (error) {
        if (signal.aborted) throw error;
        hosted.fail(view, error);
      }
      // Questions are answered between two views, not only between two batches.
      await nextTurn();
    }
  };
}

const wants = (view: HostedView, { index, type }: RecordedEvent): boolean =>
  view.broken === undefined && index >= view.runner.checkpoint().next && view.projection.handles.has(type);

const passing: ReadonlySet<string> = new Set(['SourceUnavailable', 'KeyStoreUnavailable', 'ViewStalled']);
const isPassing = (error: unknown): boolean => error instanceof Error && passing.has(error.name);
