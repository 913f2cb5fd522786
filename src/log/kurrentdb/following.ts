/**
 * Followers: catch-up from any index, then live. At the live edge they share the newest events that the
 * tail keeps; a follower that falls behind them reads pages of `$all` until it has caught up again. The
 * handler is awaited before the next batch, so what waits is one page at most.
 */
import type {
  Following,
  FollowOptions,
  LogBatch,
  LogIndex,
  RecordedEvent,
} from '../../../events/event-log.ts';
import { asUnavailable, type ReadContext, readAllPages } from './reading.ts';

const batchSizeDefault = 512;

export type Handle = (batch: LogBatch) => Promise<void> | void;

/** `closing`: ends every follower without an error. */
export function follow(
  context: ReadContext,
  closing: AbortSignal,
  from: LogIndex,
  handle: Handle,
  options: FollowOptions = {},
): Following {
  const stopped = new AbortController();
  const stop = Promise.withResolvers<void>();
  stopped.signal.addEventListener('abort', () => stop.resolve());
  const ended = (): boolean => stopped.signal.aborted || closing.aborted;
  const batchSize = options.batchSize ?? batchSizeDefault;
  const { tail } = context;

  async function run(): Promise<void> {
    // A handler is never called before `follow` has returned.
    await Promise.resolve();
    let next = from;
    let toldAt: LogIndex | undefined;
    const give = async (events: readonly RecordedEvent[]): Promise<void> => {
      next = (events.at(-1)?.index ?? next - 1) + 1;
      const caughtUp = next >= tail.recent.next();
      if (caughtUp) toldAt = next;
      await handle({ events, caughtUp });
    };
    while (!ended()) {
      const events = tail.recent.from(next, batchSize);
      if (events === undefined) {
        await giveOlder(context, next, batchSize, give, ended);
      } else if (events.length > 0 || toldAt !== next) {
        await give(events);
      } else {
        await Promise.race([tail.nextArrival(), stop.promise]);
      }
    }
  }

  const done = run().catch((error: unknown) => {
    throw asUnavailable(error);
  });
  // Whoever holds `done` hears of a failure; a follower whose holder does not look must not end the process.
  done.catch(() => undefined);
  return {
    done,
    async stop() {
      stopped.abort();
      // Its failure, if there was one, is told by `done`.
      await done.catch(() => undefined);
    },
  };
}

/** Gives pages of `$all` until the follower is back among the newest events. */
async function giveOlder(
  context: ReadContext,
  from: LogIndex,
  batchSize: number,
  give: (events: readonly RecordedEvent[]) => Promise<void>,
  ended: () => boolean,
): Promise<void> {
  const { recent } = context.tail;
  for await (const page of readAllPages(context, from)) {
    for (let at = 0; at < page.length; at += batchSize) {
      if (ended()) return;
      await give(page.slice(at, at + batchSize));
    }
    const next = (page.at(-1)?.index ?? from) + 1;
    if (recent.from(next, 1) !== undefined) return;
  }
}
