/**
 * The mailbox views of open accounts, in memory: the same fold as the actor's, brought up to the stream's revision
 * before each answer, so that nobody sees an older mailbox than somebody before.
 */
import { type Observable, Subject } from 'rxjs';
import { loadState } from '../../actors/load-state.ts';
import { mailboxDecider } from '../../actors/mailbox-decider.ts';
import type { ActorRuntime } from '../../actors/ports.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { applyMailbox, type MailboxState } from '../../events/mailbox-state.ts';
import { mailboxStream, parseStream } from '../../events/streams.ts';
import { limits } from '../limits.ts';
import { ServiceUnavailable } from './service-unavailable.ts';
import { within } from './within.ts';

export interface MailboxView {
  /** The folded mailbox as of now. Throws `ServiceUnavailable`. */
  current(): Promise<MailboxState>;
  readonly changes: Observable<void>;
  release(): void;
}

export interface MailboxViews {
  hold(accountId: string): MailboxView;
  /** Forgets a view that may show what has been erased; the next question folds anew. */
  forget(accountId: string): void;
  readonly size: number;
  stop(): Promise<void>;
}

interface View {
  state: MailboxState | undefined;
  revision: number;
  holders: number;
  releasedAt: number;
  catchingUp: Promise<void> | undefined;
  readonly changes: Subject<void>;
}

export async function createMailboxViews(runtime: ActorRuntime): Promise<MailboxViews> {
  const views = new Map<string, View>();
  const following = runtime.log.follow(await runtime.log.head(), (batch) => {
    const touched = new Set<string>();
    for (const { stream } of batch.events) {
      const name = stream.startsWith('mailbox-') ? parseStream(stream) : undefined;
      if (name !== undefined && views.has(name.id)) touched.add(name.id);
    }
    for (const accountId of touched) views.get(accountId)?.changes.next();
  });
  following.done.catch((error: unknown) =>
    runtime.logger.error({ err: error }, 'mailbox changes are no longer followed'),
  );
  const sweeper = setInterval(() => {
    const before = Date.now() - limits.mailboxView.idleMs;
    for (const [accountId, view] of views)
      if (view.holders === 0 && view.releasedAt < before) views.delete(accountId);
  }, limits.mailboxView.idleMs / 4);
  sweeper.unref();

  async function catchUp(accountId: string, view: View): Promise<void> {
    if (view.state === undefined) {
      const loaded = await loadState(mailboxDecider, runtime, accountId);
      view.state = loaded.state;
      view.revision = loaded.revision;
      return;
    }
    for await (const recorded of runtime.log.readStream(mailboxStream(accountId), {
      from: view.revision + 1,
    })) {
      const stored = await runtime.codec.decode(recorded);
      if (stored.event.type !== 'Unknown') {
        view.state = applyMailbox(view.state, stored.event as MailboxEvent, stored.revision, stored.at);
      }
      view.revision = stored.revision;
    }
  }

  async function reach(accountId: string, view: View, revision: number): Promise<void> {
    while (view.state === undefined || view.revision < revision) {
      view.catchingUp ??= catchUp(accountId, view).finally(() => {
        view.catchingUp = undefined;
      });
      await view.catchingUp;
    }
  }

  async function current(accountId: string, view: View): Promise<MailboxState> {
    const { currentWithinMs } = limits.mailboxView;
    try {
      const revision = await within(currentWithinMs, runtime.log.lastRevision(mailboxStream(accountId)));
      if (view.state === undefined || view.revision < revision)
        await within(currentWithinMs, reach(accountId, view, revision));
      if (view.state === undefined)
        throw new ServiceUnavailable('the mailbox view was dropped while it was asked');
      return view.state;
    } catch (cause) {
      // A fold that failed half way must not be read again.
      if (!(cause instanceof ServiceUnavailable)) view.state = undefined;
      throw new ServiceUnavailable('the mailbox view is not known to be current', { cause });
    }
  }

  return {
    hold(accountId) {
      let view = views.get(accountId);
      if (view === undefined) {
        view = {
          state: undefined,
          revision: -1,
          holders: 0,
          releasedAt: 0,
          catchingUp: undefined,
          changes: new Subject(),
        };
        views.set(accountId, view);
      }
      const held = view;
      held.holders++;
      let released = false;
      return {
        current: () => current(accountId, held),
        changes: held.changes,
        release() {
          if (released) return;
          released = true;
          held.holders--;
          held.releasedAt = Date.now();
        },
      };
    },
    forget(accountId) {
      const view = views.get(accountId);
      if (view !== undefined) view.state = undefined;
    },
    get size() {
      return views.size;
    },
    async stop() {
      clearInterval(sweeper);
      await following.stop();
    },
  };
}
