/** A session: puts on record what a client did, within bounds that an attacker cannot stretch. */
import { applySession, initialSession, type SessionEvent, type SessionState } from '../events/session.ts';
import { sessionStream } from '../events/streams.ts';
import { actorLimits } from './actor-limits.ts';
import type { Decider } from './decider.ts';

export interface SessionCommand {
  readonly type: 'Record';
  readonly events: readonly SessionEvent[];
}

export interface SessionReply {
  readonly kind: 'recorded';
  /** Refusals that were left out because the session had its share of events already. */
  readonly refusalsLeftOut: number;
}

export const sessionDecider: Decider<SessionState, SessionCommand, SessionEvent, SessionReply> = {
  stream: sessionStream,
  initial: initialSession,
  apply: (state, event) => applySession(state, event),
  decide(command, state) {
    let refusals = state.refusals;
    let refusalsLeftOut = 0;
    const events: SessionEvent[] = [];
    for (const event of state.closed ? [] : command.events) {
      if (event.type === 'SessionOpened' && state.opened) continue;
      if (event.type === 'CommandRefused' && ++refusals > actorLimits.refusalsRecordedMax) {
        refusalsLeftOut++;
        continue;
      }
      if (event.type === 'SessionClosed') {
        events.push({
          ...event,
          data: { ...event.data, refusalsUncounted: event.data.refusalsUncounted + refusalsLeftOut },
        });
      } else events.push(event);
    }
    return { events, reply: { kind: 'recorded', refusalsLeftOut } };
  },
};
