/**
 * IDLE (RFC 2177): the client waits, and is told of every change of the selected mailbox when it happens, until
 * it sends DONE. Costs nothing while nothing happens. When nobody can say any more what changed, the session
 * ends, because a client that idles would not notice that it is told nothing.
 */
import { ServiceUnavailable } from '../../mail/service-unavailable.ts';
import { isIdleDone } from '../grammar/connection-commands.ts';
import { continuation } from '../responses/status-responses.ts';
import { announce } from '../session/announce.ts';
import { ConnectionGone, SessionEnded } from '../session/errors.ts';
import { bad, type Outcome, ok } from '../session/outcome.ts';
import type { AccountSession } from '../session/session.ts';

export async function idle(at: AccountSession): Promise<Outcome> {
  const { session, account } = at;
  const news = createSignal();
  const subscription = account.mailbox.changes.subscribe({
    next: news.raise,
    error: news.raise,
    complete: news.raise,
  });
  try {
    session.input.reader.expectLine();
    session.output.line(continuation('idling'));
    session.idling(true);
    // What came before IDLE is told at once.
    news.raise();
    const answer = session.input.next();
    for (;;) {
      await tellNews(at, news);
      session.output.flush();
      await session.output.ready();
      const event = await Promise.race([answer, news.raised()]);
      if (event === 'raised') continue;
      if (event === undefined) throw new ConnectionGone('the client left while it idled');
      if (event.kind === 'line' && isIdleDone(event.text)) return ok('IDLE completed');
      session.recorder.note({ type: 'ProtocolViolated', what: 'IDLE ended with something else than DONE' });
      return bad('DONE expected');
    }
  } finally {
    session.idling(false);
    subscription.unsubscribe();
  }
}

async function tellNews({ session, account }: AccountSession, news: Signal): Promise<void> {
  const { selected } = session;
  while (news.take()) {
    if (selected === undefined) continue;
    try {
      await announce({ session, account, selected }, { expunges: true });
    } catch (error) {
      if (!(error instanceof ServiceUnavailable)) throw error;
      throw new SessionEnded('The mailbox is not available now; connect again later', 'mailbox unavailable');
    }
  }
}

interface Signal {
  raise(): void;
  /** Whether it was raised; lowers it. */
  take(): boolean;
  /** Resolves when it is raised. */
  raised(): Promise<'raised'>;
}

function createSignal(): Signal {
  let isRaised = false;
  let waiting: PromiseWithResolvers<'raised'> | undefined;
  return {
    raise() {
      isRaised = true;
      waiting?.resolve('raised');
      waiting = undefined;
    },
    take() {
      const was = isRaised;
      isRaised = false;
      return was;
    },
    raised() {
      if (isRaised) return Promise.resolve('raised');
      waiting ??= Promise.withResolvers();
      return waiting.promise;
    },
  };
}
