/** Views in memory, built from lists of events. */
import type { StoredEvent } from '../../events/codec.ts';
import { digestOf } from '../../projections/digest.ts';
import { ContentGone, type Projection, type Sources } from '../../projections/projection.ts';
import { openRunner, type ProjectionRunner } from '../../projections/runner.ts';
import { limits } from '../../src/limits.ts';
import { openSqliteView } from '../../src/views/sqlite/view-file.ts';

export const projectionOptions = {
  mailboxesMax: 2,
  mime: limits.mime,
  factsAheadMax: 10,
  eventsAheadMax: 10,
} as const;

/** The inline pieces, then a small text for each range of a blob; nothing for messages in `gone`. */
export const textSources = (gone: ReadonlySet<string> = new Set()): Sources => ({
  async *readContent({ messageId, segments, inline }) {
    if (gone.has(messageId)) throw new ContentGone(messageId);
    yield* inline;
    for (const segment of segments)
      if (segment.kind === 'blob') yield Buffer.from(`Subject: ${messageId}\r\n\r\nHello\r\n`);
  },
});

export const memoryRunner = (projection: unknown, sources: Sources = textSources()): ProjectionRunner =>
  openRunner(
    projection as Projection,
    { open: () => openSqliteView({ path: ':memory:' }), remove: () => undefined },
    sources,
  );

/** Applies the events that the view has not seen, in batches of at most `size`. */
export async function applyAll(
  runner: ProjectionRunner,
  events: readonly StoredEvent[],
  size = Number.POSITIVE_INFINITY,
): Promise<void> {
  const batchSize = Math.max(1, Math.min(size, events.length));
  for (let at = 0; at < events.length; at += batchSize) {
    const part = events.slice(at, at + batchSize);
    const first = part[0];
    const last = part.at(-1);
    if (first === undefined || last === undefined) return;
    await runner.apply({ first: first.index, next: last.index + 1, lastId: last.id, events: part });
  }
}

export async function built(
  projection: unknown,
  events: readonly StoredEvent[],
  sources?: Sources,
): Promise<ProjectionRunner> {
  const runner = memoryRunner(projection, sources);
  await applyAll(runner, events);
  return runner;
}

export const digest = (runner: ProjectionRunner): string =>
  digestOf(runner.database, runner.projection.digest);
