/**
 * `follow` over the live edge: from memory where it reaches back far enough, else page by page from
 * disk, then live. One batch is with the handler at a time; nothing is read ahead of it.
 */
import type {
  EventLog,
  Following,
  FollowOptions,
  LogBatch,
  LogIndex,
  RecordedEvent,
} from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import type { LiveEdge } from './live-edge.ts';

/** Reads from disk, from an index up to but without another: at least one event. */
export type ReadFromDisk = (
  from: LogIndex,
  before: LogIndex,
  eventsMax: number,
) => Promise<readonly RecordedEvent[]>;

export interface Followers {
  readonly follow: EventLog['follow'];
  /** Stops all of them. Those started later end at once. */
  stopAll(): Promise<void>;
}

export function followers(edge: LiveEdge, readFromDisk: ReadFromDisk): Followers {
  const active = new Set<Following>();
  let stopped = false;
  return {
    follow(from, handle, options) {
      const following = startFollowing(edge, readFromDisk, from, handle, options ?? {}, () =>
        active.delete(following),
      );
      active.add(following);
      if (stopped) void following.stop();
      return following;
    },
    async stopAll() {
      stopped = true;
      await Promise.all([...active].map((following) => following.stop()));
    },
  };
}

function startFollowing(
  edge: LiveEdge,
  readFromDisk: ReadFromDisk,
  from: LogIndex,
  handle: (batch: LogBatch) => Promise<void> | void,
  options: FollowOptions,
  onEnd: () => void,
): Following {
  const eventsMax = Math.min(options.batchSize ?? limits.log.pageEventsMax, limits.log.pageEventsMax);
  let stopped = false;
  let wake: (() => void) | undefined;
  const forgetEdge = edge.onGrowth(() => wake?.());

  const growth = (position: LogIndex): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (stopped || position < edge.next()) resolve();
    });

  const run = async (): Promise<void> => {
    let position = from;
    let saidCaughtUp = false;
    while (!stopped) {
      const before = edge.next();
      if (position < before) {
        const events = edge.take(position, eventsMax) ?? (await readFromDisk(position, before, eventsMax));
        if (stopped) return;
        position = (events.at(-1)?.index ?? position - 1) + 1;
        saidCaughtUp = position >= edge.next();
        await handle({ events, caughtUp: saidCaughtUp });
      } else if (!saidCaughtUp) {
        saidCaughtUp = true;
        await handle({ events: [], caughtUp: true });
      } else {
        await growth(position);
      }
    }
  };

  // Not in the caller's turn: the caller must hold the `Following` before its handler is first called.
  // Nothing else is hung on `done`: a failure that nobody looks at must not pass as one that was handled.
  const done = Promise.resolve()
    .then(run)
    .finally(() => {
      forgetEdge();
      onEnd();
    });
  return {
    done,
    stop() {
      stopped = true;
      wake?.();
      // `done` is where a failure is reported.
      return done.catch(() => undefined);
    },
  };
}
