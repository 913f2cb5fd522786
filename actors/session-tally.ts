/** Counts what is not worth an event each: connections that say nothing, logins that read and change nothing. */
import type { SessionEvent } from '../events/session.ts';
import { sessionStream } from '../events/streams.ts';
import { actorLimits } from './actor-limits.ts';
import { createAppender } from './appender.ts';
import type { ActorRuntime } from './ports.ts';

export interface SessionTally {
  silentConnection(listener: string): void;
  idleLogin(readerId: string, address: string): void;
  stop(): Promise<void>;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const addressesMax = 32;

export function createSessionTally(runtime: ActorRuntime): SessionTally {
  /** A stream of its own for each run of the server. */
  let stream = sessionStream(runtime.newId());
  let revision = -1;
  let silent = new Map<string, number>();
  let logins = new Map<string, { count: number; addresses: Set<string> }>();
  let minute = Math.floor(runtime.now() / minuteMs);
  let hour = Math.floor(runtime.now() / hourMs);
  let writing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => roll(false), minuteMs / 4);
  timer.unref();

  function roll(everything: boolean): void {
    const now = runtime.now();
    const events: SessionEvent[] = [];
    if (everything || Math.floor(now / minuteMs) > minute) {
      for (const [listener, connections] of silent) {
        events.push({
          type: 'SilentConnectionsCounted',
          data: { listener, minute: minute * minuteMs, connections },
        });
      }
      silent = new Map();
      minute = Math.floor(now / minuteMs);
    }
    if (everything || Math.floor(now / hourMs) > hour || logins.size >= actorLimits.tallyAccountsMax) {
      for (const [readerId, { count, addresses }] of logins) {
        const from = { addresses: [...addresses] };
        events.push({
          type: 'IdleLoginsCounted',
          data: { readerId, hour: hour * hourMs, logins: count, from },
        });
      }
      logins = new Map();
      hour = Math.floor(now / hourMs);
    }
    for (let n = 0; n < events.length; n += 200) write(events.slice(n, n + 200));
  }

  function write(events: readonly SessionEvent[]): void {
    writing = writing.then(async () => {
      const decided = { events, at: runtime.now(), reply: undefined, revision: revision + events.length };
      const context = { by: 'system', correlationId: stream, causationId: stream } as const;
      const settle = () => undefined;
      const entry = { command: undefined, context, attempts: 0, decided, resolve: settle, reject: settle };
      try {
        await createAppender<undefined, undefined>(stream, runtime).append([entry]);
        revision += events.length;
      } catch (error) {
        runtime.logger.error({ err: error }, 'counted sessions could not be recorded');
        // Whether these are on the log is unknown, and with it the revision: the next go to another stream.
        stream = sessionStream(runtime.newId());
        revision = -1;
      }
    });
  }

  return {
    silentConnection(listener) {
      roll(false);
      silent.set(listener, (silent.get(listener) ?? 0) + 1);
    },
    idleLogin(readerId, address) {
      roll(false);
      const known = logins.get(readerId) ?? { count: 0, addresses: new Set<string>() };
      known.count++;
      if (known.addresses.size < addressesMax) known.addresses.add(address);
      logins.set(readerId, known);
    },
    async stop() {
      clearInterval(timer);
      roll(true);
      await writing;
    },
  };
}
