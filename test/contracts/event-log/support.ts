/** Small helpers of the event log's contract suite. */
import assert from 'node:assert/strict';
import {
  type Appended,
  type EventLog,
  type ExpectedRevision,
  type LogBatch,
  LogUnavailable,
  type NewEvent,
  type RecordedEvent,
  WrongExpectedRevision,
} from '../../../events/event-log.ts';
import { newId } from '../../../events/ids.ts';

export const newStream = (category = 'message'): string => `${category}-${newId()}`;

export const newEvent = (text = 'data', type = 'Noted'): NewEvent => ({
  id: newId(),
  type,
  data: Buffer.from(text),
  metadata: Buffer.from('{}'),
});

export const newEvents = (count: number, text = 'data'): NewEvent[] =>
  Array.from({ length: count }, (_, at) => newEvent(`${text} ${at}`));

/** An event whose data and metadata together have this many octets. */
export const eventOfSize = (octets: number): NewEvent => ({
  id: newId(),
  type: 'Noted',
  data: Buffer.alloc(octets - 2, 'x'),
  metadata: Buffer.from('{}'),
});

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const idsOf = (events: readonly NewEvent[]): string[] => events.map((event) => event.id);

/** The events as they must come back: same bytes, and where they stand. */
export function assertRecorded(
  found: readonly RecordedEvent[],
  stream: string,
  written: readonly NewEvent[],
  first: { readonly revision: number; readonly index: number },
): void {
  const plain = (event: NewEvent): unknown => ({
    id: event.id,
    type: event.type,
    data: Buffer.from(event.data).toString('base64'),
    metadata: Buffer.from(event.metadata).toString('base64'),
  });
  assert.deepEqual(found.map(plain), written.map(plain));
  for (const [at, event] of found.entries()) {
    assert.equal(event.stream, stream);
    assert.equal(event.revision, first.revision + at);
    assert.equal(event.index, first.index + at);
  }
}

export const isConflict =
  (expected: ExpectedRevision, actual: number) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof WrongExpectedRevision, String(error));
    assert.deepEqual([error.expected, error.actual], [expected, actual]);
    return true;
  };

/** What a careful writer does: an append that the store could not answer is sent again as it was. */
export async function appendUntilSettled(
  log: EventLog,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<Appended> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await log.append(stream, expected, events);
    } catch (error) {
      if (!(error instanceof LogUnavailable) || attempt === 100) throw error;
      await pause(20);
    }
  }
}

/** Follows from an index until `count` events came, and checks on the way that none is missing or twice. */
export async function followUntil(log: EventLog, from: number, count: number): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  const enough = Promise.withResolvers<void>();
  const following = log.follow(from, (batch: LogBatch) => {
    for (const event of batch.events) {
      assert.equal(event.index, from + seen.length);
      seen.push(event);
    }
    if (seen.length >= count) enough.resolve();
  });
  await Promise.race([enough.promise, following.done]);
  await following.stop();
  assert.equal(seen.length, count);
  return seen;
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
