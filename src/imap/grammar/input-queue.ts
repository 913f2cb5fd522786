/**
 * Octets that arrived and are not read yet: the chunks as the socket gave them, taken off at the front.
 * The bound is the reader's (`waitingInputOctetsMax`).
 */
import { Buffer } from 'node:buffer';

export interface InputQueue {
  readonly octets: number;
  push(chunk: Uint8Array): void;
  /** The first chunk's unread rest, never empty; undefined when there is none. */
  current(): Uint8Array | undefined;
  skip(octets: number): void;
  /** Up to `octetsMax` from the first chunk. */
  take(octetsMax: number): Uint8Array | undefined;
  /** Everything, and leaves nothing. */
  takeAll(): Uint8Array;
}

export function createInputQueue(): InputQueue {
  let chunks: Uint8Array[] = [];
  let octets = 0;

  const current = (): Uint8Array | undefined => chunks[0];

  const skip = (count: number): void => {
    const first = chunks[0];
    if (first === undefined) return;
    octets -= Math.min(count, first.length);
    if (count >= first.length) chunks.shift();
    else chunks[0] = first.subarray(count);
  };

  return {
    get octets() {
      return octets;
    },
    push(chunk) {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      octets += chunk.length;
    },
    current,
    skip,
    take(octetsMax) {
      const taken = chunks[0]?.subarray(0, octetsMax);
      if (taken !== undefined) skip(taken.length);
      return taken;
    },
    takeAll() {
      const all = Buffer.concat(chunks);
      chunks = [];
      octets = 0;
      return all;
    },
  };
}
