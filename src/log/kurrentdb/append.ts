/**
 * Appends that can be repeated safely. Every try of an append goes out with the same ids and bytes at
 * the same explicit revision, which the server recognises when an earlier try was stored; `'any'` is
 * turned into the stream's last revision first, because for it the server only does its best. A conflict
 * is looked at before it is believed: if our ids stand where they should, the append has succeeded.
 *
 * Appends to one stream go out one after the other, so that a writer may chain expected revisions
 * without waiting; different streams go side by side, bounded, over several lanes with a client each.
 * The first append of a client goes alone, because many at once on a fresh client hang.
 */
import {
  AppendTooLarge,
  type ExpectedRevision,
  LogUnavailable,
  type NewEvent,
  type RecordedEvent,
  type Revision,
  WrongExpectedRevision,
} from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';
import type { Client } from './client.ts';
import { type ClientHolder, type ConnectionContext, holdClient, type Reader } from './connection.ts';
import { NeverSent, SilentServer, sortFailure } from './failure.ts';
import type { PositionIndex } from './position-index.ts';
import type { RecentEvents } from './recent-events.ts';
import { backOffMs, createSlots, late, pause, type Slots, within } from './waiting.ts';

export interface Appender {
  /** Resolves with the revision of the first event when all are durable. */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Revision>;
  close(): Promise<void>;
}

export interface AppendContext extends ConnectionContext {
  readonly reader: Reader;
  readonly recent: RecentEvents;
  readonly index: PositionIndex;
}

interface Request {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
  /** The waiting for its turn counts too. */
  readonly giveUpAt: number;
}

/** A client and the appends that go over it. */
interface Lane {
  readonly holder: ClientHolder;
  readonly slots: Slots;
  readonly warm: WeakSet<Client>;
  readonly warming: WeakMap<Client, Promise<unknown>>;
  /** Appends under way or waiting here. */
  load: number;
}

interface State {
  readonly context: AppendContext;
  readonly lanes: readonly Lane[];
  /** The newest append of each stream that has some under way; never rejects. */
  readonly lastOfStream: Map<string, Promise<unknown>>;
  waiting: number;
  waitingOctets: number;
}

export function createAppender(context: AppendContext): Appender {
  const { appendClients, appendsPerClientMax } = limits.kurrentdb;
  const newLane = (): Lane => ({
    holder: holdClient(context),
    // How many wait is bounded by `admit`.
    slots: createSlots(appendsPerClientMax, limits.log.waitingAppendsMax, tooMany),
    warm: new WeakSet(),
    warming: new WeakMap(),
    load: 0,
  });
  const state: State = {
    context,
    lanes: Array.from({ length: appendClients }, newLane),
    lastOfStream: new Map(),
    waiting: 0,
    waitingOctets: 0,
  };
  return {
    append: (stream, expected, events) => admit(state, stream, expected, events),
    async close() {
      await Promise.all(state.lanes.map((lane) => lane.holder.close()));
    },
  };
}

function tooMany(): LogUnavailable {
  return new LogUnavailable('too many appends wait for the event store', { outcomeUnknown: false });
}

