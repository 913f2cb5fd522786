/**
 * Verify: every index and every revision is there, every event is the one that was written and opens (or is erased),
 * every content that the log commits to has its length, its sealed length and its chunk root. Goes on after the first
 * fault, so that the extent is known; the faults told are bounded.
 */

import { CorruptEvent } from '../../events/codec.ts';
import { isErased } from '../../events/event-definition.ts';
import type { RecordedEvent } from '../../events/event-log.ts';
import type { ContentCommitment } from '../../events/fields.ts';
import { messageScope } from '../../events/scope-keys.ts';
import { ContentErased } from '../content/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { limits } from '../limits.ts';

interface Fault {
  readonly index: number;
  readonly stream: string;
  readonly revision: number;
  readonly reason: string;
}

export async function* verifyLog(engine: Engine, signal: AbortSignal): AsyncGenerator<object> {
  const { log } = engine.stores;
  const revisions = new Map<string, number>();
  const counts = { events: 0, contents: 0, erased: 0, faults: 0 };
  const total = await log.head();
  let next = 0;
  for await (const recorded of log.readAll()) {
    signal.throwIfAborted();
    const faults = [
      ...placeFaults(recorded, next, revisions),
      ...(await eventFaults(engine, recorded, counts)),
    ];
    next = recorded.index + 1;
    revisions.set(recorded.stream, recorded.revision);
    counts.events++;
    for (const reason of faults) {
      counts.faults++;
      const fault: Fault = {
        index: recorded.index,
        stream: recorded.stream,
        revision: recorded.revision,
        reason,
      };
      if (counts.faults <= limits.admin.faultsToldMax) yield { kind: 'fault', ...fault };
    }
    if (counts.events % limits.admin.progressEvents === 0)
      yield { kind: 'progress', done: counts.events, total };
  }
  if (next < total) {
    counts.faults++;
    yield {
      kind: 'fault',
      index: next,
      stream: '',
      revision: -1,
      reason: `the log ends at ${next}, its head says ${total}`,
    };
  }
  yield { kind: 'result', ...counts };
}

function placeFaults(
  recorded: RecordedEvent,
  next: number,
  revisions: ReadonlyMap<string, number>,
): string[] {
  const faults: string[] = [];
  if (recorded.index !== next) faults.push(`index ${next} is missing`);
  const expected = (revisions.get(recorded.stream) ?? -1) + 1;
  if (recorded.revision !== expected) faults.push(`revision ${expected} of the stream is missing`);
  return faults;
}

async function eventFaults(
  engine: Engine,
  recorded: RecordedEvent,
  counts: { contents: number; erased: number },
): Promise<string[]> {
  let contents: readonly ContentCommitment[] = [];
  try {
    const { event } = await engine.codec.decode(recorded);
    if (event.type === 'MessageAccepted') {
      contents = [event.data.content];
      if (isErased(event.data.envelope)) counts.erased++;
    }
    if (event.type === 'MessagesAppended') contents = event.data.messages.map((message) => message.content);
  } catch (error) {
    if (error instanceof CorruptEvent) return [error.message];
    throw error;
  }
  const faults: string[] = [];
  for (const content of contents) {
    if ((await engine.keys.get(messageScope(content.messageId))) === 'destroyed') continue;
    counts.contents++;
    try {
      await engine.contents.verifyBlob(content);
    } catch (error) {
      if (error instanceof ContentErased) continue;
      if (!(error instanceof Error) || error.name !== 'ContentDamaged') throw error;
      faults.push(error.message);
    }
  }
  return faults;
}
