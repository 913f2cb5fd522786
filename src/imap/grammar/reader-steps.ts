/**
 * The steps of the command reader: from what was received to the next event, one change of state at a time.
 * `command-reader.ts` says what the events mean and is the way in; sessions take only types from here. A step
 * never calls the next one, so that no input makes the stack grow.
 */
import type { SimpleResponseCode } from '../responses/response-code.ts';
import {
  type CommandPart,
  endsInsideQuotes,
  type LiteralHead,
  literalSuffix,
  type OctetString,
} from './command-parts.ts';
import type { InputQueue } from './input-queue.ts';
import type { GatheredLine, LineGatherer } from './line-gatherer.ts';
import type { OctetGatherer } from './octet-gatherer.ts';
import { readTag } from './tag.ts';

/** Why a command ends before its time: what the tagged reply will say. */
export interface Refusal {
  readonly status: 'NO' | 'BAD';
  readonly code?: SimpleResponseCode;
  readonly text: string;
}

export type ReaderEvent =
  /** Parts for `parseCommand`. */
  | { readonly kind: 'command'; readonly parts: readonly CommandPart[] }
  /** The line that `expectLine` asked for: a SASL response or DONE. */
  | { readonly kind: 'line'; readonly text: OctetString }
  /** The session must `accept` or `refuse`; until then `next` gives undefined. */
  | { readonly kind: 'literal'; readonly head: LiteralHead; readonly prefix: readonly CommandPart[] }
  /** A view of the chunk that was pushed. */
  | { readonly kind: 'literal-data'; readonly octets: Uint8Array }
  | { readonly kind: 'literal-end' }
  /** The time to send the tagged reply; `tag` is `*` when none could be read. */
  | { readonly kind: 'refused'; readonly tag: string; readonly refusal: Refusal }
  /** Say BYE and close. */
  | { readonly kind: 'fatal'; readonly text: string };

export interface ReaderLimits {
  readonly lineOctetsMax: number;
  readonly literalOctetsMax: number;
  readonly discardOctetsMax: number;
}

export type State =
  | { readonly kind: 'line' }
  | { readonly kind: 'expected-line' }
  | { readonly kind: 'undecided'; readonly head: LiteralHead }
  | { readonly kind: 'gathering'; readonly head: LiteralHead; readonly gathered: OctetGatherer }
  | { readonly kind: 'streaming'; readonly head: LiteralHead; left: number }
  /** Passing over a refused literal's octets. */
  | { readonly kind: 'discarding'; readonly refusal: Refusal; left: number }
  /** Passing over the line after it. */
  | { readonly kind: 'skipping-line'; readonly refusal: Refusal }
  /** The command is over; its reply is still to be announced. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'flooded' }
  | { readonly kind: 'dead' };

/** What the reader knows between two events. */
export interface Reading {
  bounds: ReaderLimits;
  state: State;
  readonly input: InputQueue;
  readonly line: LineGatherer;
  parts: CommandPart[];
  tag: string;
  lineOctets: number;
  literalOctets: number;
  discardedOctets: number;
}

/** What one step came to: an event, `again` after a change of state, `starved` when octets are missing. */
export type Step = ReaderEvent | 'again' | 'starved';

const lineTooLong: Refusal = { status: 'BAD', text: 'Command line too long' };
export const literalTooBig: Refusal = { status: 'BAD', code: 'TOOBIG', text: 'Literal too big' };

export function refuseLiteral(reading: Reading, head: LiteralHead, refusal: Refusal): void {
  reading.parts = [];
  if (head.synchronising) reading.state = { kind: 'refused', refusal };
  else discard(reading, head.size, refusal);
}

/** Passes over octets that are on their way though no one wants them. */
export function discard(reading: Reading, octets: number, refusal: Refusal): void {
  reading.parts = [];
  reading.discardedOctets += octets;
  const flooded = reading.discardedOctets > reading.bounds.discardOctetsMax;
  reading.state = flooded ? { kind: 'flooded' } : { kind: 'discarding', refusal, left: octets };
}

export function step(reading: Reading): Step {
  const { state } = reading;
  switch (state.kind) {
    case 'line':
      return readLine(reading);
    case 'expected-line':
      return readExpectedLine(reading);
    case 'gathering':
      return gather(reading, state);
    case 'streaming':
      return stream(reading, state);
    case 'discarding':
      return passOver(reading, state);
    case 'skipping-line':
      return skipLine(reading, state.refusal);
    case 'refused':
      return endRefused(reading, state.refusal);
    case 'flooded':
      return die(reading);
    case 'undecided':
    case 'dead':
      return 'starved';
    default:
      return state satisfies never;
  }
}

