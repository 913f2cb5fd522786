/** Questions to the record: the log itself, opened, and the life of a message. Password hashes are never shown. */
import { z } from 'zod';
import { CorruptEvent, type StoredEvent } from '../../events/codec.ts';
import { definitions } from '../../events/domain-event.ts';
import type { RecordedEvent } from '../../events/event-log.ts';
import { categories, mailboxStream, parseStream } from '../../events/streams.ts';
import { nearest } from '../config/suggest.ts';
import { ControlError } from '../control/control-error.ts';
import type { ControlHandlers } from '../control/server.ts';
import type { Engine } from '../engine/engine.ts';
import { address, argumentsOf, badArgument } from './arguments.ts';
import { traceMessages } from './trace-handler.ts';

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

  /** A stream, a category of streams, or `mailbox-` and the address of an account. */
  async function streamOf(named: string): Promise<string> {
    if (categories.some((each) => each === named)) return named;
    const stream = parseStream(named);
    if (stream === undefined)
      throw new ControlError(
        badArgument,
        `there is no kind of stream ${named}; there are ${categories.join(', ')}`,
      );
    if (stream.category !== 'mailbox' || !stream.id.includes('@')) return named;
    const { localPart, domain } = argumentsOf(address, stream.id);
    const account = (await engine.directory.current()).accountByAddress(localPart, domain);
    if (account === undefined) throw new ControlError('no-such-account', `there is no account ${stream.id}`);
    return mailboxStream(account.accountId);
  }

  const wanted = (recorded: RecordedEvent, { stream, type }: EventsArguments): boolean =>
    (stream === undefined ||
      recorded.stream === stream ||
      parseStream(recorded.stream)?.category === stream) &&
    (type === undefined || recorded.type === type);

  async function* events(given: EventsArguments, signal: AbortSignal): AsyncGenerator<object> {
    requireKnownType(given.type);
    const asked = given.stream === undefined ? given : { ...given, stream: await streamOf(given.stream) };
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
    let failure: { readonly error: unknown } | undefined;
    following.done.catch((error: unknown) => {
      failure = { error };
      arrived.resolve();
    });
    try {
      while (!signal.aborted && left > 0) {
        await arrived.promise;
        if (failure !== undefined) throw failure.error;
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

  return {
    events: (args, { signal }) => events(argumentsOf(eventsArguments, args), signal),
    trace: (args) => {
      const schema = z.object({
        about: z.string().min(1),
        limit: z.number().int().positive().max(10_000).default(20),
      });
      const { about, limit } = argumentsOf(schema, args);
      return traceMessages(engine, about, limit);
    },
  };
}

function requireKnownType(type: string | undefined): void {
  if (type === undefined || definitions.has(type)) return;
  const meant = nearest(type, [...definitions.keys()]);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new ControlError(badArgument, `there is no event type ${type}${hint}`);
}

/** An event as it is shown: opened, with its place. */
function shown(stored: StoredEvent): object {
  const { index, at, stream, revision, id, by, correlationId, causationId, event } = stored;
  const { type } = event;
  const data = type === 'PasswordChanged' ? { ...event.data, credential: '(not shown)' } : event.data;
  return { index, at, stream, revision, id, type, by, correlationId, causationId, data };
}
