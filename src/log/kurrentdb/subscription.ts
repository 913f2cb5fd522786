/**
 * Keeps one subscription to `$all` alive. Nothing in the client resubscribes: after an error, an end, or
 * silence before the confirmation, a new one starts on a new client from where the tail stands, with
 * back-off. A subscription can also die without a word; so when nothing came for a while the end of
 * `$all` is looked at, and if the tail lags behind it, it reads on and the subscription is renewed.
 */
import { LogUnavailable } from '../../../events/event-log.ts';
import { createClient, type LiveSubscription, type RawEvent } from './client.ts';
import { SilentServer } from './failure.ts';
import { comparePositions } from './position.ts';
import type { Tail, TailContext } from './tail.ts';
import { backOffMs, late, pause, within } from './waiting.ts';

export interface Subscription {
  /** Resolves when it has ended; the closing signal ends it. */
  readonly done: Promise<void>;
}

interface Attempt {
  readonly ended: PromiseWithResolvers<unknown>;
  readonly confirmed: PromiseWithResolvers<void>;
  events: number;
  live: LiveSubscription | undefined;
  over: boolean;
}

export function keepSubscribed(context: TailContext, tail: Tail): Subscription {
  const { timings, report, closing } = context;

  async function run(): Promise<void> {
    for (let failures = 0; !closing.aborted; failures++) {
      const attempt = newAttempt();
      await subscribeOnce(context, tail, attempt);
      if (closing.aborted) return;
      report({ kind: 'subscription-lost', cause: await attempt.ended.promise });
      if (attempt.events > 0) failures = 0;
      await pause(backOffMs(failures, timings.backOffMsMin, timings.backOffMsMax), closing);
    }
  }
  return { done: run() };
}

function newAttempt(): Attempt {
  return {
    ended: Promise.withResolvers(),
    confirmed: Promise.withResolvers(),
    events: 0,
    live: undefined,
    over: false,
  };
}

/** Resolves when the subscription has ended, for whatever reason. */
async function subscribeOnce(context: TailContext, tail: Tail, attempt: Attempt): Promise<void> {
  const { url, timings, closing, report } = context;
  const end = (cause: unknown): void => {
    attempt.over = true;
    attempt.ended.resolve(cause);
  };
  const stop = (): void => end(new Error('the event log is closed'));
  tail.whenMissed(() =>
    end(new SilentServer('the subscription brought nothing although events were stored')),
  );
  closing.addEventListener('abort', stop);
  const client = createClient(url);
  try {
    attempt.live = client.subscribe(tail.position() ?? 'start', {
      confirmed: () => attempt.confirmed.resolve(),
      event: (event) => deliver(context, tail, attempt, event, end),
      ended: end,
    });
    const confirmed = Promise.race([attempt.confirmed.promise, attempt.ended.promise]);
    if ((await within(timings.readTryMsMax, confirmed)) === late) {
      end(new SilentServer('the event store did not confirm a subscription in time'));
    }
    await watch(context, tail, attempt);
  } catch (error) {
    end(error);
  } finally {
    closing.removeEventListener('abort', stop);
    tail.whenMissed(undefined);
    await within(
      timings.readTryMsMax,
      client.dispose().catch((cause) => report({ kind: 'client-recreated', cause })),
    );
  }
}

function deliver(
  { index: positions }: TailContext,
  tail: Tail,
  attempt: Attempt,
  event: RawEvent,
  end: (cause: unknown) => void,
): void {
  if (attempt.over) return;
  attempt.events += 1;
  try {
    tail.accept(event);
  } catch (error) {
    end(error);
    return;
  }
  const room = positions.hasRoom();
  if (room === true) return;
  attempt.live?.pause();
  void room.then(() => attempt.live?.resume());
}

/** Until the subscription ends: looks after it whenever it was quiet. */
async function watch({ reader, timings, report }: TailContext, tail: Tail, attempt: Attempt): Promise<void> {
  let seen = attempt.events;
  while ((await within(timings.quietMsMax, attempt.ended.promise)) === late) {
    const wasQuiet = attempt.events === seen;
    seen = attempt.events;
    if (!wasQuiet) continue;
    try {
      const [newest] = await reader.all('end', 'backwards', 1);
      if (newest?.position === undefined || lagsNot(tail, newest.position)) continue;
      // It may be on its way.
      await within(timings.arrivalMsMax, tail.nextArrival());
      if (attempt.events === seen && !lagsNot(tail, newest.position)) await tail.fetchMissed();
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      report({ kind: 'quiet-check-failed', cause: error });
    }
  }
}

function lagsNot(tail: Tail, newest: { readonly commit: bigint; readonly prepare: bigint }): boolean {
  const position = tail.position();
  return position !== undefined && comparePositions(position, newest) >= 0;
}
