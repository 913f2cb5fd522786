/** Every projection there is, and what each of them answers. */

import { createAccess } from './access/access.ts';
import { accessQueries } from './access/queries.ts';
import { directoryView } from './directory-view/directory-view.ts';
import { directoryQueries } from './directory-view/queries.ts';
import { createFactsProjection, type FactsProjection, factsQueries } from './facts-projection.ts';
import { createMailboxView } from './mailbox-view/mailbox-view.ts';
import { mailboxQueries } from './mailbox-view/queries.ts';
import type { MimeLimits } from './message-facts/message-facts.ts';
import type { Projection } from './projection.ts';
import { queueQueries } from './queue-view/queries.ts';
import { queueView } from './queue-view/queue-view.ts';
import { statisticsQueries } from './statistics/queries.ts';
import { statistics } from './statistics/statistics.ts';
import { traceQueries } from './trace/queries.ts';
import { createTrace } from './trace/trace.ts';
import type { ViewDatabase } from './view-database.ts';

/** By projection. A query's first argument is the view; the others survive structured clone. */
export const queries = {
  directory: directoryQueries,
  queue: queueQueries,
  mailbox: mailboxQueries,
  facts: factsQueries,
  trace: traceQueries,
  access: accessQueries,
  statistics: statisticsQueries,
} as const;

export type ProjectionName = keyof typeof queries;
export const projectionNames = Object.keys(queries) as readonly ProjectionName[];

export type QueryName<P extends ProjectionName> = keyof (typeof queries)[P] & string;
type QueryFunction<P extends ProjectionName, N extends QueryName<P>> = (typeof queries)[P][N] extends (
  db: ViewDatabase,
  ...args: infer Args
) => infer Result
  ? (...args: Args) => Result
  : never;
export type QueryArguments<P extends ProjectionName, N extends QueryName<P>> = Parameters<
  QueryFunction<P, N>
>;
export type QueryResult<P extends ProjectionName, N extends QueryName<P>> = ReturnType<QueryFunction<P, N>>;

export interface ProjectionOptions {
  /** Mailboxes whose folders a projection keeps in memory. */
  readonly mailboxesMax: number;
  readonly mime: MimeLimits;
  /** Events whose facts were asked for before the view got there. */
  readonly factsAheadMax: number;
}

/** New ones: some keep state that belongs to their view. */
export function createProjections(
  options: ProjectionOptions,
): Readonly<Record<Exclude<ProjectionName, 'facts'>, Projection>> & { readonly facts: FactsProjection } {
  return {
    directory: directoryView,
    queue: queueView,
    mailbox: createMailboxView(options),
    facts: createFactsProjection({ mime: options.mime, eventsAheadMax: options.factsAheadMax }),
    trace: createTrace(options),
    access: createAccess(options),
    statistics,
  };
}
