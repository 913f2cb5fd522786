/**
 * Keeps a worker with the views going: starts it, brings it the log in its lanes, and when it ends starts
 * another after a pause. A view that is ahead of the log, or came from another one, is rebuilt at the start.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { EventLog, LogIndex } from '../../events/event-log.ts';
import { createProjections, type ProjectionName } from '../../projections/catalogue.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { firstOf } from './first-of.ts';
import { type Forwarder, startForwarder } from './forwarder.ts';
import { type Lane, planLanes } from './lanes.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import type { Position, ViewsSetup } from './wire.ts';
import { startWorkerLink, type WorkerLink } from './worker-link.ts';

export interface RunningViewsOptions {
  readonly setup: ViewsSetup;
  readonly log: Pick<EventLog, 'follow' | 'head' | 'readAll'>;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly onThread?: ((thread: Worker) => void) | undefined;
  /** A worker was started, and its views are here. */
  readonly onStarted: (positions: readonly Position[]) => void;
  readonly onMoved: (positions: readonly Position[]) => void;
}

export interface RunningViews {
  /** The worker of now. Throws `ViewsUnavailable` while there is none. */
  link(): WorkerLink;
  close(): Promise<void>;
}

/** Rejects with `ViewsUnavailable` when the first worker cannot start. */
export async function runViews(options: RunningViewsOptions): Promise<RunningViews> {
  const { logger } = options;
  const closing = new AbortController();
  let link: WorkerLink | undefined;
  let forwarders: readonly Forwarder[] = [];
  let restarting: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    let endedBecause: string | undefined;
    const onEnded = (reason: string): void => {
      endedBecause = reason;
      if (link !== started) return;
      logger.error({ reason }, 'the views ended; starting them again');
      link = undefined;
      restarting = restart();
    };
    const started = await startWorkerLink(options.setup, { onEnded, onThread: options.onThread });
    try {
      const positions = await rebuildStrangers(started, options.log, logger);
      const lanes = planLanes(positions, await options.log.head(), limits.views.liveLagEventsMax);
      if (endedBecause !== undefined) throw new ViewsUnavailable('crashed', endedBecause);
      link = started;
      options.onStarted(positions);
      forwarders = lanes.map((lane) => forwardLane(options, started, lane));
    } catch (error) {
      await started.close();
      throw error;
    }
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

  await start();
  return {
    link() {
      if (link !== undefined) return link;
      if (closing.signal.aborted) throw new ViewsUnavailable('closed', 'the views are closed');
      throw new ViewsUnavailable('crashed', 'the views are being started again');
    },
    async close() {
      closing.abort();
      await restarting;
      await stopForwarders();
      await link?.close();
      link = undefined;
    },
  };
}

const forwardLane = (
  { log, logger, onMoved }: RunningViewsOptions,
  link: WorkerLink,
  { names, from }: Lane,
): Forwarder =>
  startForwarder({
    log,
    names,
    from,
    handles: handledBy(names),
    send: async (batch) => onMoved(await link.send(batch)),
    onLogFailure: (err) => logger.warn({ err, views: names }, 'the log cannot be followed; trying again'),
  });

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