function readLine(reading: Reading): Step {
  const taken = takeLine(reading, reading.bounds.lineOctetsMax - reading.lineOctets);
  if (typeof taken === 'string') return taken;
  if (reading.parts.length === 0) reading.tag = readTag(taken.text) ?? '*';
  if (taken.droppedOctets > 0) return endUnwantedLine(reading, lineTooLong, taken.tail);
  reading.lineOctets += taken.text.length;
  const suffix = literalSuffix(taken.text);
  if (suffix === undefined || endsInsideQuotes(taken.text)) {
    const parts = [...reading.parts, taken.text];
    startCommand(reading);
    return { kind: 'command', parts };
  }
  const { head, start } = suffix;
  if (!Number.isSafeInteger(head.size)) {
    refuseLiteral(reading, head, literalTooBig);
    return 'again';
  }
  reading.parts.push(taken.text.slice(0, start));
  reading.state = { kind: 'undecided', head };
  return { kind: 'literal', head, prefix: [...reading.parts] };
}

function readExpectedLine(reading: Reading): Step {
  const taken = takeLine(reading, reading.bounds.lineOctetsMax);
  if (typeof taken === 'string') return taken;
  if (taken.droppedOctets > 0) return endRefused(reading, lineTooLong);
  startCommand(reading);
  return { kind: 'line', text: taken.text };
}

function skipLine(reading: Reading, refusal: Refusal): Step {
  const taken = takeLine(reading, 0);
  return typeof taken === 'string' ? taken : endUnwantedLine(reading, refusal, taken.tail);
}

/** A refused command's line ended: the command is over unless a literal's octets follow uninvited. */
function endUnwantedLine(reading: Reading, refusal: Refusal, tail: OctetString): Step {
  const suffix = literalSuffix(tail);
  if (suffix === undefined || suffix.head.synchronising) return endRefused(reading, refusal);
  discard(reading, suffix.head.size, refusal);
  return 'again';
}

/** The line in work, up to `octetsMax` of it; what goes over counts as passed over. */
function takeLine(reading: Reading, octetsMax: number): GatheredLine | 'starved' | 'again' {
  const { input, line } = reading;
  let taken: GatheredLine | undefined;
  for (let chunk = input.current(); chunk !== undefined && taken === undefined; chunk = input.current()) {
    const lineEnd = chunk.indexOf(0x0a);
    if (lineEnd === -1) line.add(chunk, 0, chunk.length, octetsMax);
    else taken = line.take(chunk, 0, lineEnd, octetsMax);
    input.skip(lineEnd === -1 ? chunk.length : lineEnd + 1);
  }
  const discarded = reading.discardedOctets + (taken ?? line).droppedOctets;
  if (discarded > reading.bounds.discardOctetsMax) {
    reading.state = { kind: 'flooded' };
    return 'again';
  }
  if (taken === undefined) return 'starved';
  reading.discardedOctets = discarded;
  return taken;
}

function gather(reading: Reading, { head, gathered }: State & { kind: 'gathering' }): Step {
  while (gathered.left > 0) {
    const octets = reading.input.take(gathered.left);
    if (octets === undefined) return 'starved';
    gathered.add(octets);
  }
  const { size, binary } = head;
  reading.parts.push({ kind: 'gathered', size, binary, octets: gathered.octets() });
  reading.state = { kind: 'line' };
  return 'again';
}

function stream(reading: Reading, streaming: State & { kind: 'streaming' }): Step {
  if (streaming.left === 0) {
    const { size, binary } = streaming.head;
    reading.parts.push({ kind: 'streamed', size, binary });
    reading.state = { kind: 'line' };
    return { kind: 'literal-end' };
  }
  const octets = reading.input.take(streaming.left);
  if (octets === undefined) return 'starved';
  streaming.left -= octets.length;
  return { kind: 'literal-data', octets };
}

function passOver(reading: Reading, discarding: State & { kind: 'discarding' }): Step {
  while (discarding.left > 0) {
    const octets = reading.input.take(discarding.left);
    if (octets === undefined) return 'starved';
    discarding.left -= octets.length;
  }
  reading.state = { kind: 'skipping-line', refusal: discarding.refusal };
  return 'again';
}

function endRefused(reading: Reading, refusal: Refusal): Step {
  const { tag } = reading;
  startCommand(reading);
  return { kind: 'refused', tag, refusal };
}

function die(reading: Reading): Step {
  startCommand(reading);
  reading.state = { kind: 'dead' };
  reading.line.reset();
  reading.input.takeAll();
  return { kind: 'fatal', text: 'Too much input that is no command' };
}

function startCommand(reading: Reading): void {
  reading.state = { kind: 'line' };
  reading.parts = [];
  reading.tag = '*';
  reading.lineOctets = 0;
  reading.literalOctets = 0;
  reading.discardedOctets = 0;
}
