/**
 * The views as the rest of the server sees them: one worker thread holds every projection and its files; the
 * log is followed here and handed over in batches, and questions are answered there.
 *
 * One process at a time opens the views of a directory: the server, or a command when no server runs. Fails
 * with `ViewsUnavailable`, which is always a temporary error. While a worker that ended is started again,
 * questions fail as `crashed`.
 */
import type { Worker } from 'node:worker_threads';
import type { EventLog, LogIndex } from '../../events/event-log.ts';
import type { KeyScope } from '../../events/scope-keys.ts';
import {
  type ProjectionName,
  projectionNames,
  type QueryArguments,
  type QueryName,
  type QueryResult,
} from '../../projections/catalogue.ts';
import type { ContentOrigin, FoundFacts } from '../../projections/facts-projection.ts';
import type { Logger } from '../logger.ts';
import { findFacts } from './find-facts.ts';
import { runViews } from './running-views.ts';
import { createWaiters } from './waiters.ts';
import type { Position, ViewsSetup } from './wire.ts';

export interface ViewsOptions extends Omit<ViewsSetup, 'names'> {
  readonly log: Pick<EventLog, 'follow' | 'head' | 'readAll' | 'readStream'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Called with each worker thread that is started. */
  readonly onThread?: (thread: Worker) => void;
  /** Default: all of them. */
  readonly names?: readonly ProjectionName[];
}

export interface Views {
  query<P extends ProjectionName, N extends QueryName<P>>(
    projection: P,
    name: N,
    ...args: QueryArguments<P, N>
  ): Promise<QueryResult<P, N>>;
  /** Every event below it is in the view; without a name, in all views. */
  appliedUpTo(projection?: ProjectionName): LogIndex;
  /** Waits until every event below `next` is in the view, or in all of them. */
  waitFor(next: LogIndex, options: WaitOptions): Promise<void>;
  /** Waits until everything that is in the log as of the call is in the view, whoever wrote it. */
  whenCurrent(options: WaitOptions): Promise<void>;
  /** Message facts, in the order asked for; computed on the spot where the view has not got to. Undefined
   * for what no event of the account brought. */
  facts(accountId: string, places: readonly ContentOrigin[]): Promise<readonly (FoundFacts | undefined)[]>;
  /** Call it when a key was destroyed: resolves when nothing it sealed stands in any file of the views. */
  purge(scope: KeyScope): Promise<void>;
  status(): readonly Position[];
  close(): Promise<void>;
}

export interface WaitOptions {
  readonly projection?: ProjectionName;
  readonly timeoutMs: number;
}

export async function openViews(options: ViewsOptions): Promise<Views> {
  const { log, logger, directory, keys, blobs, onThread, names = projectionNames } = options;
  const positions = new Map<ProjectionName, Position>();
  const waiters = createWaiters(() => positions);

  function onMoved(news: readonly Position[]): void {
    for (const position of news) {
      if (position.broken !== undefined && positions.get(position.name)?.broken === undefined)
        logger.error({ view: position.name, reason: position.broken }, 'a view cannot go on');
      positions.set(position.name, position);
    }
    waiters.moved();
  }

  const running = await runViews({
    ...{ setup: { directory, keys, blobs, names }, log, logger, onThread, onMoved },
    onStarted(found) {
      positions.clear();
      onMoved(found);
    },
  });
  const named = (projection: ProjectionName | undefined): readonly ProjectionName[] =>
    projection === undefined ? names : [projection];

  return {
    query: async (projection, name, ...args) =>
      running.link().ask({ kind: 'query', projection, name, args }) as Promise<
        QueryResult<typeof projection, typeof name>
      >,
    appliedUpTo: (projection) => Math.min(...named(projection).map((name) => positions.get(name)?.next ?? 0)),
    waitFor: (next, wait) => waiters.wait(next, named(wait.projection), wait.timeoutMs),
    whenCurrent: async (wait) => waiters.wait(await log.head(), named(wait.projection), wait.timeoutMs),
    facts: async (accountId, places) => findFacts(running.link(), log, accountId, places),
    purge: async (scope) => running.link().ask({ kind: 'purge', scope }),
    status: () => [...positions.values()],
    async close() {
      waiters.close();
      await running.close();
    },
  };
}
