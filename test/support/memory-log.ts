/** An event log in memory, for tests of what stands on it. Not durable; can be held and made to fail. */
import {
  type Appended,
  type EventLog,
  type ExpectedRevision,
  type LogBatch,
  LogUnavailable,
  type NewEvent,
  type RecordedEvent,
  WrongExpectedRevision,
} from '../../events/event-log.ts';
import { subscribeByFollowing } from '../../src/log/subscribe-by-following.ts';

export interface MemoryLog extends EventLog {
  readonly events: readonly RecordedEvent[];
  /** Appends made from now on wait until the returned function is called. */
  hold(): () => void;
  /** The next appends fail; `stored` first puts the events into the log (an unknown outcome). */
  failNext(times: number, how: 'refused' | 'stored'): void;
  readonly appends: readonly { readonly stream: string; readonly ids: readonly string[] }[];
}

export function createMemoryLog(): MemoryLog {
  const events: RecordedEvent[] = [];
  const heads = new Map<string, number>();
  const appends: { stream: string; ids: readonly string[] }[] = [];
  const listeners = new Set<() => void>();
  let held: Promise<void> | undefined;
  let failures: ('refused' | 'stored')[] = [];

  function store(stream: string, expected: ExpectedRevision, added: readonly NewEvent[]): Appended {
    const head = heads.get(stream) ?? -1;
    const wanted = expected === 'any' ? head : expected === 'none' ? -1 : expected;
    const there = events
      .filter((each) => each.stream === stream)
      .slice(wanted + 1, wanted + 1 + added.length);
    const repeated = there.length === added.length && there.every((each, n) => each.id === added[n]?.id);
    const first = there[0];
    const last = there.at(-1);
    if (repeated && first !== undefined && last !== undefined) {
      return {
        firstRevision: first.revision,
        lastRevision: last.revision,
        firstIndex: first.index,
        lastIndex: last.index,
      };
    }
    if (wanted !== head) throw new WrongExpectedRevision(stream, expected, head);
    const firstIndex = events.length;
    for (const [n, event] of added.entries()) {
      events.push({ ...event, stream, revision: head + 1 + n, index: events.length });
    }
    heads.set(stream, head + added.length);
    for (const each of listeners) each();
    return {
      firstRevision: head + 1,
      lastRevision: head + added.length,
      firstIndex,
      lastIndex: events.length - 1,
    };
  }

  const follow: EventLog['follow'] = (from, handle) => {
    let next = from;
    let stopped = false;
    let wake: (() => void) | undefined;
    const listener = () => wake?.();
    listeners.add(listener);
    const done = (async () => {
      for (;;) {
        if (stopped) return;
        const batch: LogBatch = { events: events.slice(next), caughtUp: true };
        next = events.length;
        await handle(batch);
        if (next === events.length && !stopped) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    })();
    return {
      done,
      async stop() {
        stopped = true;
        listeners.delete(listener);
        wake?.();
        await done.catch(() => undefined);
      },
    };
  };

  return {
    events,
    appends,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    failNext(times, how) {
      failures = [...failures, ...Array.from({ length: times }, () => how)];
    },
    async append(stream, expected, added) {
      appends.push({ stream, ids: added.map((each) => each.id) });
      await (held ?? Promise.resolve());
      const failure = failures.shift();
      if (failure === 'stored') store(stream, expected, added);
      if (failure !== undefined)
        throw new LogUnavailable('injected', { outcomeUnknown: failure === 'stored' });
      return store(stream, expected, added);
    },
    async *readStream(stream, options = {}) {
      const all = events.filter((each) => each.stream === stream);
      const backwards = options.direction === 'backwards';
      const from = options.from;
      const asked = backwards
        ? all.filter((each) => from === undefined || each.revision <= from).reverse()
        : all.filter((each) => each.revision >= (from ?? 0));
      yield* asked.slice(0, options.limit);
    },
    async *readAll(options = {}) {
      const from = options.from ?? 0;
      yield* events.slice(from, options.limit === undefined ? undefined : from + options.limit);
    },
    follow,
    subscribe: (from) => subscribeByFollowing(follow, from),
    head: async () => events.length,
    lastRevision: async (stream) => heads.get(stream) ?? -1,
    close: async () => undefined,
  };
}
