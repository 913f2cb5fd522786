/**
 * Gathers an announced number of octets. Memory grows with what has come, not with what was announced, and
 * small pieces are copied so that they do not keep a socket's whole buffer.
 */
import { Buffer } from 'node:buffer';

export interface OctetGatherer {
  /** Octets still to come. */
  readonly left: number;
  readonly heldOctets: number;
  /** At most `left` octets. */
  add(octets: Uint8Array): void;
  /** What was gathered; the gatherer must not be used after. */
  octets(): Uint8Array;
}

export function createOctetGatherer(size: number): OctetGatherer {
  let buffer = Buffer.alloc(0);
  let length = 0;
  return {
    get left() {
      return size - length;
    },
    get heldOctets() {
      return buffer.length;
    },
    add(octets) {
      if (length + octets.length > buffer.length) {
        const grown = Buffer.alloc(Math.min(size, Math.max(buffer.length * 2, length + octets.length)));
        buffer.copy(grown, 0, 0, length);
        buffer = grown;
      }
      buffer.set(octets, length);
      length += octets.length;
    },
    octets: () => buffer.subarray(0, length),
  };
}
