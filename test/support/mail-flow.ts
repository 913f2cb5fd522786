/**
 * The way of a message from its acceptance to the mailboxes, over a log in memory: mailbox actors that can be made
 * to fail, the local queue and the dispatcher. `restart` starts all of them anew over the same log and keys.
 */
import { acceptMessage } from '../../actors/accept-message.ts';
import type { DispatchLimits } from '../../actors/dispatch-limits.ts';
import { type Dispatcher, startDispatcher } from '../../actors/dispatcher.ts';
import { createLocalQueue, type LocalQueue } from '../../actors/local-queue.ts';
import { createMailboxActors, type MailboxActors } from '../../actors/mailbox-actors.ts';
import { ActorUnavailable } from '../../actors/ports.ts';
import type { StoredEvent } from '../../events/codec.ts';
import type { RecordedEvent } from '../../events/event-log.ts';
import { accountScope } from '../../events/scope-keys.ts';
import { dispatchStream } from '../../events/streams.ts';
import { createTestRuntime, type TestRuntime } from './actor-runtime.ts';
import { testId } from './event-script.ts';

/** `before`: the mailbox never hears of it; `after`: it does, but its answer is lost. */
export type Fault = 'before' | 'after' | undefined;

export const queueId = testId(50);
export const accountOf = (n: number): string => testId(n);
export const messageOf = (n: number): string => testId(10_000 + n);

export interface Generation {
  readonly runtime: TestRuntime;
  readonly mailboxes: MailboxActors;
  readonly queue: LocalQueue;
  readonly dispatcher: Dispatcher;
}

export interface MailFlow extends Generation {
  /** Accounts whose mailboxes answer nothing. */
  readonly down: Set<string>;
  /** What becomes of the next question to a mailbox. */
  fault: (accountId: string) => Fault | Promise<Fault>;
  /** Streams whose events cannot be opened. */
  readonly unreadable: Set<string>;
  /** One list of account numbers for each recipient; resolves with the index of its event. */
  accept(n: number, recipients: readonly (readonly number[])[]): Promise<number>;
  advance(ms: number): void;
  /**
   * `kill`: appends under way are lost. `from`: how many of the noted places are still known to the next dispatcher
   * (0: it begins at the start of the log), all when not given.
   */
  restart(options?: { readonly kill?: boolean; readonly from?: number | undefined }): Promise<void>;
  /** Every accepted message has reached a mailbox or the queue. */
  reachedAll(): Promise<void>;
  /** Heals everything and works until nothing waits any more. */
  finish(): Promise<void>;
  stop(): Promise<void>;
  stored(): Promise<StoredEvent[]>;
}

const fastLimits: Partial<DispatchLimits> = { retryMs: 1, noteEveryMessages: 3 };

