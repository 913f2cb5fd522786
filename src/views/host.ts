/**
 * The worker's half of the views: hosts the projections, applies batches one after the other, and answers
 * questions in between.
 *
 * A view whose file is no database any more is removed, and `ViewCorrupt` ends the worker: the next one
 * rebuilds it.
 */
import { type Codec, createCodec } from '../../events/codec.ts';
import type { RecordedEvent } from '../../events/event-log.ts';
import { type ProjectionName, queries } from '../../projections/catalogue.ts';
import type { FoundFacts } from '../../projections/facts-projection.ts';
import { ViewCorrupt } from '../../projections/view-database.ts';
import { createApplier } from './apply-batch.ts';
import { createComparing } from './comparing.ts';
import { type HostedViews, openHostedViews } from './hosted-views.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import type { Answers, Ask, ForwardedBatch, Position, ViewsSetup } from './wire.ts';
import type { WorkerSources } from './worker-sources.ts';

export interface ViewsHost {
  positions(): readonly Position[];
  /** Resolves when every view of the batch has it or is broken. Rejects with `ViewCorrupt`, or when the host
   * is closed meanwhile. */
  apply(batch: ForwardedBatch): Promise<void>;
  /** Rejects with `ViewsUnavailable`, `ViewCorrupt`, or what a query throws. */
  answer<A extends Ask>(ask: A): Promise<Answers[A['kind']]>;
  /** After what is being applied. */
  close(): Promise<void>;
}

export function openViewsHost(
  setup: Pick<ViewsSetup, 'directory' | 'names'>,
  reading: WorkerSources,
): ViewsHost {
  const hosted = openHostedViews(setup, reading.sources);
  const codec = createCodec(reading.keys);
  const closing = new AbortController();
  const apply = createApplier(hosted, codec, closing.signal);
  const comparing = createComparing(hosted);
  let tail: Promise<unknown> = Promise.resolve();

  /** One after the other, whatever became of the one before. */
  const inTurn = <T>(work: () => T | Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };

  async function answer(ask: Ask): Promise<unknown> {
    switch (ask.kind) {
      case 'query':
        return query(hosted, ask.projection, ask.name, ask.args);
      case 'facts':
        return facts(hosted, codec, reading, ask.event, ask.ordinals);
      case 'purge':
        reading.forget(ask.scope);
        return inTurn(() => {
          for (const { runner } of hosted.all) runner.purge(ask.scope);
        });
      case 'rebuild':
        return inTurn(() => hosted.rebuild(ask.name));
      case 'hold':
        return comparing.hold(ask.path);
      case 'compare':
        return comparing.compare(ask.name);
      default:
        return ask satisfies never;
    }
  }

  return {
    positions: hosted.positions,
    apply: (batch) => inTurn(() => apply(batch)),
    answer: (ask) => answer(ask) as Promise<Answers[(typeof ask)['kind']]>,
    async close() {
      closing.abort();
      await tail;
      comparing.close();
      hosted.close();
      reading.close();
    },
  };
}

function query(
  hosted: HostedViews,
  projection: ProjectionName,
  name: string,
  args: readonly unknown[],
): unknown {
  const view = hosted.sound(projection);
  const named: Readonly<Record<string, unknown>> = queries[projection];
  const run = Object.hasOwn(named, name) ? named[name] : undefined;
  if (typeof run !== 'function')
    throw new ViewsUnavailable('failed', `view ${projection} knows no query ${name}`);
  try {
    return run(view.runner.database, ...args);
  } catch (error) {
    if (error instanceof ViewCorrupt) hosted.fail(view, error);
    throw error;
  }
}

async function facts(
  hosted: HostedViews,
  codec: Codec,
  reading: WorkerSources,
  event: RecordedEvent,
  ordinals: readonly number[],
): Promise<readonly FoundFacts[]> {
  const stored = await codec.decode(event);
  const found: FoundFacts[] = [];
  for (const ordinal of ordinals) {
    const each = await hosted.projections.facts.compute(stored, ordinal, reading.sources);
    if (each !== undefined) found.push(each);
  }
  return found;
}
