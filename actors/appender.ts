/** Seals decided events and appends them; sends the same octets again while the outcome is unknown. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DomainEvent } from '../events/domain-event.ts';
import { AppendTooLarge, appendSizeMax, LogUnavailable, type NewEvent } from '../events/event-log.ts';
import { actorLimits } from './actor-limits.ts';
import type { ActorRuntime, AskContext } from './ports.ts';

/** A command on its way from question to durable answer. */
export interface Entry<Command, Reply> {
  readonly command: Command;
  readonly context: AskContext;
  attempts: number;
  decided?:
    | {
        readonly events: readonly DomainEvent[];
        readonly at: number;
        readonly reply: Reply;
        readonly revision: number;
      }
    | undefined;
  readonly resolve: (answer: { reply: Reply; revision: number }) => void;
  readonly reject: (error: Error) => void;
}

export function createAppender<Command, Reply>(stream: string, runtime: ActorRuntime) {
  /** Appends the entries' events as one, in order. Resolves with how many entries are durable: fewer than
   * given when they do not fit into one append, never none. */
  async function append(entries: readonly Entry<Command, Reply>[]): Promise<number> {
    const events: NewEvent[] = [];
    let octets = 0;
    let done = 0;
    let expected: number | undefined;
    for (const entry of entries) {
      const { decided, context } = entry;
      if (decided === undefined) throw new TypeError('an entry was appended before it was decided');
      const sealed: NewEvent[] = [];
      for (const event of decided.events) {
        const meta = {
          correlationId: context.correlationId,
          causationId: context.causationId,
          at: decided.at,
          by: context.by,
        };
        sealed.push(await runtime.codec.encode(stream, runtime.newId(), event, meta));
      }
      const size = sealed.reduce((sum, each) => sum + each.data.length + each.metadata.length, 0);
      if (size > appendSizeMax) {
        if (done > 0) break;
        throw new AppendTooLarge(
          `one command's events are ${size} octets; the log takes ${appendSizeMax} in one append`,
        );
      }
      if (done > 0 && octets + size > appendSizeMax) break;
      expected ??= decided.revision - decided.events.length;
      events.push(...sealed);
      octets += size;
      done++;
    }
    if (events.length > 0)
      await appendUntilKnown(expected === undefined || expected < 0 ? 'none' : expected, events);
    return done;
  }

  async function appendUntilKnown(expected: number | 'none', events: readonly NewEvent[]): Promise<void> {
    const giveUpAt = Date.now() + actorLimits.appendRetryMs;
    for (let pauseMs = 20; ; pauseMs = Math.min(1000, pauseMs * 2)) {
      try {
        await runtime.log.append(stream, expected, events);
        return;
      } catch (error) {
        if (!(error instanceof LogUnavailable) || Date.now() + pauseMs > giveUpAt) throw error;
        runtime.logger.warn({ err: error, stream }, 'the log did not take an append; sending it again');
        await delay(pauseMs);
      }
    }
  }

  return { append };
}
