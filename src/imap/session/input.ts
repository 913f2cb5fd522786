/**
 * What the client sends, as reader events that the session pulls. The socket is read only as far ahead as
 * one turn's octets, so that a client that talks faster than it is answered waits in its own kernel.
 */
import { limits } from '../../limits.ts';
import type { CommandReader } from '../grammar/command-reader.ts';
import type { ReaderEvent } from '../grammar/reader-steps.ts';

export interface Input {
  readonly reader: CommandReader;
  readonly octets: number;
  push(chunk: Uint8Array): void;
  /** The client will send no more. */
  end(): void;
  /** The next event; undefined when the client has gone. One call at a time. */
  next(): Promise<ReaderEvent | undefined>;
}

interface Flow {
  pause(): void;
  resume(): void;
}

export function createInput(reader: CommandReader, flow: Flow): Input {
  let octets = 0;
  let unread = 0;
  let paused = false;
  let ended = false;
  let wake: (() => void) | undefined;

  function arrived(): void {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  }

  return {
    reader,
    get octets() {
      return octets;
    },
    push(chunk) {
      octets += chunk.length;
      unread += chunk.length;
      const mayRead = reader.push(chunk);
      if (!mayRead || unread >= limits.imap.inputOctetsPerTurnMax) {
        paused = true;
        flow.pause();
      }
      arrived();
    },
    end() {
      ended = true;
      arrived();
    },
    async next() {
      for (;;) {
        const event = reader.next();
        if (event !== undefined) return event;
        if (ended) return undefined;
        unread = 0;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        if (paused) {
          paused = false;
          flow.resume();
        }
        await promise;
      }
    },
  };
}
