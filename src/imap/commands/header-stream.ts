/**
 * HEADER.FIELDS of a header too big to hold: the same choice as `filterHeaderFields`, made while the octets
 * pass. The length must be known before the first octet leaves, so the header is read twice.
 */
import type { OctetRange } from '../../../projections/message-facts/section-range.ts';
import type { MessageContent } from '../../mail/mailbox-access.ts';
import type { Partial } from '../grammar/section.ts';
import type { OctetSource } from '../responses/response-pieces.ts';

export interface HeaderChoice {
  readonly names: readonly string[];
  readonly not: boolean;
}

const lf = 0x0a;
const cr = 0x0d;
const colon = 0x3a;
/** A longer beginning of a line is no field name anybody asks for. */
const nameOctetsMax = 1_000;

export async function streamHeaderFields(
  content: MessageContent,
  range: OctetRange,
  choice: HeaderChoice,
  partial: Partial | undefined,
): Promise<OctetSource> {
  const from = partial?.offset ?? 0;
  const to = partial === undefined ? Number.POSITIVE_INFINITY : from + partial.count;
  const pieces = (): AsyncGenerator<Uint8Array> =>
    between(choose(content.read(range.offset, range.length), choice), from, to);
  let length = 0;
  for await (const piece of pieces()) length += piece.length;
  return { length, open: pieces };
}

async function* between(
  pieces: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of pieces) {
    const kept = piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += piece.length;
    if (kept.length > 0) yield kept;
    if (at >= to) return;
  }
}

/** The lines of the chosen fields, and the empty line. */
export async function* choose(
  chunks: AsyncIterable<Uint8Array>,
  choice: HeaderChoice,
): AsyncGenerator<Uint8Array> {
  const filter = createFilter(choice);
  for await (const chunk of chunks) yield* filter.push(chunk);
  yield* filter.end();
}

interface Filter {
  push(chunk: Uint8Array): Generator<Uint8Array>;
  end(): Generator<Uint8Array>;
}

function createFilter({ names, not }: HeaderChoice): Filter {
  const named = new Set(names.map((name) => asciiLower(name)).filter((name) => name !== ''));
  /** The beginning of a line that has not been decided on. */
  let undecided = '';
  let isDecided = false;
  let isFirstLine = true;
  let keeps = false;

  /** Undefined: more of the line has to be seen. */
  function decide(line: string, isWhole: boolean): boolean | undefined {
    if (line === '\n' || line === '\r\n') return true;
    if (line === '\r' && !isWhole) return undefined;
    if (!isFirstLine && (line.startsWith(' ') || line.startsWith('\t'))) return keeps;
    const end = line.indexOf(':');
    if (end === -1 && !isWhole && line.length < nameOctetsMax) return undefined;
    const name = end === -1 ? '' : asciiLower(line.slice(0, end).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''));
    return named.has(name) !== not;
  }

  function* push(chunk: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    while (at < chunk.length) {
      const lineFeed = chunk.indexOf(lf, at);
      const end = lineFeed === -1 ? chunk.length : lineFeed + 1;
      if (isDecided) {
        if (keeps) yield chunk.subarray(at, end);
        at = end;
      } else {
        const stop = Math.min(end, decisiveEnd(chunk, at, end));
        undecided += Buffer.from(chunk.subarray(at, stop)).toString('latin1');
        at = stop;
        yield* settle(undecided.endsWith('\n'));
      }
      if (lineFeed !== -1 && at === end) nextLine();
    }
  }

  function* settle(isWhole: boolean): Generator<Uint8Array> {
    const decision = decide(undecided, isWhole);
    if (decision === undefined) return;
    keeps = decision;
    isDecided = true;
    if (keeps) yield Buffer.from(undecided, 'latin1');
    undecided = '';
  }

  function nextLine(): void {
    isFirstLine = false;
    isDecided = false;
    undecided = '';
  }

  return {
    push,
    *end() {
      if (!isDecided && undecided !== '') yield* settle(true);
    },
  };
}

/** How much of an undecided line is worth looking at: up to its colon, and never more than a name's length. */
function decisiveEnd(chunk: Uint8Array, from: number, end: number): number {
  const found = chunk.subarray(from, Math.min(end, from + nameOctetsMax)).indexOf(colon);
  if (found !== -1) return from + found + 1;
  return chunk[from] === cr && from + 1 < end ? Math.min(end, from + 2) : Math.min(end, from + nameOctetsMax);
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
