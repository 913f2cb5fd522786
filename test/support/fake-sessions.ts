/** Session recorders and logins in memory, for tests of protocols: every fact is kept, passwords are in clear. */
import type { Authenticate, LoginResult } from '../../src/mail/authentication.ts';
import type { SessionEnd, SessionFact, SessionRecorder } from '../../src/mail/session-recorder.ts';

export interface KeptSession<Info> {
  readonly id: string;
  readonly info: Info;
  readonly facts: SessionFact[];
  /** How many facts were flushed, that is, durable. */
  flushed: number;
  readonly closed: Promise<SessionEnd>;
}

export interface FakeSessions<Info> {
  readonly sessions: KeptSession<Info>[];
  openSession(info: Info): SessionRecorder;
}

export function createFakeSessions<Info>(): FakeSessions<Info> {
  const sessions: KeptSession<Info>[] = [];
  return {
    sessions,
    openSession(info) {
      const { promise: closed, resolve } = Promise.withResolvers<SessionEnd>();
      const id = `session-${sessions.length + 1}`;
      const kept: KeptSession<Info> = { id, info, facts: [], flushed: 0, closed };
      sessions.push(kept);
      return {
        sessionId: id,
        note: (fact) => void kept.facts.push(fact),
        async flush() {
          await new Promise((turn) => setImmediate(turn));
          kept.flushed = kept.facts.length;
        },
        close: async (end) => resolve(end),
      };
    },
  };
}

/** Accepts each account of `passwords` as `<account>@example.test`; `answer` overrides for one login. */
export function createFakeLogins(
  passwords: ReadonlyMap<string, string>,
  answer?: (login: string) => LoginResult | undefined,
): Authenticate {
  return async (login, password) => {
    await new Promise((turn) => setImmediate(turn));
    const given = answer?.(login);
    if (given !== undefined) return given;
    const accountId = login.replace(/@example\.test$/, '');
    const isRight = accountId !== login && passwords.get(accountId) === password;
    return isRight ? { kind: 'ok', accountId, name: login } : { kind: 'failed' };
  };
}
