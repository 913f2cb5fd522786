/**
 * Gathers the octets of one line from chunks. Holds at most `octetsMax`; what goes over is dropped but for
 * the line's last few octets, which are kept because a line that is refused may still announce a literal
 * whose octets must not be taken for commands.
 *
 * The buffer is made on first need and given back after each line: idle connections hold none.
 */
import { Buffer } from 'node:buffer';
import type { OctetString } from './command-parts.ts';

/** Room for the longest literal announcement and the line's end. */
const tailOctets = 64;

export interface GatheredLine {
  /** The line without CRLF (or LF); only its head when it was over the bound. */
  readonly text: OctetString;
  /** The line's last octets, without CRLF. The same as `text` when the line is short. */
  readonly tail: OctetString;
  /** Octets of the line that went over the bound. */
  readonly droppedOctets: number;
}

export interface LineGatherer {
  /** Octets that stand in memory. */
  readonly heldOctets: number;
  /** The line came whole in one chunk, `from` to `to` (the LF is at `to`). */
  take(chunk: Uint8Array, from: number, to: number, octetsMax: number): GatheredLine;
  /** A piece of a line whose end is not here yet. */
  add(chunk: Uint8Array, from: number, to: number, octetsMax: number): void;
  /** Octets of the line in work that went over the bound. */
  readonly droppedOctets: number;
  reset(): void;
}

export function createLineGatherer(): LineGatherer {
  let buffer = Buffer.alloc(0);
  let length = 0;
  let droppedOctets = 0;
  let tail = Buffer.alloc(0);

  const reset = (): void => {
    buffer = Buffer.alloc(0);
    length = 0;
    droppedOctets = 0;
    tail = Buffer.alloc(0);
  };

  const add = (chunk: Uint8Array, from: number, to: number, octetsMax: number): void => {
    const fits = Math.min(to - from, Math.max(0, octetsMax - length));
    if (length + fits > buffer.length) {
      const grown = Buffer.alloc(Math.max(256, buffer.length * 2, length + fits));
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
    }
    buffer.set(chunk.subarray(from, from + fits), length);
    length += fits;
    if (from + fits === to) return;
    droppedOctets += to - from - fits;
    const dropped = chunk.subarray(Math.max(from + fits, to - tailOctets), to);
    tail = Buffer.concat([tail, dropped]);
    if (tail.length > tailOctets) tail = Buffer.from(tail.subarray(-tailOctets));
  };

  return {
    get heldOctets() {
      return buffer.length + tail.length;
    },
    get droppedOctets() {
      return droppedOctets;
    },
    take(chunk, from, to, octetsMax) {
      if (length === 0 && droppedOctets === 0 && to - from <= octetsMax) {
        const text = withoutCr(octetsOf(chunk, from, to));
        return { text, tail: text, droppedOctets: 0 };
      }
      add(chunk, from, to, octetsMax);
      const head = octetsOf(buffer, 0, length);
      const whole = droppedOctets === 0;
      const line: GatheredLine = {
        text: whole ? withoutCr(head) : head,
        tail: withoutCr(whole ? head : head.slice(-tailOctets) + octetsOf(tail, 0, tail.length)),
        droppedOctets,
      };
      reset();
      return line;
    },
    add,
    reset,
  };
}

function octetsOf(bytes: Uint8Array, from: number, to: number): OctetString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}

function withoutCr(line: OctetString): OctetString {
  return line.charCodeAt(line.length - 1) === 0x0d ? line.slice(0, -1) : line;
}
