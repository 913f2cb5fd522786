/**
 * The worker's half of the views: hosts the projections, decodes each event once for all of them, applies
 * batches one after the other, and answers questions in between.
 *
 * One event that cannot be applied stops the views that need it, where they are (`broken`); the others go on.
 * A store that cannot answer holds everything back until it can. A view whose file is no database any more is
 * removed, and `ViewCorrupt` ends the worker: the next one rebuilds it.
 */
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { createCodec, type StoredEvent } from '../../events/codec.ts';
import type { RecordedEvent } from '../../events/event-log.ts';
import { createProjections, type ProjectionName, queries } from '../../projections/catalogue.ts';
import { compareViews } from '../../projections/digest.ts';
import type { Projection } from '../../projections/projection.ts';
import { openRunner, ProjectionBroken, type ProjectionRunner } from '../../projections/runner.ts';
import { ViewCorrupt, type ViewDatabase } from '../../projections/view-database.ts';
import { limits } from '../limits.ts';
import { openSqliteView, sqliteViewFile } from './sqlite/view-file.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import type { Answers, Ask, ForwardedBatch, Position, ViewsSetup } from './wire.ts';
import type { WorkerSources } from './worker-sources.ts';

interface Hosted {
  readonly name: ProjectionName;
  readonly projection: Projection;
  runner: ProjectionRunner;
  broken: string | undefined;
}

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

export const viewPath = (directory: string, name: ProjectionName): string => join(directory, `${name}.db`);

