/** Questions to the record: the log itself, and the life of a message. */
import { z } from 'zod';
import { CorruptEvent, type StoredEvent } from '../../events/codec.ts';
import type { RecordedEvent } from '../../events/event-log.ts';
import { isId } from '../../events/ids.ts';
import { ControlError, controlCodes } from '../control/control-error.ts';
import type { ControlHandlers } from '../control/server.ts';
import type { Engine } from '../engine/engine.ts';
import { limits } from '../limits.ts';
import { argumentsOf } from './arguments.ts';

const eventsArguments = z.object({
  stream: z.string().optional(),
  type: z.string().optional(),
  from: z.number().int().nonnegative().default(0),
  limit: z.number().int().positive().optional(),
  follow: z.boolean().default(false),
});
type EventsArguments = z.infer<typeof eventsArguments>;

export function recordHandlers(engine: Engine): ControlHandlers {
  const { log } = engine.stores;

  async function opened(recorded: RecordedEvent): Promise<object> {
    try {
      return shown(await engine.codec.decode(recorded));
    } catch (error) {
      if (!(error instanceof CorruptEvent)) throw error;
      const { index, stream, revision, type } = recorded;
      return { index, at: null, stream, revision, type, by: null, data: { damaged: error.message } };
    }
  }

  const wanted = (recorded: RecordedEvent, { stream, type }: EventsArguments): boolean =>
    (stream === undefined || recorded.stream === stream || recorded.stream.startsWith(`${stream}-`)) &&
    (type === undefined || recorded.type === type);

  async function* events(asked: EventsArguments, signal: AbortSignal): AsyncGenerator<object> {
    let left = asked.limit ?? Number.POSITIVE_INFINITY;
    let next = asked.from;
    const whole = asked.stream?.includes('-') === true;
    const source =
      whole && asked.stream !== undefined ? log.readStream(asked.stream) : log.readAll({ from: asked.from });
    for await (const recorded of source) {
      if (signal.aborted || left <= 0) return;
      next = recorded.index + 1;
      if (recorded.index < asked.from || !wanted(recorded, asked)) continue;
      left--;
      yield await opened(recorded);
    }
    if (asked.follow) yield* live(Math.max(next, asked.from), left, asked, signal);
  }

  /** New events as they come, until the caller goes; bounded by what `follow` reads ahead. */
  async function* live(
    from: number,
    leftAtFirst: number,
    asked: EventsArguments,
    signal: AbortSignal,
  ): AsyncGenerator<object> {
    let left = leftAtFirst;
    let batch: readonly RecordedEvent[] = [];
    let arrived = Promise.withResolvers<void>();
    let taken = Promise.withResolvers<void>();
    const following = log.follow(from, async ({ events: news }) => {
      batch = news;
      taken = Promise.withResolvers<void>();
      arrived.resolve();
      await taken.promise;
    });
    const stop = (): void => arrived.resolve();
    signal.addEventListener('abort', stop);
    following.done.catch((error: unknown) => arrived.reject(error));
    try {
      while (!signal.aborted && left > 0) {
        await arrived.promise;
        arrived = Promise.withResolvers<void>();
        for (const recorded of batch) {
          if (signal.aborted || left <= 0) return;
          if (!wanted(recorded, asked)) continue;
          left--;
          yield await opened(recorded);
        }
        taken.resolve();
      }
    } finally {
      signal.removeEventListener('abort', stop);
      taken.resolve();
      await following.stop();
    }
  }

  async function* trace(about: string, limit: number): AsyncGenerator<object> {
    const timeoutMs = limits.admin.viewsWithinMs;
    await engine.views.whenCurrent({ projection: 'trace', timeoutMs }).catch((cause: unknown) => {
      throw new ControlError(controlCodes.unavailable, 'the trace view is still catching up; try again', {
        cause,
      });
    });
    const ids = await messageIds(about, limit);
    const index = await engine.directory.current();
    for (const messageId of ids) {
      const found = await engine.views.query('trace', 'message', messageId);
      if (found === undefined) continue;
      const accounts = new Set(
        found.entries.flatMap((entry) => (entry.accountId === null ? [] : [entry.accountId])),
      );
      for (const recipient of found.recipients) for (const each of recipient.accountIds) accounts.add(each);
      const addresses = Object.fromEntries([...accounts].map((id) => [id, index.addressOf(id) ?? null]));
      yield { ...found, addresses };
    }
  }

  /** Oldest first. */
  async function messageIds(about: string, limit: number): Promise<readonly string[]> {
    if (isId(about)) return [about];
    const byHeader = await engine.views.query('trace', 'byMessageIdHeader', about, limit);
    const found =
      byHeader.length > 0 ? byHeader : await engine.views.query('trace', 'byAddress', about, limit);
    return found.map((message) => message.messageId).reverse();
  }

  return {
    events: (args, { signal }) => events(argumentsOf(eventsArguments, args), signal),
    trace: (args) => {
      const schema = z.object({
        about: z.string().min(1),
        limit: z.number().int().positive().max(10_000).default(20),
      });
      const { about, limit } = argumentsOf(schema, args);
      return trace(about, limit);
    },
  };
}

/** An event as it is shown: opened, with its place. */
function shown(stored: StoredEvent): object {
  const { index, at, stream, revision, id, by, correlationId, causationId, event } = stored;
  return {
    index,
    at,
    stream,
    revision,
    id,
    type: event.type,
    by,
    correlationId,
    causationId,
    data: event.data,
  };
}
