/**
 * IDLE (RFC 2177): the client waits, and is told of every change of the selected mailbox when it happens, until
 * it sends DONE. Costs nothing while nothing happens. When nobody can say any more what changed, the session
 * ends, because a client that idles would not notice that it is told nothing.
 */
import { isIdleDone } from '../grammar/connection-commands.ts';
import type { ReaderEvent } from '../grammar/reader-steps.ts';
import { continuation } from '../responses/status-responses.ts';
import { announce } from '../session/announce.ts';
import { ConnectionGone, SessionEnded } from '../session/errors.ts';
import { bad, type Outcome, ok } from '../session/outcome.ts';
import { logError } from '../session/refusals.ts';
import type { AccountSession } from '../session/session.ts';

/** What ended the waiting. */
interface Answer {
  readonly event: ReaderEvent | undefined;
  readonly error?: unknown;
}

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
    const waiting: { answer?: Answer } = {};
    const answered = (answer: Answer): void => {
      waiting.answer = answer;
      news.raise();
    };
    session.input.next().then(
      (event) => answered({ event }),
      (error: unknown) => answered({ event: undefined, error }),
    );
    for (;;) {
      if (waiting.answer === undefined) await tellNews(at, news);
      session.output.flush();
      await session.output.ready();
      if (waiting.answer === undefined) await news.raised();
      if (waiting.answer === undefined) continue;
      const { event, error } = waiting.answer;
      if (error !== undefined) throw error;
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
      if (error instanceof ConnectionGone || error instanceof SessionEnded) throw error;
      // Somebody waits for the client's DONE already: the session cannot go on with another command.
      logError(session, 'IDLE', error);
      throw new SessionEnded('The mailbox is not available now; connect again later', 'mailbox unavailable');
    }
  }
}

interface Signal {
  raise(): void;
  /** Whether it was raised; lowers it. */
  take(): boolean;
  /** Resolves when it is raised. */
  raised(): Promise<void>;
}

function createSignal(): Signal {
  let isRaised = false;
  let waiting: PromiseWithResolvers<void> | undefined;
  return {
    raise() {
      isRaised = true;
      waiting?.resolve();
      waiting = undefined;
    },
    take() {
      const was = isRaised;
      isRaised = false;
      return was;
    },
    raised() {
      if (isRaised) return Promise.resolve();
      waiting ??= Promise.withResolvers();
      return waiting.promise;
    },
  };
}