export function openViewsHost(
  setup: Pick<ViewsSetup, 'directory' | 'names'>,
  reading: WorkerSources,
): ViewsHost {
  const projections = createProjections({
    mailboxesMax: limits.views.mailboxesKeptMax,
    mime: limits.mime,
    factsAheadMax: limits.views.factsAheadMax,
  });
  const open = (name: ProjectionName): ProjectionRunner =>
    openRunner(
      projections[name] as Projection,
      sqliteViewFile({ path: viewPath(setup.directory, name) }),
      reading.sources,
    );
  const hosted = new Map<ProjectionName, Hosted>();
  for (const name of setup.names)
    hosted.set(name, {
      name,
      projection: projections[name] as Projection,
      runner: open(name),
      broken: undefined,
    });
  const codec = createCodec(reading.keys);
  const closing = new AbortController();
  let held: ViewDatabase | undefined;
  let tail: Promise<unknown> = Promise.resolve();

  /** One after the other, whatever became of the one before. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };

  /** Again and again while a store cannot answer. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error)) throw error;
        await delay(limits.views.retryMs, undefined, { signal: closing.signal });
      }
    }
  }

  function breakView(view: Hosted, error: unknown): void {
    if (error instanceof ViewCorrupt) {
      view.runner.database.close();
      sqliteViewFile({ path: viewPath(setup.directory, view.name) }).remove();
      throw error;
    }
    view.broken = error instanceof Error ? error.message : String(error);
  }

  async function decode(batch: ForwardedBatch, views: readonly Hosted[]): Promise<readonly StoredEvent[]> {
    const decoded: StoredEvent[] = [];
    for (const recorded of batch.events) {
      const wanting = views.filter((view) => wants(view, recorded));
      if (wanting.length === 0) continue;
      try {
        decoded.push(await patiently(() => codec.decode(recorded)));
      } catch (error) {
        if (closing.signal.aborted) throw error;
        for (const view of wanting) breakView(view, new ProjectionBroken(view.name, recorded.index, error));
      }
    }
    return decoded;
  }

  async function apply(batch: ForwardedBatch): Promise<void> {
    const views = batch.names.flatMap((name) => hosted.get(name) ?? []);
    const events = await decode(batch, views);
    for (const view of views) {
      if (view.broken !== undefined) continue;
      try {
        await patiently(() => view.runner.apply({ ...batch, events }));
      } catch (error) {
        if (closing.signal.aborted) throw error;
        breakView(view, error);
      }
      // Questions are answered between two views, not only between two batches.
      await nextTurn();
    }
  }

  function query(projection: ProjectionName, name: string, args: readonly unknown[]): unknown {
    const view = hosted.get(projection);
    if (view === undefined) throw new ViewsUnavailable('failed', `there is no view ${projection} here`);
    if (view.broken !== undefined) throw new ViewsUnavailable('broken', view.broken);
    const named: Readonly<Record<string, unknown>> = queries[projection];
    const run = Object.hasOwn(named, name) ? named[name] : undefined;
    if (typeof run !== 'function')
      throw new ViewsUnavailable('failed', `view ${projection} knows no query ${name}`);
    try {
      return run(view.runner.database, ...args);
    } catch (error) {
      if (error instanceof ViewCorrupt) breakView(view, error);
      throw error;
    }
  }

  async function purge(scope: Extract<Ask, { kind: 'purge' }>['scope']): Promise<undefined> {
    reading.forget(scope);
    await inTurn(async () => {
      for (const view of hosted.values()) view.runner.purge(scope);
    });
  }

  async function rebuild(name: ProjectionName): Promise<undefined> {
    await inTurn(async () => {
      const view = hosted.get(name);
      if (view === undefined) return;
      view.runner.database.close();
      view.projection.undone?.();
      sqliteViewFile({ path: viewPath(setup.directory, name) }).remove();
      view.runner = open(name);
      view.broken = undefined;
    });
  }

  function hold(path: string): Answers['hold'] {
    held?.close();
    held = openSqliteView({ path, readOnly: true });
    held.exec('BEGIN');
    const found = held.get<{ next: number; lastId: string | null }>(
      'SELECT next, last_id AS lastId FROM checkpoint',
    );
    if (found === undefined) throw new ViewsUnavailable('failed', `${path} has no checkpoint`);
    return found;
  }

  function compare(name: ProjectionName): Answers['compare'] {
    const view = hosted.get(name);
    if (view === undefined || held === undefined)
      throw new ViewsUnavailable('failed', 'there is nothing to compare');
    if (view.broken !== undefined) throw new ViewsUnavailable('broken', view.broken);
    try {
      return compareViews(held, view.runner.database, view.projection.digest);
    } finally {
      held.close();
      held = undefined;
    }
  }

  async function facts(event: RecordedEvent, ordinals: readonly number[]): Promise<Answers['facts']> {
    const stored = await codec.decode(event);
    const found = [];
    for (const ordinal of ordinals)
      found.push(await projections.facts.compute(stored, ordinal, reading.sources));
    return found.filter((each) => each !== undefined);
  }

  async function answer(ask: Ask): Promise<unknown> {
    switch (ask.kind) {
      case 'query':
        return query(ask.projection, ask.name, ask.args);
      case 'facts':
        return facts(ask.event, ask.ordinals);
      case 'purge':
        return purge(ask.scope);
      case 'rebuild':
        return rebuild(ask.name);
      case 'hold':
        return hold(ask.path);
      case 'compare':
        return compare(ask.name);
      default:
        return ask satisfies never;
    }
  }

  return {
    positions: () =>
      [...hosted.values()].map(({ name, runner, broken }) => ({ name, broken, ...runner.checkpoint() })),
    apply: (batch) => inTurn(() => apply(batch)),
    answer: (ask) => answer(ask) as Promise<Answers[(typeof ask)['kind']]>,
    async close() {
      closing.abort();
      await tail;
      held?.close();
      for (const { runner } of hosted.values()) runner.close();
      reading.close();
    },
  };
}

const wants = (view: Hosted, { index, type }: RecordedEvent): boolean =>
  view.broken === undefined && index >= view.runner.checkpoint().next && view.projection.handles.has(type);

const passing: ReadonlySet<string> = new Set(['SourceUnavailable', 'KeyStoreUnavailable']);
const isPassing = (error: unknown): boolean => error instanceof Error && passing.has(error.name);
