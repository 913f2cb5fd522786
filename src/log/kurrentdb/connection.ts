/**
 * Clients that are replaced when they fail, and reads that are tried again.
 *
 * Reads and appends have a client each: after a server was away at its first read a client never reads
 * again although its appends recover, and giving it up must not disturb appends under way. A read's own
 * deadline is ignored by the client, so each try has one here. Fails with `LogUnavailable`.
 */
import { LogUnavailable, type Revision } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import { type Client, createClient, type Direction, type RawEvent } from './client.ts';
import { SilentServer, sortFailure } from './failure.ts';
import type { Position } from './position.ts';
import type { Notice, Timings } from './settings.ts';
import { backOffMs, createSlots, late, pause, within } from './waiting.ts';

export interface ClientHolder {
  current(): Client;
  /** Gives up a client that failed; does nothing when it has been replaced already. */
  replace(failed: Client, cause: unknown): void;
  close(): Promise<void>;
}

export interface ConnectionContext {
  readonly url: string;
  readonly timings: Timings;
  readonly report: (notice: Notice) => void;
  /** Given when the log is closed. */
  readonly closing: AbortSignal;
}

export function holdClient({ url, report }: ConnectionContext): ClientHolder {
  let client: Client | undefined;
  const dispose = async (given: Client): Promise<void> => {
    const disposed = given.dispose().catch((cause) => report({ kind: 'client-recreated', cause }));
    await within(limits.kurrentdb.closeWaitMsMax, disposed);
  };
  return {
    current() {
      client ??= createClient(url);
      return client;
    },
    replace(failed, cause) {
      if (failed !== client) return;
      client = undefined;
      report({ kind: 'client-recreated', cause });
      void dispose(failed);
    },
    async close() {
      const open = client;
      client = undefined;
      if (open !== undefined) await dispose(open);
    },
  };
}

export interface Reader {
  /** A page of `$all`, our streams and others. Reading forwards includes an event at `from`. */
  all(from: Position | 'start' | 'end', direction: Direction, most: number): Promise<RawEvent[]>;
  /** A page of a stream; empty when there is none. */
  stream(
    stream: string,
    from: Revision | 'start' | 'end',
    direction: Direction,
    most: number,
  ): Promise<RawEvent[]>;
  close(): Promise<void>;
}

export function createReader(context: ConnectionContext): Reader {
  const { timings, closing } = context;
  const holder = holdClient(context);
  const { readsInFlightMax, waitingReadsMax } = limits.kurrentdb;
  const slots = createSlots(
    readsInFlightMax,
    waitingReadsMax,
    () => new LogUnavailable('too many reads wait for the event store', { outcomeUnknown: false }),
  );

  async function tryOnce(client: Client, read: (client: Client) => Promise<RawEvent[]>): Promise<RawEvent[]> {
    const reading = read(client);
    const page = await within(timings.readTryMsMax, reading);
    if (page !== late) return page;
    // It is given up: whatever becomes of it tells nothing new.
    reading.catch(() => undefined);
    throw new SilentServer('the event store did not answer a read in time');
  }

  async function read(work: (client: Client) => Promise<RawEvent[]>): Promise<RawEvent[]> {
    const giveUpAt = performance.now() + timings.readMsMax;
    for (let failures = 0; ; failures++) {
      if (closing.aborted) throw new LogUnavailable('the event log is closed', { outcomeUnknown: false });
      const client = holder.current();
      try {
        return await tryOnce(client, work);
      } catch (error) {
        const failure = sortFailure(error);
        if (failure.kind === 'no-stream') return [];
        if (failure.kind !== 'passing' || performance.now() > giveUpAt) {
          throw new LogUnavailable('the event store cannot be read', { outcomeUnknown: false, cause: error });
        }
        // Also when it answered: a client whose leader died keeps asking the wrong node.
        holder.replace(client, error);
        await pause(backOffMs(failures, timings.backOffMsMin, timings.backOffMsMax), closing);
      }
    }
  }

  return {
    all: (from, direction, most) => slots.run(() => read((client) => client.readAll(from, direction, most))),
    stream: (stream, from, direction, most) =>
      slots.run(() => read((client) => client.readStream(stream, from, direction, most))),
    close: () => holder.close(),
  };
}
