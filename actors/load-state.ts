/** Loads a stream's state: the newest snapshot that can be read, and the tail. */
import type { DomainEvent } from '../events/domain-event.ts';
import type { Decider } from './decider.ts';
import type { ActorRuntime } from './ports.ts';

export interface LoadedState<State> {
  state: State;
  revision: number;
  /** Time of the last event; 0 when there is none. */
  at: number;
  snapshotAt: number;
}

export async function loadState<State, Command, Event extends DomainEvent, Reply>(
  decider: Pick<Decider<State, Command, Event, Reply>, 'stream' | 'initial' | 'apply' | 'snapshot'>,
  runtime: Pick<ActorRuntime, 'log' | 'codec' | 'snapshots' | 'logger'>,
  id: string,
  fresh = false,
): Promise<LoadedState<State>> {
  const stream = decider.stream(id);
  if (fresh) return { state: decider.initial(), revision: -1, at: 0, snapshotAt: -1 };
  const loaded = (await fromSnapshot()) ?? { state: decider.initial(), revision: -1, at: 0, snapshotAt: -1 };
  for await (const recorded of runtime.log.readStream(stream, { from: loaded.revision + 1 })) {
    const stored = await runtime.codec.decode(recorded);
    if (stored.event.type !== 'Unknown') {
      loaded.state = decider.apply(loaded.state, stored.event as Event, stored.revision, stored.at);
    }
    loaded.revision = stored.revision;
    loaded.at = stored.at;
  }
  return loaded;

  async function fromSnapshot(): Promise<LoadedState<State> | undefined> {
    const format = decider.snapshot;
    if (format === undefined) return undefined;
    try {
      const snapshot = await runtime.snapshots.load(stream, format.foldVersion, format.scope(id));
      if (snapshot === undefined) return undefined;
      const { revision, at } = snapshot;
      return { state: format.decode(snapshot.octets), revision, at, snapshotAt: revision };
    } catch (error) {
      runtime.logger.warn({ err: error, stream }, 'a snapshot cannot be read; folding from the start');
      return undefined;
    }
  }
}