async function admit(
  state: State,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<Revision> {
  const octets = events.reduce((sum, event) => sum + event.data.length + event.metadata.length, 0);
  const { waitingAppendsMax, waitingOctetsMax } = limits.log;
  if (state.waiting >= waitingAppendsMax || state.waitingOctets + octets > waitingOctetsMax) throw tooMany();
  state.waiting += 1;
  state.waitingOctets += octets;
  const giveUpAt = performance.now() + state.context.timings.appendMsMax;
  const request: Request = { stream, expected, events, giveUpAt };
  const before = state.lastOfStream.get(stream) ?? Promise.resolve();
  const appending = before.then(() => inLane(state, (lane) => appendSafely(state, lane, request)));
  const settled = appending.then(
    () => undefined,
    () => undefined,
  );
  state.lastOfStream.set(stream, settled);
  try {
    return await appending;
  } finally {
    state.waiting -= 1;
    state.waitingOctets -= octets;
    if (state.lastOfStream.get(stream) === settled) state.lastOfStream.delete(stream);
  }
}

async function inLane<Value>(state: State, work: (lane: Lane) => Promise<Value>): Promise<Value> {
  const lane = state.lanes.reduce((least, each) => (each.load < least.load ? each : least));
  lane.load += 1;
  try {
    return await lane.slots.run(() => work(lane));
  } finally {
    lane.load -= 1;
  }
}

async function appendSafely(state: State, lane: Lane, request: Request): Promise<Revision> {
  const { stream, expected, events } = request;
  if (expected !== 'any') return appendAt(state, lane, request, expected);
  const { recent, reader } = state.context;
  const stands = recent.byId(events[0]?.id ?? '');
  if (stands?.stream === stream && standHere(recent, stands, events)) return stands.revision;
  for (let tries = 1; ; tries++) {
    // What arrived here is most often all there is; a conflict shows when it is not.
    const guess = tries === 1 ? recent.headOf(stream) : undefined;
    const newest = guess ?? (await reader.stream(stream, 'end', 'backwards', 1))[0];
    // Sent before, and the newest since: an older repeat is known by its id as long as that is recent.
    if (newest !== undefined && newest.id === events.at(-1)?.id) return newest.revision + 1 - events.length;
    try {
      return await appendAt(state, lane, request, newest?.revision ?? 'none');
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      if (tries === limits.kurrentdb.anyTriesMax) {
        throw new LogUnavailable(`${stream} is written too often by others`, {
          outcomeUnknown: false,
          cause: error,
        });
      }
    }
  }
}

async function appendAt(
  state: State,
  lane: Lane,
  request: Request,
  expected: Revision | 'none',
): Promise<Revision> {
  const { timings, closing } = state.context;
  const { stream, giveUpAt } = request;
  const first = expected === 'none' ? 0 : expected + 1;
  // True as soon as any try may have been stored.
  let outcomeUnknown = false;
  for (let failures = 0; ; failures++) {
    if (closing.aborted) throw new LogUnavailable('the event log is closed', { outcomeUnknown });
    try {
      await tryWarm(state, lane, request, expected);
      return first;
    } catch (error) {
      const failure = sortFailure(error);
      switch (failure.kind) {
        case 'conflict':
          if (await standsAt(state, request, first)) return first;
          // Whatever became of earlier tries: at this revision ours can no longer be stored.
          throw new WrongExpectedRevision(stream, expected, failure.actual);
        case 'too-large':
          throw new AppendTooLarge(`an append to ${stream} is over the event store's limit`, {
            cause: error,
          });
        case 'no-stream':
        case 'refused':
          throw refused(`the event store refuses an append to ${stream}`, outcomeUnknown, error);
        case 'passing':
          outcomeUnknown ||= failure.sent;
          if (performance.now() > giveUpAt) {
            throw refused(`the event store does not answer an append to ${stream}`, outcomeUnknown, error);
          }
          await pause(backOffMs(failures, timings.backOffMsMin, timings.backOffMsMax), closing);
          break;
        default:
          failure satisfies never;
      }
    }
  }
}

function refused(message: string, outcomeUnknown: boolean, cause: unknown): LogUnavailable {
  return new LogUnavailable(message, { outcomeUnknown, cause });
}

/** One try on the lane's client, which carries one append alone until it has answered one. */
async function tryWarm(
  { context }: State,
  lane: Lane,
  request: Request,
  expected: Revision | 'none',
): Promise<void> {
  const { appendTryMsMax } = context.timings;
  for (;;) {
    if (performance.now() > request.giveUpAt) throw new NeverSent('no time is left for the append');
    const client = lane.holder.current();
    if (lane.warm.has(client)) return tryOnce(lane, client, request, expected, appendTryMsMax);
    const warming = lane.warming.get(client);
    if (warming === undefined) {
      return warmUp(lane, client, tryOnce(lane, client, request, expected, appendTryMsMax));
    }
    await warming;
  }
}

async function warmUp(lane: Lane, client: Client, first: Promise<void>): Promise<void> {
  const settled = Promise.withResolvers<void>();
  lane.warming.set(client, settled.promise);
  try {
    await first;
    lane.warm.add(client);
  } catch (error) {
    const failure = sortFailure(error);
    if (failure.kind !== 'passing' || failure.answered) lane.warm.add(client);
    throw error;
  } finally {
    lane.warming.delete(client);
    settled.resolve();
  }
}

async function tryOnce(
  lane: Lane,
  client: Client,
  { stream, events }: Request,
  expected: Revision | 'none',
  tryMsMax: number,
): Promise<void> {
  const appending = client.append(stream, expected, events);
  try {
    if ((await within(tryMsMax, appending)) !== late) return;
    // Given up; the next try of the same events settles what became of this one.
    appending.catch(() => undefined);
    throw new SilentServer('the event store did not answer an append in time');
  } catch (error) {
    const failure = sortFailure(error);
    if (failure.kind === 'passing' && !failure.answered) lane.holder.replace(client, error);
    throw error;
  }
}

function standHere(recent: RecentEvents, first: RecordedEvent, events: readonly NewEvent[]): boolean {
  return events.every((event, at) => {
    const found = recent.byId(event.id);
    return found?.stream === first.stream && found.revision === first.revision + at;
  });
}

/** Whether our events are what stands at a revision where the server found a conflict. */
async function standsAt({ context }: State, { stream, events }: Request, first: Revision): Promise<boolean> {
  const { recent, index: positions, reader } = context;
  try {
    const index = (await positions.find(stream, first, first)).get(first);
    const [arrived] = index === undefined ? [] : (recent.from(index, 1) ?? []);
    if (arrived !== undefined && arrived.id !== events[0]?.id) return false;
    const found = await reader.stream(stream, first, 'forwards', events.length);
    return events.every((event, at) => found[at]?.id === event.id);
  } catch (error) {
    if (!(error instanceof LogUnavailable) && !(error instanceof SqliteFailure)) throw error;
    throw new LogUnavailable(error.message, { outcomeUnknown: true, cause: error });
  }
}