export async function startMailFlow(limits: Partial<DispatchLimits> = {}): Promise<MailFlow> {
  const base = createTestRuntime();
  const { log, keys } = base;
  const down = new Set<string>();
  const unreadable = new Set<string>();
  let dead = { now: false };
  let advanced = 0;
  const flow: { fault: MailFlow['fault'] } = { fault: () => undefined };

  async function startGeneration(from: number | undefined): Promise<Generation> {
    const life = { now: false };
    dead = life;
    const fresh = createTestRuntime(log, keys);
    fresh.advance(advanced);
    const append: typeof log.append = async (stream, expected, events) => {
      if (life.now) throw new RangeError('the process has ended');
      return log.append(stream, expected, events);
    };
    const readStream: typeof log.readStream = (stream, options) =>
      stream === dispatchStream && options?.direction === 'backwards' && from !== undefined
        ? noted(from)
        : log.readStream(stream, options);
    const decode: typeof fresh.codec.decode = async (recorded) => {
      if (unreadable.has(recorded.stream)) throw new RangeError('injected, cannot be opened');
      return fresh.codec.decode(recorded);
    };
    const codec = { ...fresh.codec, decode };
    const runtime = { ...fresh, codec, log: { ...log, append, readStream } };
    const mailboxes = withFaults(createMailboxActors(runtime), down, (id) => flow.fault(id));
    const queue = createLocalQueue(queueId, runtime, mailboxes);
    const dispatcher = await startDispatcher(runtime, mailboxes, queue, { ...fastLimits, ...limits });
    return { runtime, mailboxes, queue, dispatcher };
  }

  async function* noted(from: number): AsyncGenerator<RecordedEvent> {
    const places = log.events.filter((each) => each.stream === dispatchStream).slice(0, from);
    yield* places.slice(-1);
  }

  async function stopGeneration(): Promise<void> {
    await current.dispatcher.stop();
    await current.queue.stop();
    await current.mailboxes.stop();
  }

  let current = await startGeneration(undefined);

  return {
    down,
    unreadable,
    get runtime() {
      return current.runtime;
    },
    get mailboxes() {
      return current.mailboxes;
    },
    get queue() {
      return current.queue;
    },
    get dispatcher() {
      return current.dispatcher;
    },
    get fault() {
      return flow.fault;
    },
    set fault(fault) {
      flow.fault = fault;
    },
    async accept(n, recipients) {
      await acceptMessage(base, messageOf(n), acceptedData(n, recipients), {
        ...{ by: 'system', correlationId: messageOf(n), causationId: messageOf(n) },
      });
      return log.events.findLastIndex((each) => each.type === 'MessageAccepted');
    },
    advance(ms) {
      advanced += ms;
      current.runtime.advance(ms);
    },
    async restart({ kill = false, from } = {}) {
      dead.now = kill;
      await stopGeneration();
      current = await startGeneration(from);
    },
    reachedAll: () => current.dispatcher.reached(log.events.length),
    async finish() {
      down.clear();
      unreadable.clear();
      flow.fault = () => undefined;
      await current.dispatcher.reached(log.events.length);
      for (let tried = 1; tried > 0; ) {
        advanced += 60 * 60_000;
        current.runtime.advance(60 * 60_000);
        tried = await current.queue.runDue();
      }
    },
    stop: stopGeneration,
    stored: () => Promise.all(log.events.map((each) => base.codec.decode(each))),
  };
}

function withFaults(
  actors: MailboxActors,
  down: ReadonlySet<string>,
  faultOf: (accountId: string) => Fault | Promise<Fault>,
): MailboxActors {
  async function guard<T>(accountId: string, ask: () => Promise<T>): Promise<T> {
    const fault = down.has(accountId) ? 'before' : await faultOf(accountId);
    if (fault === 'before') throw new ActorUnavailable('injected, not asked');
    const answer = await ask();
    if (fault === 'after') throw new ActorUnavailable('injected, the answer is lost');
    return answer;
  }
  return {
    askMailbox: (id, command, context) => guard(id, () => actors.askMailbox(id, command, context)),
    openMailbox: (id, context) => guard(id, () => actors.openMailbox(id, context)),
    get size() {
      return actors.size;
    },
    stop: actors.stop,
  };
}

function acceptedData(
  n: number,
  recipients: readonly (readonly number[])[],
): Parameters<typeof acceptMessage>[2] {
  const blobId = testId(20_000 + n);
  return {
    sessionId: testId(60),
    origin: 'mx',
    content: { messageId: messageOf(n), blobId, length: 9, sealedLength: 37, chunkRoot: '00'.repeat(32) },
    newlinesNormalized: false,
    size: 9,
    segments: [{ kind: 'blob', offset: 0, length: 9 }],
    recipients: recipients.map((each) => ({ accountIds: each.map(accountOf) })),
    envelope: {
      reversePath: { asSent: '<sender@example.net>', address: 'sender@example.net' },
      parameters: [],
      ...{ helo: 'client.example', protocol: 'ESMTP', peerAddress: '192.0.2.1' },
    },
    inline: [],
    summary: {},
    forwardPaths: recipients.map((each, nth) => ({
      scope: accountScope(accountOf(each[0] ?? 0)),
      value: { asSent: `<r${nth}@example.test>`, address: `r${nth}@example.test`, parameters: [] },
    })),
  };
}
