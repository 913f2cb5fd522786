/**
 * Session actors, one for each connection, and the record they keep. A session is written to the log with the
 * first thing it does that is worth an event; a connection that never does is counted by the minute, a login that
 * read and changed nothing by the hour and account.
 */
import type { SessionEvent } from '../events/session.ts';
import { actorLimits } from './actor-limits.ts';
import { createEventSourcedActors, type EventSourcedActors } from './event-sourced-actor.ts';
import type { ActorRuntime, AskContext } from './ports.ts';
import { type SessionCommand, type SessionReply, sessionDecider } from './session-decider.ts';
import { createSessionTally, type SessionTally } from './session-tally.ts';

type EventData<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>['data'];

export interface SessionStart {
  readonly protocol: EventData<'SessionOpened'>['protocol'];
  readonly listener: string;
  readonly implicitTls: boolean;
  readonly peer: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
}

export interface SessionRecord {
  readonly sessionId: string;
  /** Keeps the order; durable with the next `flush` or `close`. `significant` facts bring the session onto the log. */
  note(event: SessionEvent | Promise<SessionEvent>, significant: boolean): void;
  /** Counts a message that this session had accepted, and brings the session onto the log. */
  noteAccepted(): void;
  noteRepeatedRead(): void;
  readonly readerId: string | undefined;
  /** Throws `ActorUnavailable`. */
  flush(): Promise<void>;
  /** Never rejects. */
  close(end: {
    readonly reason: string;
    readonly octetsIn: number;
    readonly octetsOut: number;
  }): Promise<void>;
}

export interface SessionActors {
  open(start: SessionStart): SessionRecord;
  readonly size: number;
  stop(): Promise<void>;
}

export function createSessionActors(runtime: ActorRuntime): SessionActors {
  const actors = createEventSourcedActors(sessionDecider, runtime, {
    name: 'session',
    fresh: true,
    idleMs: actorLimits.sessionIdleMs,
  });
  const tally = createSessionTally(runtime);
  return {
    open: (start) => createRecord(start, runtime, actors, tally),
    get size() {
      return actors.size;
    },
    async stop() {
      await tally.stop();
      await actors.stop();
    },
  };
}

function createRecord(
  start: SessionStart,
  runtime: ActorRuntime,
  actors: EventSourcedActors<SessionCommand, SessionReply>,
  tally: SessionTally,
): SessionRecord {
  const sessionId = runtime.newId();
  const context: AskContext = {
    by: `session:${sessionId}`,
    correlationId: sessionId,
    causationId: sessionId,
  };
  const opening = opened(start, runtime.now());
  let pending: (SessionEvent | Promise<SessionEvent>)[] = [opening];
  let significant = false;
  let onLog = false;
  let readerId: string | undefined;
  let accepted = 0;
  let repeated = 0;
  let refusalsLeftOut = 0;
  const seen = { ClientIdentified: 0, CommandRefused: 0, ProtocolViolated: 0 };
  let writing: Promise<void> = Promise.resolve();

  function write(): Promise<void> {
    if (pending.length === 0) return writing;
    const batch = pending;
    pending = [];
    onLog = true;
    const previous = writing;
    writing = (async () => {
      await previous.catch(() => undefined);
      const settled = await Promise.allSettled(batch);
      const events = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      try {
        const { reply } = await actors.ask(sessionId, { type: 'Record', events }, context);
        refusalsLeftOut += reply.refusalsLeftOut;
      } catch (error) {
        // What comes later must not stand without its opening; a second opening is left out.
        if (events.includes(opening)) pending.unshift(opening);
        throw error;
      }
      // The others of the batch are on record; that one is missing must be known.
      const failure = settled.find((each) => each.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    })();
    // Whoever flushes sees the failure; a note that nobody waits for must not end the process.
    writing.catch((error: unknown) =>
      runtime.logger.warn({ err: error, sessionId }, 'a session could not be recorded'),
    );
    return writing;
  }

  /** What a client can send for ever is kept to its share before it takes any memory. */
  function isLeftOut(event: SessionEvent): boolean {
    const { type } = event;
    if (type !== 'CommandRefused' && type !== 'ProtocolViolated' && type !== 'ClientIdentified') return false;
    seen[type]++;
    if (seen[type] <= actorLimits.refusalsRecordedMax) return false;
    if (type !== 'ClientIdentified') refusalsLeftOut++;
    return true;
  }

  return {
    sessionId,
    get readerId() {
      return readerId;
    },
    note(event, isSignificant) {
      significant ||= isSignificant;
      if (event instanceof Promise) {
        // `write` looks at its failure; until then, or when nothing is written, it must not end the process.
        event.catch(() => undefined);
      } else {
        if (event.type === 'Authenticated') readerId = event.data.readerId;
        if (isLeftOut(event)) return;
      }
      pending.push(event);
      if (pending.length >= actorLimits.sessionPendingMax) {
        significant = true;
        void write().catch(() => undefined);
      }
    },
    noteAccepted() {
      accepted++;
      significant = true;
    },
    noteRepeatedRead() {
      repeated++;
    },
    async flush() {
      significant = true;
      await write();
    },
    async close(end) {
      if (!significant && !onLog) {
        if (readerId === undefined) tally.silentConnection(start.listener);
        else tally.idleLogin(readerId, start.peer.address);
        return;
      }
      // Its answer says how many refusals were left out.
      await writing.catch(() => undefined);
      const { reason, octetsIn, octetsOut } = end;
      const counts = {
        messagesAccepted: accepted,
        refusalsUncounted: refusalsLeftOut,
        readsRepeated: repeated,
      };
      pending.push({ type: 'SessionClosed', data: { reason, octetsIn, octetsOut, ...counts } });
      await write().catch(() => undefined);
    },
  };
}

function opened(start: SessionStart, now: number): SessionEvent {
  const { protocol, listener, implicitTls, peer, local } = start;
  return {
    type: 'SessionOpened',
    data: {
      protocol,
      listener,
      implicitTls,
      openedAt: now,
      peer: { address: peer.address, port: peer.port, localAddress: local.address, localPort: local.port },
    },
  };
}
