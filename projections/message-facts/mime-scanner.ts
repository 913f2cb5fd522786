/**
 * One pass over the octets of a message, in chunks of any size, that finds its MIME structure
 * (RFC 2045, RFC 2046): where headers and bodies begin and end, how many lines they have, what the
 * headers say. Nothing is decoded and nothing is refused: any octets are a message.
 *
 * Time is linear in the octets. Memory is bounded by the limits, whatever the size: of a chunk at most
 * the beginning of one line is kept for the next. A line ends with LF, before which one CR belongs to the
 * line end; a bare CR and a NUL are octets like others.
 */
import type { BoundaryMatch } from './boundary-set.ts';
import {
  beginEntity,
  closeInside,
  closeMessage,
  createEntityTree,
  type EntityTree,
  endHeader,
  endHeaderEarly,
  retireBoundary,
  searchesBoundaries,
} from './entity-tree.ts';
import type { MessageFacts, MimeLimits } from './message-facts.ts';
import { asBuffer } from './octets.ts';

export interface MimeScanner {
  /** The next octets. The chunk may be used again by the caller afterwards. */
  push(chunk: Uint8Array): void;
  /** Ends the message. Nothing may be pushed after it. */
  end(): MessageFacts;
}

interface Scan {
  readonly tree: EntityTree;
  /** Octets of a line that must be seen to tell a boundary, or the name of a field. */
  readonly lineHeadOctets: number;
  /** What was kept of the last chunk, and the newest chunk. */
  work: Buffer;
  /** Where `work` begins in the message. */
  base: number;
  /** The next octet in `work` that is not yet used. */
  at: number;
  /** The octet before `work`. */
  octetBefore: number;
  /** No more octets will come. */
  ended: boolean;
  mode: 'header' | 'body' | 'delimiter-to-part' | 'delimiter-to-epilogue';
  /** `at` is the first octet of a line. */
  atLineStart: boolean;
  /** Octets of the line end before this line, 0 when they belong to a header or delimiter before. */
  lineEndOctets: number;
  /** LFs so far, counted wherever somebody wants to know. */
  lines: number;
}

const lf = 0x0a;
const cr = 0x0d;
const hyphen = 0x2d;
const lineWithHyphens = Buffer.from('\n--', 'latin1');
const nothing = Buffer.alloc(0);

export function createMimeScanner(limits: MimeLimits): MimeScanner {
  const scan: Scan = {
    tree: createEntityTree(limits),
    lineHeadOctets: Math.max(limits.boundaryOctetsMax, 64) + 6,
    work: nothing,
    base: 0,
    at: 0,
    octetBefore: 0,
    ended: false,
    mode: 'header',
    atLineStart: true,
    lineEndOctets: 0,
    lines: 0,
  };
  return {
    push(chunk) {
      const rest = scan.work;
      scan.work = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk]);
      run(scan);
      keepRest(scan);
    },
    end() {
      scan.ended = true;
      run(scan);
      return finish(scan);
    },
  };
}

function run(scan: Scan): void {
  while (step(scan));
}

/** False when the octets at hand are used up, or too few to go on with. */
function step(scan: Scan): boolean {
  switch (scan.mode) {
    case 'header':
      return scanHeader(scan);
    case 'body':
      return scanBody(scan);
    case 'delimiter-to-part':
    case 'delimiter-to-epilogue':
      return skipDelimiterLine(scan);
    default:
      return scan.mode satisfies never;
  }
}

function keepRest(scan: Scan): void {
  if (scan.at > 0) scan.octetBefore = scan.work[scan.at - 1]!;
  scan.base += scan.at;
  scan.work = scan.at === scan.work.length ? nothing : Buffer.from(scan.work.subarray(scan.at));
  scan.at = 0;
}

function finish(scan: Scan): MessageFacts {
  const size = scan.base + scan.at;
  if (scan.mode === 'header') endHeaderEarly(scan.tree, size, scan.lines);
  return closeMessage(scan.tree, size, scan.lines);
}

function scanHeader(scan: Scan): boolean {
  const { fields } = scan.tree.open.at(-1)!;
  while (scan.at < scan.work.length) {
    const { work, at } = scan;
    const lineFeed = findLineFeed(work, at);
    const end = lineFeed < 0 ? work.length : lineFeed + 1;
    if (scan.atLineStart) {
      if (lineFeed < 0 && !scan.ended && work.length - at < scan.lineHeadOctets) return false;
      if (lineFeed === at || (lineFeed === at + 1 && work[at] === cr)) {
        useLine(scan, lineFeed);
        beginBody(scan);
        return true;
      }
      const match = boundaryAt(scan, lineFeed);
      if (match !== undefined) {
        const bodyEnd = bodyEndHere(scan);
        endHeaderEarly(scan.tree, bodyEnd.at, bodyEnd.lines);
        meetBoundary(scan, match, bodyEnd);
        return true;
      }
      fields.line(work, at, end);
    } else fields.more(work, at, end);
    if (lineFeed < 0) useAll(scan);
    else useLine(scan, lineFeed);
  }
  return false;
}

