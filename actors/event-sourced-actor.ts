/**
 * Hosts any decider as nact actors over the log, one actor for each stream.
 *
 * Decide now, reply when durable: an actor evolves its state at once and goes on deciding while its last
 * append is made durable; what was decided meanwhile gathers into the next append, which names the
 * revision that the one before it will have made. One append is in flight at a time: with two, a foreign
 * writer could fill exactly the gap that a failed first one left, and the second would stand on facts that
 * it never saw. Every reply waits until all appends that it was decided on are durable.
 *
 * When another writer came first the actor loads again and decides the same commands again, in order, at
 * most `redecisionsMax` times. An append whose outcome is unknown is settled by sending the same ids again.
 * An actor with work in flight does not passivate; one that crashed is loaded anew by the next question.
 */
import { dispatch, type Ref, spawn, start, stop } from 'nact';
import type { DomainEvent } from '../events/domain-event.ts';
import { AppendTooLarge, appendEventsMax, WrongExpectedRevision } from '../events/event-log.ts';
import { actorLimits } from './actor-limits.ts';
import { createAppender, type Entry } from './appender.ts';
import type { Decider } from './decider.ts';
import { loadState } from './load-state.ts';
import { type ActorRuntime, ActorUnavailable, type AskContext } from './ports.ts';

export interface Answer<Reply> {
  readonly reply: Reply;
  /** The stream's revision that the reply rests on; durable. */
  readonly revision: number;
}

export interface EventSourcedActors<Command, Reply> {
  /** Throws `ActorUnavailable`. */
  ask(id: string, command: Command, context: AskContext): Promise<Answer<Reply>>;
  /** Actors in memory. */
  readonly size: number;
  /** Waits for what is in flight, then stops all. Later questions are refused. */
  stop(): Promise<void>;
}

export interface ActorOptions {
  readonly name: string;
  /** Leave memory after this long without a question. */
  readonly idleMs?: number;
  /** The streams are new: do not read them before the first command. */
  readonly fresh?: boolean;
}

interface Hosted<Command, Reply> {
  readonly ref: Ref<ActorMessage<Command, Reply>>;
  /** Questions asked and not yet answered. A stopped actor loses its mailbox silently, so whoever stops it
   * answers these. */
  readonly outstanding: Set<Entry<Command, Reply>>;
  idleSince: number;
  readonly whenQuiet: Set<() => void>;
}

type ActorMessage<Command, Reply> =
  | { readonly kind: 'command'; readonly entry: Entry<Command, Reply> }
  | { readonly kind: 'redecide' };

