/**
 * The views as the rest of the server sees them: one worker thread holds every projection and its files; the
 * log is followed here and handed over in batches, and questions are answered there.
 *
 * One process at a time opens the views of a directory: the server, or a command when no server runs. Fails
 * with `ViewsUnavailable`, which is always a temporary error. A worker that ends is started again after a
 * pause; meanwhile questions fail as `crashed`. A view that is ahead of the log, or came from another one, is
 * rebuilt.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { EventLog, LogIndex, RecordedEvent } from '../../events/event-log.ts';
import type { KeyScope } from '../../events/scope-keys.ts';
import { mailboxStream } from '../../events/streams.ts';
import {
  createProjections,
  type ProjectionName,
  projectionNames,
  type QueryArguments,
  type QueryName,
  type QueryResult,
} from '../../projections/catalogue.ts';
import type { ContentOrigin, FoundFacts } from '../../projections/facts-projection.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { type Forwarder, startForwarder } from './forwarder.ts';
import { planLanes } from './lanes.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import { createWaiters } from './waiters.ts';
import type { Position, ViewsSetup } from './wire.ts';
import { startWorkerLink, type WorkerLink } from './worker-link.ts';

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
  const { log, logger, directory, keys, blobs, names = projectionNames } = options;
  const setup: ViewsSetup = { directory, keys, blobs, names };
  const positions = new Map<ProjectionName, Position>();
  const waiters = createWaiters(() => positions);
  let link: WorkerLink | undefined;
  let forwarders: readonly Forwarder[] = [];
  const closing = new AbortController();
  let restarting: Promise<void> = Promise.resolve();

  function learn(news: readonly Position[]): void {
    for (const position of news) {
      if (position.broken !== undefined && positions.get(position.name)?.broken === undefined)
        logger.error({ view: position.name, reason: position.broken }, 'a view cannot go on');
      positions.set(position.name, position);
    }
    waiters.moved();
  }

  async function start(): Promise<void> {
    const started = await startWorkerLink(setup, { onEnded: ended, onThread: options.onThread });
    const found = await rebuildStrangers(started, log, logger);
    positions.clear();
    learn(found);
    link = started;
    const lanes = planLanes(found, await log.head(), limits.views.liveLagEventsMax);
    forwarders = lanes.map(({ names: lane, from }) =>
      startForwarder({
        log,
        names: lane,
        handles: handledBy(lane),
        from,
        send: async (batch) => learn(await started.send(batch)),
        onLogFailure: (err) => logger.warn({ err, views: lane }, 'the log cannot be followed; trying again'),
      }),
    );
  }

  function ended(reason: string): void {
    logger.error({ reason }, 'the views ended; starting them again');
    link = undefined;
    restarting = restart();
  }

  async function restart(): Promise<void> {
    await stopForwarders();
    while (!closing.signal.aborted) {
      try {
        await delay(limits.views.retryMs, undefined, { signal: closing.signal });
        return await start();
      } catch (err) {
        if (!closing.signal.aborted) logger.error({ err }, 'the views cannot start; trying again');
      }
    }
  }

  async function stopForwarders(): Promise<void> {
    const stopping = forwarders;
    forwarders = [];
    await Promise.all(stopping.map((each) => each.stop()));
  }

  function running(): WorkerLink {
    if (link !== undefined) return link;
    if (closing.signal.aborted) throw new ViewsUnavailable('closed', 'the views are closed');
    throw new ViewsUnavailable('crashed', 'the views are being started again');
  }

  const query = async (
    projection: ProjectionName,
    name: string,
    args: readonly unknown[],
  ): Promise<unknown> => running().ask({ kind: 'query', projection, name, args });

  const named = ({ projection }: WaitOptions): readonly ProjectionName[] =>
    projection === undefined ? names : [projection];

  await start();
  return {
    query: (projection, name, ...args) =>
      query(projection, name, args) as Promise<QueryResult<typeof projection, typeof name>>,
    appliedUpTo: (projection) =>
      Math.min(
        ...named({ timeoutMs: 0, ...(projection && { projection }) }).map(
          (name) => positions.get(name)?.next ?? 0,
        ),
      ),
    waitFor: (next, wait) => waiters.wait(next, named(wait), wait.timeoutMs),
    whenCurrent: async (wait) => waiters.wait(await log.head(), named(wait), wait.timeoutMs),
    facts: (accountId, places) => findFacts(running(), log, accountId, places),
    purge: async (scope) => running().ask({ kind: 'purge', scope }),
    status: () => [...positions.values()],
    async close() {
      closing.abort();
      await restarting;
      await stopForwarders();
      waiters.close();
      await link?.close();
      link = undefined;
    },
  };
}

function handledBy(names: readonly ProjectionName[]): ReadonlySet<string> {
  const projections = createProjections({ mailboxesMax: 1, mime: limits.mime, factsAheadMax: 1 });
  return new Set(names.flatMap((name) => [...projections[name].handles]));
}

/** A checkpoint that the log does not know (the log was restored, or is another one) means nothing. */
async function rebuildStrangers(
  link: WorkerLink,
  log: Pick<EventLog, 'readAll'>,
  logger: Pick<Logger, 'warn'>,
): Promise<readonly Position[]> {
  const found: Position[] = [];
  const ids = new Map<LogIndex, string | undefined>();
  for (const position of link.positions) {
    const last = position.next - 1;
    if (last >= 0 && !ids.has(last))
      ids.set(last, (await firstOf(log.readAll({ from: last, limit: 1 })))?.id);
    if (last < 0 || ids.get(last) === position.lastId) {
      found.push(position);
      continue;
    }
    logger.warn({ view: position.name, next: position.next }, 'a view is not of this log; rebuilding it');
    await link.ask({ kind: 'rebuild', name: position.name });
    found.push({ name: position.name, next: 0, lastId: null, broken: undefined });
  }
  return found;
}

async function firstOf(events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent | undefined> {
  for await (const event of events) return event;
  return undefined;
}

async function findFacts(
  link: WorkerLink,
  log: Pick<EventLog, 'readStream'>,
  accountId: string,
  places: readonly ContentOrigin[],
): Promise<readonly (FoundFacts | undefined)[]> {
  const known = new Map<string, FoundFacts>();
  const note = (found: readonly FoundFacts[]): void => {
    for (const each of found) known.set(placeKey(each), each);
  };
  note(await storedFacts(link, accountId, places));
  const missing = Map.groupBy(
    places.filter((each) => !known.has(placeKey(each))),
    ({ origin }) => origin,
  );
  for (const [origin, wanted] of missing) {
    const event = await firstOf(log.readStream(mailboxStream(accountId), { from: origin, limit: 1 }));
    if (event?.revision !== origin) continue;
    const ordinals = wanted.map(({ ordinal }) => ordinal);
    note(await link.ask({ kind: 'facts', event, ordinals }));
  }
  return places.map((each) => known.get(placeKey(each)));
}

/** A view that is broken has none: what it would have said can still be computed. */
async function storedFacts(
  link: WorkerLink,
  accountId: string,
  places: readonly ContentOrigin[],
): Promise<readonly FoundFacts[]> {
  try {
    const args = [accountId, places];
    return (await link.ask({ kind: 'query', projection: 'facts', name: 'find', args })) as FoundFacts[];
  } catch (error) {
    if (error instanceof ViewsUnavailable && error.fault === 'broken') return [];
    throw error;
  }
}

const placeKey = ({ origin, ordinal }: ContentOrigin): string => `${origin}/${ordinal}`;
