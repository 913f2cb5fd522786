/**
 * Verify: every index and every revision is there, every event is the one that was written and opens (or is erased),
 * every content that the log commits to has its length, its sealed length and its chunk root. Goes on after the first
 * fault, so that the extent is known; the faults told are bounded.
 */
import { type Codec, CorruptEvent, createCodec, type StoredEvent } from '../../events/codec.ts';
import { isErased } from '../../events/event-definition.ts';
import type { EventLog, RecordedEvent } from '../../events/event-log.ts';
import type { ContentCommitment } from '../../events/fields.ts';
import { boundedMap } from '../../projections/bounded-map.ts';
import { ContentDamaged, ContentErased } from '../content/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { limits } from '../limits.ts';

interface Counts {
  events: number;
  contents: number;
  erasedEvents: number;
  erasedContents: number;
  faults: number;
}

export async function* verifyLog(engine: Engine, signal: AbortSignal): AsyncGenerator<object> {
  const { log } = engine.stores;
  // A codec of its own: nothing of what it opens can come from memory of what was written.
  const codec = createCodec(engine.keys);
  const revisionFault = createRevisionCheck(log);
  const counts: Counts = { events: 0, contents: 0, erasedEvents: 0, erasedContents: 0, faults: 0 };
  const total = await log.head();
  let next = 0;
  for await (const recorded of log.readAll({ limit: total })) {
    signal.throwIfAborted();
    const { index, stream, revision, type } = recorded;
    const faults = [
      ...(index === next ? [] : [`index ${next} is missing before it`]),
      ...(await revisionFault(recorded)),
      ...(await eventFaults(engine, codec, recorded, counts)),
    ];
    next = index + 1;
    counts.events++;
    for (const reason of faults) {
      counts.faults++;
      if (counts.faults <= limits.admin.faultsToldMax)
        yield { kind: 'fault', index, stream, revision, type, reason };
    }
    if (counts.events % limits.admin.progressEvents === 0)
      yield { kind: 'progress', done: counts.events, total };
  }
  if (next < total) {
    counts.faults++;
    yield { kind: 'fault', index: next, reason: `the log ends here, but its head says ${total}` };
  }
  yield { kind: 'result', ...counts };
}

/** Whether the revision before this one stands before it. Of the streams that were not seen for long the log is asked
 * again, so that memory stays bounded. */
function createRevisionCheck(log: Pick<EventLog, 'readStream'>) {
  const last = boundedMap<string, number>(limits.admin.streamsKnownMax);

  async function lastBefore({ stream, revision, index }: RecordedEvent): Promise<number> {
    if (revision === 0) return -1;
    for await (const before of log.readStream(stream, { from: revision - 1, limit: 1 }))
      if (before.revision === revision - 1 && before.index < index) return before.revision;
    return -1;
  }

  return async (recorded: RecordedEvent): Promise<readonly string[]> => {
    const { stream, revision } = recorded;
    const before = last.get(stream) ?? (await lastBefore(recorded));
    last.set(stream, revision);
    return revision === before + 1 ? [] : [`revision ${before + 1} of its stream is missing before it`];
  };
}

async function eventFaults(
  engine: Engine,
  codec: Codec,
  recorded: RecordedEvent,
  counts: Counts,
): Promise<readonly string[]> {
  let stored: StoredEvent;
  try {
    stored = await codec.decode(recorded);
  } catch (error) {
    if (error instanceof CorruptEvent) return [error.message];
    throw error;
  }
  if (hasErased(stored.event.data)) counts.erasedEvents++;
  const faults: string[] = [];
  for (const content of contentsOf(stored)) {
    try {
      await engine.contents.verifyBlob(content);
      counts.contents++;
    } catch (error) {
      if (error instanceof ContentErased) counts.erasedContents++;
      else if (error instanceof ContentDamaged) faults.push(error.message);
      else throw error;
    }
  }
  return faults;
}

/** The contents that an event is the first to commit to. */
function contentsOf({ event }: StoredEvent): readonly ContentCommitment[] {
  if (event.type === 'MessageAccepted') return [event.data.content];
  if (event.type === 'MessagesAppended') return event.data.messages.map(({ content }) => content);
  return [];
}

const hasErased = (value: unknown): boolean =>
  isErased(value) || (typeof value === 'object' && value !== null && Object.values(value).some(hasErased));