function scanBody(scan: Scan): boolean {
  const isSearching = searchesBoundaries(scan.tree);
  while (scan.at < scan.work.length) {
    const { work, at } = scan;
    if (isSearching && scan.atLineStart && work[at] === hyphen) {
      const lineFeed = findLineFeed(work, at);
      if (lineFeed < 0 && !scan.ended && work.length - at < scan.lineHeadOctets) return false;
      const match = boundaryAt(scan, lineFeed);
      if (match !== undefined) {
        meetBoundary(scan, match, bodyEndHere(scan));
        return true;
      }
    }
    if (scan.tree.lineCounters > 0) useToLineFeed(scan, findLineFeed(work, at));
    else if (isSearching) useToLineFeed(scan, findSuspect(work, at));
    else useAll(scan);
  }
  return false;
}

/** The line end before the next line that begins with two hyphens, or that might when more comes. */
function findSuspect(work: Buffer, from: number): number {
  const found = work.indexOf(lineWithHyphens, from);
  if (found >= 0) return found;
  const last = work.length - 1;
  if (work[last] === lf) return last;
  return last > from && work[last] === hyphen && work[last - 1] === lf ? last - 1 : -1;
}

function skipDelimiterLine(scan: Scan): boolean {
  const lineFeed = findLineFeed(scan.work, scan.at);
  useToLineFeed(scan, lineFeed);
  if (lineFeed < 0) return false;
  if (scan.mode === 'delimiter-to-epilogue') {
    scan.mode = 'body';
    return true;
  }
  beginEntity(scan.tree, scan.base + scan.at, false);
  beginHeader(scan);
  return true;
}

function beginHeader(scan: Scan): void {
  scan.mode = 'header';
  scan.atLineStart = true;
  scan.lineEndOctets = 0;
}

/** The header has ended with its empty line; in a message/rfc822 another header begins. */
function beginBody(scan: Scan): void {
  const isMessage = endHeader(scan.tree, scan.base + scan.at, scan.lines);
  scan.mode = isMessage ? 'header' : 'body';
  scan.lineEndOctets = 0;
}

/** The boundary that the line at hand begins with. `lineFeed`: its end, negative when out of reach. */
function boundaryAt(scan: Scan, lineFeed: number): BoundaryMatch | undefined {
  const { work, at } = scan;
  if (work[at] !== hyphen || work[at + 1] !== hyphen || !searchesBoundaries(scan.tree)) return undefined;
  if (lineFeed < 0) return scan.tree.boundaries.match(work, at + 2, work.length, scan.ended);
  const end = lineFeed - (work[lineFeed - 1] === cr ? 1 : 0);
  return scan.tree.boundaries.match(work, at + 2, end, true);
}

interface BodyEnd {
  readonly at: number;
  /** LFs of the message before it. */
  readonly lines: number;
}

/** Where the bodies end whose boundary this line is: the line end before it belongs to the boundary. */
function bodyEndHere(scan: Scan): BodyEnd {
  return {
    at: scan.base + scan.at - scan.lineEndOctets,
    lines: scan.lineEndOctets > 0 ? scan.lines - 1 : scan.lines,
  };
}

function meetBoundary(scan: Scan, match: BoundaryMatch, bodyEnd: BodyEnd): void {
  closeInside(scan.tree, match.owner, bodyEnd.at, bodyEnd.lines);
  const { work } = scan;
  const behind = scan.at + 2 + match.length;
  const isClosing = work[behind] === hyphen && work[behind + 1] === hyphen;
  if (isClosing) retireBoundary(scan.tree, match.owner);
  scan.mode = isClosing ? 'delimiter-to-epilogue' : 'delimiter-to-part';
  scan.at = behind;
  scan.atLineStart = false;
}

/** Most lines are long, and there the search of the runtime is many times faster than a loop; but a
 * call for each octet of a flood of empty lines would be slower. */
function findLineFeed(work: Buffer, from: number): number {
  const near = Math.min(from + 8, work.length);
  for (let at = from; at < near; at += 1) {
    if (work[at] === lf) return at;
  }
  return near === work.length ? -1 : work.indexOf(lf, near);
}

function useToLineFeed(scan: Scan, lineFeed: number): void {
  if (lineFeed < 0) useAll(scan);
  else useLine(scan, lineFeed);
}

function useLine(scan: Scan, lineFeed: number): void {
  const before = lineFeed > 0 ? scan.work[lineFeed - 1] : scan.octetBefore;
  scan.lineEndOctets = before === cr ? 2 : 1;
  scan.lines += 1;
  scan.at = lineFeed + 1;
  scan.atLineStart = true;
}

function useAll(scan: Scan): void {
  if (scan.at === scan.work.length) return;
  scan.at = scan.work.length;
  scan.atLineStart = false;
}