export function createEventSourcedActors<State, Command, Event extends DomainEvent, Reply>(
  decider: Decider<State, Command, Event, Reply>,
  runtime: ActorRuntime,
  options: ActorOptions,
): EventSourcedActors<Command, Reply> {
  const system = start();
  const hosted = new Map<string, Hosted<Command, Reply>>();
  const idleMs = options.idleMs ?? actorLimits.idleMs;
  let stopping = false;
  const sweeper = setInterval(passivateIdle, Math.max(1000, idleMs / 4));
  sweeper.unref();

  function passivateIdle(): void {
    const before = Date.now() - idleMs;
    for (const [id, actor] of hosted) {
      if (actor.outstanding.size === 0 && actor.idleSince < before) remove(id, actor);
    }
  }

  function remove(id: string, actor: Hosted<Command, Reply>): void {
    if (hosted.get(id) === actor) hosted.delete(id);
    stop(actor.ref as never);
    for (const entry of actor.outstanding)
      entry.reject(new ActorUnavailable(`${options.name} ${id} was stopped`));
  }

  function host(id: string): Hosted<Command, Reply> {
    const existing = hosted.get(id);
    if (existing !== undefined) return existing;
    const behaviour = createBehaviour(decider, runtime, options, id);
    const ref = spawn(
      system,
      async (state: undefined, message: ActorMessage<Command, Reply>) => {
        await behaviour.receive(message);
        return state;
      },
      // A name of its own: the stopped predecessor may not be gone yet.
      `${options.name}-${runtime.newId()}`,
      {
        onCrash: (_message, error, context) => {
          runtime.logger.error(
            { err: error, actor: options.name, id },
            'actor crashed; it is loaded anew on the next question',
          );
          behaviour.abandon(new ActorUnavailable('the actor crashed', { cause: error }));
          remove(id, actor);
          return context.stop;
        },
      },
    ) as unknown as Ref<ActorMessage<Command, Reply>>;
    const actor: Hosted<Command, Reply> = {
      ref,
      outstanding: new Set(),
      idleSince: Date.now(),
      whenQuiet: new Set(),
    };
    behaviour.attach({
      send: (message) => dispatch(ref as never, message as never),
      drop: () => remove(id, actor),
    });
    hosted.set(id, actor);
    return actor;
  }

  async function ask(id: string, command: Command, context: AskContext): Promise<Answer<Reply>> {
    if (stopping) throw new ActorUnavailable(`${options.name} actors are stopping`);
    const actor = host(id);
    const { promise, resolve, reject } = Promise.withResolvers<Answer<Reply>>();
    const entry: Entry<Command, Reply> = { command, context, attempts: 0, resolve, reject };
    const timer = setTimeout(
      () => reject(new ActorUnavailable(`no answer within ${actorLimits.askMs} ms`)),
      actorLimits.askMs,
    );
    actor.outstanding.add(entry);
    dispatch(actor.ref as never, { kind: 'command', entry } as never);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      actor.outstanding.delete(entry);
      actor.idleSince = Date.now();
      if (actor.outstanding.size === 0) for (const each of actor.whenQuiet) each();
    }
  }

  async function stopAll(): Promise<void> {
    stopping = true;
    clearInterval(sweeper);
    const busy = [...hosted.values()].filter((actor) => actor.outstanding.size > 0);
    await Promise.all(busy.map((actor) => new Promise<void>((resolve) => actor.whenQuiet.add(resolve))));
    for (const [id, actor] of hosted) remove(id, actor);
    stop(system as never);
  }

  return {
    ask,
    get size() {
      return hosted.size;
    },
    stop: stopAll,
  };
}

interface Attachment<Command, Reply> {
  readonly send: (message: ActorMessage<Command, Reply>) => void;
  readonly drop: () => void;
}

