/**
 * Cuts the octets of a connection into commands. Nothing here knows what a command means; the only thing
 * it reads is where a line ends and whether it announces a literal.
 *
 * The session pulls: `push` what the socket gave, then call `next` until it gives undefined. Nothing is read
 * ahead, so that STARTTLS, AUTHENTICATE and IDLE may change what the following octets mean between two
 * events. When a line announces a literal the event `literal` shows the command so far, and the session
 * decides before it goes on:
 *
 * - `accept('gather')`: the octets become part of the command (within the bound, else the reader refuses);
 * - `accept('stream')`: they come as `literal-data` events, for messages of any size in bounded memory;
 * - `refuse(...)`: a synchronising literal ends the command at once; the octets of a non-synchronising one
 *   are on their way whether we like it or not (RFC 7888 section 4), so exactly that many are passed over,
 *   and the rest of the command too. Either way one `refused` event says when to send the reply.
 *
 * Lines end with CRLF; a bare LF is taken as well, as other servers do. Faults: a line over the bound is a
 * `refused` event and the next line is read as a new command; input that would have to be passed over
 * beyond all measure is `fatal`, after which there are no more events. Chunk borders change nothing but
 * the cuts of `literal-data`.
 */
import { limits } from '../../limits.ts';
import { createInputQueue } from './input-queue.ts';
import { createLineGatherer } from './line-gatherer.ts';
import { createOctetGatherer } from './octet-gatherer.ts';
import {
  discard,
  literalTooBig,
  type ReaderEvent,
  type ReaderLimits,
  type Reading,
  type Refusal,
  refuseLiteral,
  step,
} from './reader-steps.ts';

export interface CommandReader {
  /** The reader keeps the chunk. False: stop reading the socket until `next` gives undefined. */
  push(chunk: Uint8Array): boolean;
  next(): ReaderEvent | undefined;
  /** True: the client waits for the continuation line; write it now. */
  accept(how: 'gather' | 'stream'): boolean;
  /** Instead of `accept`, or while streaming when the sink failed. */
  refuse(refusal: Refusal): void;
  /** The next line is not a command but the answer to a continuation. */
  expectLine(): void;
  setLimits(limits: ReaderLimits): void;
  /** Takes away what was received but not yet read: injected before TLS, or compressed after COMPRESS. */
  takeUnread(): Uint8Array;
  /** Octets in memory: unread input and the command in work. */
  readonly heldOctets: number;
}

export function createCommandReader(initialLimits: ReaderLimits = limits.imap.beforeLogin): CommandReader {
  const reading: Reading = {
    bounds: initialLimits,
    state: { kind: 'line' },
    input: createInputQueue(),
    line: createLineGatherer(),
    parts: [],
    tag: '*',
    lineOctets: 0,
    literalOctets: 0,
    discardedOctets: 0,
  };
  return {
    push: (chunk) => push(reading, chunk),
    next() {
      for (;;) {
        const came = step(reading);
        if (came === 'starved') return undefined;
        if (came !== 'again') return came;
      }
    },
    accept: (how) => accept(reading, how),
    refuse: (refusal) => refuse(reading, refusal),
    expectLine() {
      if (reading.state.kind !== 'line' || reading.parts.length > 0) throw outOfTurn('expectLine', reading);
      reading.state = { kind: 'expected-line' };
    },
    setLimits(bounds) {
      reading.bounds = bounds;
    },
    takeUnread() {
      reading.line.reset();
      return reading.input.takeAll();
    },
    get heldOctets() {
      return heldOctets(reading);
    },
  };
}

function push(reading: Reading, chunk: Uint8Array): boolean {
  if (reading.state.kind === 'dead') return false;
  const waiting = reading.input.octets + chunk.length;
  if (reading.input.octets > 0 && waiting > limits.imap.waitingInputOctetsMax) {
    throw new RangeError(`${waiting} octets of input wait: the socket was not paused when push said so`);
  }
  reading.input.push(chunk);
  return waiting < limits.imap.waitingInputOctetsMax / 2;
}

function accept(reading: Reading, how: 'gather' | 'stream'): boolean {
  if (reading.state.kind !== 'undecided') throw outOfTurn('accept', reading);
  const { head } = reading.state;
  if (how === 'stream') {
    reading.state = { kind: 'streaming', head, left: head.size };
    return head.synchronising;
  }
  if (reading.literalOctets + head.size > reading.bounds.literalOctetsMax) {
    refuse(reading, literalTooBig);
    return false;
  }
  reading.literalOctets += head.size;
  reading.state = { kind: 'gathering', head, gathered: createOctetGatherer(head.size) };
  return head.synchronising;
}

function refuse(reading: Reading, refusal: Refusal): void {
  if (reading.state.kind === 'undecided') refuseLiteral(reading, reading.state.head, refusal);
  else if (reading.state.kind === 'streaming') discard(reading, reading.state.left, refusal);
  else throw outOfTurn('refuse', reading);
}

function heldOctets({ input, line, parts, state }: Reading): number {
  let octets = input.octets + line.heldOctets;
  if (state.kind === 'gathering') octets += state.gathered.heldOctets;
  for (const part of parts) {
    if (typeof part === 'string') octets += part.length;
    else if (part.kind === 'gathered') octets += part.octets.length;
  }
  return octets;
}

function outOfTurn(call: string, reading: Reading): Error {
  return new Error(`${call} in reader state ${reading.state.kind}`);
}
