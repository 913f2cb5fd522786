/**
 * The tail of `$all`: counts the events of our streams, which gives each its dense index, keeps the
 * newest for followers, and tells those who wait for an event to arrive. One subscription per process
 * feeds it. Reads from where it stands feed it too, whenever the subscription is late or silently dead:
 * an event that comes by both ways is counted once, because positions only rise.
 *
 * The client's `caughtUp` is ignored: it can come with events unconsumed. Where the tail stands is where
 * it has counted to, never further. Fails with `LogUnavailable`.
 */
import {
  type LogIndex,
  LogUnavailable,
  type RecordedEvent,
  type Revision,
} from '../../../events/event-log.ts';
import { parseStream } from '../../../events/streams.ts';
import type { RawEvent } from './client.ts';
import type { ConnectionContext, Reader } from './connection.ts';
import { createPageSize } from './page-size.ts';
import { comparePositions, type Position } from './position.ts';
import type { PositionIndex } from './position-index.ts';
import { createRecentEvents, type RecentEvents } from './recent-events.ts';
import { late, pause, within } from './waiting.ts';

export interface TailContext extends ConnectionContext {
  readonly reader: Reader;
  readonly index: PositionIndex;
}

export interface Tail {
  readonly recent: RecentEvents;
  /** Takes one event of `$all`; events at or before the newest position are passed over. */
  accept(event: RawEvent): void;
  position(): Position | undefined;
  /** The index of a stored event, as soon as it has arrived. */
  indexOf(stream: string, revision: Revision): Promise<LogIndex>;
  /** Resolves when everything up to the position has been counted. */
  reach(position: Position): Promise<void>;
  /** Resolves at the next event of `$all` that arrives, ours or not, and when the log is closed. */
  nextArrival(): Promise<void>;
  /** Reads on to the end of `$all`. Resolves with how many events that brought. */
  readOn(): Promise<number>;
  /** Reads on after what the subscription should have brought and did not; tells `whenMissed`. */
  fetchMissed(): Promise<void>;
  /** Who is told when reading brought what the subscription had not. One listener; undefined ends it. */
  whenMissed(listener: (() => void) | undefined): void;
}

interface State {
  readonly context: TailContext;
  readonly recent: RecentEvents;
  readonly awaited: Map<string, PromiseWithResolvers<LogIndex>>;
  position: Position | undefined;
  arrival: PromiseWithResolvers<void> | undefined;
  reading: Promise<number> | undefined;
  missed: (() => void) | undefined;
}

const keyOf = (stream: string, revision: Revision): string => `${revision}@${stream}`;

/** Starts where the position index ends. */
export function createTail(context: TailContext): Tail {
  const { newest } = context.index;
  const state: State = {
    context,
    recent: createRecentEvents(newest === undefined ? 0 : newest.index + 1),
    awaited: new Map(),
    position: newest?.position,
    arrival: undefined,
    reading: undefined,
    missed: undefined,
  };
  context.closing.addEventListener('abort', () => arrived(state));
  return {
    recent: state.recent,
    accept: (event) => accept(state, event),
    position: () => state.position,
    indexOf: (stream, revision) => indexOf(state, stream, revision),
    reach: (position) => reach(state, position),
    nextArrival: () => nextArrival(state),
    readOn: () => readOn(state),
    fetchMissed: () => fetchMissed(state),
    whenMissed: (listener) => {
      state.missed = listener;
    },
  };
}

function accept(state: State, raw: RawEvent): void {
  const { index: positions } = state.context;
  const { position, ...event } = raw;
  if (position === undefined) throw new Error('the server sent an event of $all without its position');
  if (state.position !== undefined && comparePositions(position, state.position) <= 0) return;
  state.position = position;
  if (parseStream(event.stream) !== undefined) {
    const recorded: RecordedEvent = { ...event, index: state.recent.next() };
    state.recent.push(recorded);
    positions.add({ ...recorded, position });
    const key = keyOf(event.stream, event.revision);
    state.awaited.get(key)?.resolve(recorded.index);
    state.awaited.delete(key);
  }
  arrived(state);
}

function arrived(state: State): void {
  state.arrival?.resolve();
  state.arrival = undefined;
}

function nextArrival(state: State): Promise<void> {
  if (state.context.closing.aborted) return Promise.resolve();
  state.arrival ??= Promise.withResolvers<void>();
  return state.arrival.promise;
}

function unavailable(message: string): LogUnavailable {
  return new LogUnavailable(message, { outcomeUnknown: false });
}

async function indexOf(state: State, stream: string, revision: Revision): Promise<LogIndex> {
  const { index: positions, timings, closing } = state.context;
  const giveUpAt = performance.now() + timings.readMsMax;
  for (;;) {
    const waiting = positions.waitingPlace(stream, revision);
    if (waiting !== undefined) return waiting;
    if (closing.aborted) throw unavailable('the event log is closed');
    const key = keyOf(stream, revision);
    const arrival = state.awaited.get(key) ?? Promise.withResolvers<LogIndex>();
    state.awaited.set(key, arrival);
    const counted = positions.find(stream, revision, revision).then((places) => places.get(revision));
    const found = await Promise.race([arrival.promise, counted]);
    if (found !== undefined) {
      // Nobody else needs to wait either: whoever shares this entry gets the same answer.
      arrival.resolve(found);
      if (state.awaited.get(key) === arrival) state.awaited.delete(key);
      return found;
    }
    if (performance.now() > giveUpAt) throw unavailable(`an event of ${stream} does not arrive`);
    const came = await within(timings.arrivalMsMax, arrival.promise);
    if (came !== late) return came;
    await fetchMissed(state);
  }
}

async function reach(state: State, position: Position): Promise<void> {
  const { timings, closing } = state.context;
  const giveUpAt = performance.now() + timings.readMsMax;
  while (state.position === undefined || comparePositions(state.position, position) < 0) {
    if (closing.aborted) throw unavailable('the event log is closed');
    if (performance.now() > giveUpAt) throw unavailable('the newest events do not arrive');
    if ((await within(timings.arrivalMsMax, nextArrival(state))) === late) await fetchMissed(state);
  }
}

function readOn(state: State): Promise<number> {
  state.reading ??= readToEnd(state).finally(() => {
    state.reading = undefined;
  });
  return state.reading;
}

async function fetchMissed(state: State): Promise<void> {
  if ((await readOn(state)) > 0) state.missed?.();
}

async function readToEnd(state: State): Promise<number> {
  const { reader, index: positions, closing } = state.context;
  const size = createPageSize();
  let brought = 0;
  while (!closing.aborted) {
    const room = positions.hasRoom();
    if (room !== true) await Promise.race([room, closed(closing)]);
    const before = state.position;
    const asked = size.events;
    const page = await reader.all(before ?? 'start', 'forwards', asked);
    for (const event of page) {
      const stood = state.position;
      accept(state, event);
      if (state.position !== stood) brought += 1;
    }
    size.learn(page);
    // A page from a position begins with what stands there already.
    if (page.length < asked) return brought;
    await pause(0, closing);
  }
  return brought;
}

function closed(closing: AbortSignal): Promise<void> {
  if (closing.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    closing.addEventListener('abort', () => resolve(), { once: true });
  });
}