/** One actor's behaviour: its state, and the commands between decision and durability. */
function createBehaviour<State, Command, Event extends DomainEvent, Reply>(
  decider: Decider<State, Command, Event, Reply>,
  runtime: ActorRuntime,
  options: ActorOptions,
  id: string,
) {
  const stream = decider.stream(id);
  const appender = createAppender<Command, Reply>(stream, runtime);
  let attachment: Attachment<Command, Reply> | undefined;
  let loaded: { state: State; revision: number; at: number; snapshotAt: number } | undefined;
  /** Decided and waiting for the append in flight; undefined while the state is not to be trusted. */
  let gathering: Entry<Command, Reply>[] = [];
  let inFlight: Entry<Command, Reply>[] = [];
  let redeciding: Entry<Command, Reply>[] | undefined;

  async function receive(message: ActorMessage<Command, Reply>): Promise<void> {
    if (message.kind === 'command' && redeciding !== undefined) {
      redeciding.push(message.entry);
      return;
    }
    if (message.kind === 'redecide') {
      const entries = redeciding ?? [];
      redeciding = undefined;
      loaded = undefined;
      await decideAll(entries);
    } else {
      await decideAll([message.entry]);
    }
  }

  async function decideAll(entries: readonly Entry<Command, Reply>[]): Promise<void> {
    if (loaded === undefined) {
      try {
        loaded = await loadState(
          decider,
          runtime,
          id,
          options.fresh === true && entries.every((each) => each.attempts === 0),
        );
      } catch (cause) {
        const error = new ActorUnavailable(`${stream} cannot be read`, { cause });
        for (const entry of entries) entry.reject(error);
        return;
      }
    }
    for (const entry of entries) decideOne(entry, loaded);
    if (inFlight.length === 0) flush();
  }

  function decideOne(entry: Entry<Command, Reply>, at: NonNullable<typeof loaded>): void {
    const now = Math.max(runtime.now(), at.at);
    const input = { streamId: id, at: now, nextRevision: at.revision + 1 };
    let decision: ReturnType<typeof decider.decide>;
    try {
      decision = decider.decide(entry.command, at.state, input);
    } catch (cause) {
      runtime.logger.error({ err: cause, stream }, 'a command could not be decided');
      entry.reject(new ActorUnavailable('the command could not be decided', { cause }));
      return;
    }
    if (decision.events.length > 0) at.at = now;
    for (const event of decision.events) {
      at.revision++;
      at.state = decider.apply(at.state, event, at.revision, now);
    }
    entry.decided = { events: decision.events, at: now, reply: decision.reply, revision: at.revision };
    if (decision.events.length === 0 && inFlight.length === 0 && gathering.length === 0) {
      entry.resolve({ reply: decision.reply, revision: at.revision });
    } else {
      gathering.push(entry);
    }
  }

  /** Appends what was gathered, as one; called only when nothing is in flight. */
  function flush(): void {
    if (gathering.length === 0) {
      saveSnapshot();
      return;
    }
    let events = 0;
    let taken = 0;
    for (const entry of gathering) {
      events += entry.decided?.events.length ?? 0;
      if (taken > 0 && events > Math.min(actorLimits.gatheredEventsMax, appendEventsMax)) break;
      taken++;
    }
    inFlight = gathering.slice(0, taken);
    gathering = gathering.slice(taken);
    appender.append(inFlight).then(settled, failed);
  }

  function settled(done: number): void {
    const entries = inFlight;
    // What did not fit into one append goes first into the next.
    gathering = [...entries.slice(done), ...gathering];
    inFlight = [];
    for (const entry of entries.slice(0, done)) {
      if (entry.decided !== undefined)
        entry.resolve({ reply: entry.decided.reply, revision: entry.decided.revision });
    }
    flush();
  }

  function failed(error: unknown): void {
    const entries = [...inFlight, ...gathering];
    inFlight = [];
    gathering = [];
    const retryable =
      error instanceof WrongExpectedRevision || (error instanceof AppendTooLarge && entries.length > 1);
    const again: Entry<Command, Reply>[] = [];
    for (const [n, entry] of entries.entries()) {
      entry.attempts++;
      entry.decided = undefined;
      if (error instanceof AppendTooLarge && n === 0) entry.reject(error);
      else if (retryable && entry.attempts <= actorLimits.redecisionsMax) again.push(entry);
      else entry.reject(new ActorUnavailable(`${stream} could not be written`, { cause: error }));
    }
    if (retryable) {
      redeciding = again;
      attachment?.send({ kind: 'redecide' });
    } else {
      if (!(error instanceof AppendTooLarge))
        runtime.logger.error({ err: error, stream }, 'an append failed');
      loaded = undefined;
      attachment?.drop();
    }
  }

  function saveSnapshot(): void {
    const format = decider.snapshot;
    if (format === undefined || loaded === undefined) return;
    const since = loaded.revision - loaded.snapshotAt;
    if (since < actorLimits.snapshotEveryEvents) return;
    const octets = format.encode(loaded.state);
    if (since * actorLimits.snapshotOctetsPerEvent < octets.length) return;
    loaded.snapshotAt = loaded.revision;
    runtime.snapshots
      .save(stream, format.foldVersion, format.scope(id), {
        revision: loaded.revision,
        at: loaded.at,
        octets,
      })
      .catch((error: unknown) =>
        runtime.logger.warn({ err: error, stream }, 'a snapshot could not be saved'),
      );
  }

  function abandon(error: Error): void {
    for (const entry of [...inFlight, ...gathering, ...(redeciding ?? [])]) entry.reject(error);
    inFlight = [];
    gathering = [];
    redeciding = undefined;
    loaded = undefined;
  }

  return {
    receive,
    abandon,
    attach: (to: Attachment<Command, Reply>) => {
      attachment = to;
    },
  };
}
