/**
 * Replay: builds a view anew from the log, beside the live one, in a scratch directory and a worker of its
 * own, and compares the two: equal, or the first difference. The live view goes on meanwhile: it is held
 * still only for the comparison, by a snapshot of its file.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog, LogIndex, RecordedEvent } from '../../events/event-log.ts';
import { createProjections, type ProjectionName } from '../../projections/catalogue.ts';
import type { Comparison } from '../../projections/digest.ts';
import { limits } from '../limits.ts';
import { viewPath } from './hosted-views.ts';
import type { ViewsSetup } from './wire.ts';
import { startWorkerLink, type WorkerLink } from './worker-link.ts';

export interface ReplayOptions extends Omit<ViewsSetup, 'names'> {
  readonly log: Pick<EventLog, 'readAll'>;
  readonly projection: ProjectionName;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Left is the live view, right the rebuilt one. */
export interface ReplayResult extends Comparison {
  readonly projection: ProjectionName;
  /** Events that both were built from. */
  readonly events: number;
}

/** Throws `ViewsUnavailable` when there is no live view or the rebuild breaks, and the signal's reason. */
export async function replayView(options: ReplayOptions): Promise<ReplayResult> {
  const { projection, directory, keys, blobs } = options;
  const scratch = await mkdtemp(join(tmpdir(), 'chancery-replay-'));
  try {
    const link = await startWorkerLink({ directory: scratch, keys, blobs, names: [projection] });
    try {
      const hold = { kind: 'hold', path: viewPath(directory, projection) } as const;
      // Most of the way without a snapshot: one that is held for long makes the live view's WAL grow.
      const { next: near } = await link.ask(hold);
      await feed(link, options, 0, near);
      const { next } = await link.ask(hold);
      await feed(link, options, near, next);
      return { projection, events: next, ...(await link.ask({ kind: 'compare', name: projection })) };
    } finally {
      await link.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function feed(
  link: WorkerLink,
  { log, projection, onProgress, signal }: ReplayOptions,
  from: LogIndex,
  to: LogIndex,
): Promise<void> {
  const handles = createProjections({ mailboxesMax: 1, mime: limits.mime, factsAheadMax: 1 })[projection]
    .handles;
  let first = from;
  let events: RecordedEvent[] = [];
  let octets = 0;
  let applied: Promise<unknown> = Promise.resolve();
  const flush = async (last: RecordedEvent): Promise<void> => {
    await applied;
    signal?.throwIfAborted();
    onProgress?.(first, to);
    const batch = { names: [projection], first, next: last.index + 1, lastId: last.id, events };
    applied = link.send(batch);
    // Awaited before the next batch; until then its failure must not count as unhandled.
    applied.catch(() => undefined);
    first = batch.next;
    events = [];
    octets = 0;
  };
  let last: RecordedEvent | undefined;
  if (to > from)
    for await (const event of log.readAll({ from, limit: to - from })) {
      last = event;
      if (handles.has(event.type)) {
        events.push(event);
        octets += event.data.byteLength + event.metadata.byteLength;
      }
      const enough = events.length >= limits.views.batchEventsMax || octets >= limits.views.waitingOctetsMax;
      if (enough || event.index + 1 - first >= limits.views.progressEvents) await flush(event);
    }
  if (last !== undefined && first < last.index + 1) await flush(last);
  await applied;
  onProgress?.(to, to);
}
