/**
 * Takes accepted messages: content and key first, then `MessageAccepted` and the session's own events, each durable
 * before the next names it. Says no before any data when there is no room or the log is late.
 */
import { statfs } from 'node:fs/promises';
import { acceptMessage } from '../../actors/accept-message.ts';
import type { ActorRuntime } from '../../actors/ports.ts';
import type { MessageAccepted } from '../../events/message.ts';
import type { ContentStore } from '../content/content-store.ts';
import { limits } from '../limits.ts';
import { answering } from './mailbox-service.ts';
import type { RecordedSession } from './session-records.ts';

export type Room = 'ok' | 'no-room' | 'log-late';

/** All of `MessageAccepted` but what the intake adds: the content and where it stands. */
export type ReceivedEnvelope = Omit<
  MessageAccepted['data'],
  'sessionId' | 'content' | 'size' | 'segments' | 'inline'
> & {
  readonly traceHeader: string;
  /** Ranges of the content that its readers do not see, rising. */
  readonly hidden: readonly { readonly offset: number; readonly length: number }[];
};

export interface IncomingMessage {
  readonly messageId: string;
  write(chunk: Uint8Array): Promise<void>;
  finish(envelope: ReceivedEnvelope): Promise<void>;
  abort(): Promise<void>;
}

export interface MessageIntake {
  room(size: number | undefined): Promise<Room>;
  receive(session: RecordedSession): IncomingMessage;
}

export function createMessageIntake(
  runtime: ActorRuntime,
  contents: ContentStore,
  options: { readonly dataDirectory: string; readonly reserveOctets: number },
): MessageIntake {
  const lateness = createLateness();
  let space = { at: 0, free: Number.POSITIVE_INFINITY };

  async function freeOctets(): Promise<number> {
    const now = Date.now();
    if (now - space.at > limits.intake.spaceCheckedEveryMs) {
      space = { at: now, free: space.free };
      const { bavail, bsize } = await statfs(options.dataDirectory);
      space = { at: now, free: bavail * bsize };
    }
    return space.free;
  }

  return {
    async room(size) {
      if (lateness.isLate()) return 'log-late';
      return (await freeOctets()) < options.reserveOctets + (size ?? 0) ? 'no-room' : 'ok';
    },
    receive(session) {
      const messageId = runtime.newId();
      const writer = contents.receive(messageId);
      return {
        messageId,
        write: (chunk) => answering(() => writer.write(chunk)),
        abort: () => writer.abort(),
        async finish({ traceHeader, hidden, ...envelope }) {
          const done = lateness.begin();
          try {
            await answering(async () => {
              const content = await writer.finish();
              const inline = Buffer.byteLength(traceHeader, 'latin1');
              const segments = [
                { kind: 'inline' as const, length: inline },
                ...visible(content.length, hidden),
              ];
              const size = segments.reduce((sum, each) => sum + each.length, 0);
              const data = {
                ...envelope,
                sessionId: session.sessionId,
                content,
                size,
                segments,
                inline: [traceHeader],
              };
              const by = `session:${session.sessionId}` as const;
              const context = { by, correlationId: messageId, causationId: session.sessionId };
              await Promise.all([acceptMessage(runtime, messageId, data, context), session.flush()]);
            });
            session.record.noteAccepted();
            done(true);
          } catch (error) {
            done(false);
            throw error;
          }
        },
      };
    },
  };
}

/** The ranges of a content that are left when the hidden ones are taken out. */
function visible(length: number, hidden: readonly { offset: number; length: number }[]) {
  const segments: { kind: 'blob'; offset: number; length: number }[] = [];
  let offset = 0;
  for (const each of hidden) {
    if (each.offset > offset) segments.push({ kind: 'blob', offset, length: each.offset - offset });
    offset = each.offset + each.length;
  }
  if (length > offset) segments.push({ kind: 'blob', offset, length: length - offset });
  return segments;
}

/** Knows when the log is late: something has waited for it too long, or it failed a moment ago. */
function createLateness() {
  const waiting = new Set<{ readonly since: number }>();
  let failedAt = Number.NEGATIVE_INFINITY;
  return {
    begin() {
      const entry = { since: Date.now() };
      waiting.add(entry);
      return (succeeded: boolean): void => {
        waiting.delete(entry);
        failedAt = succeeded ? Number.NEGATIVE_INFINITY : Date.now();
      };
    },
    isLate(): boolean {
      const oldest = waiting.values().next().value;
      const now = Date.now();
      return (
        (oldest !== undefined && now - oldest.since > limits.intake.lateMs) ||
        now - failedAt < limits.intake.afterFailureMs
      );
    },
  };
}
