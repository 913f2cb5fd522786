/**
 * UID sets: sorted sets of positive numbers written as ranges, "1:3,7". Events name messages with them,
 * so one set has exactly one spelling here: numbers rise, ranges neither overlap nor touch, and a range of
 * one number is written as that number. The empty set is the empty string.
 *
 * Pure; imports nothing. Numbers are the nz-number of RFC 3501 section 9: 1 to 4294967295. What is not
 * canonical is refused with `MalformedUidSet`; what a client may write (`*`, any order) is the IMAP
 * grammar's matter, not ours.
 */

/** A set of UIDs in its one canonical spelling, for example "1:3,7". */
export type UidSet = string;

/** First and last UID, both inside; first <= last. */
export type UidRange = readonly [first: number, last: number];

/** The text was not a canonical UID set. `offset` is where the range in fault starts. */
export class MalformedUidSet extends Error {
  override readonly name = 'MalformedUidSet';
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`malformed UID set at offset ${offset}: ${reason}`);
    this.offset = offset;
  }
}

const uidMax = 4294967295;

/** Writes rising numbers as a UID set. Equal neighbours count once; a falling number is a `RangeError`. */
export function formatUidSet(sortedNumbers: Iterable<number>): UidSet {
  return formatUidRanges(rangesOf(sortedNumbers));
}

/** Writes ranges that already rise without overlap; neighbours that touch are joined. */
export function formatUidRanges(ranges: Iterable<UidRange>): UidSet {
  let text = '';
  let first = 0;
  let last = 0;
  for (const [from, to] of ranges) {
    if (first !== 0 && from === last + 1) {
      last = to;
      continue;
    }
    if (first !== 0) text += `${formatRange(first, last)},`;
    first = from;
    last = to;
  }
  return first === 0 ? text : text + formatRange(first, last);
}

/** Gathers rising numbers into ranges, as few as can be. */
export function* rangesOf(sortedNumbers: Iterable<number>): Generator<UidRange> {
  let first = 0;
  let last = 0;
  for (const number of sortedNumbers) {
    if (!Number.isInteger(number) || number < 1 || number > uidMax || number < last) {
      throw new RangeError(`UIDs must be whole, from 1 to ${uidMax}, and rise: ${number} after ${last}`);
    }
    if (number === last) continue;
    if (first !== 0 && number === last + 1) {
      last = number;
      continue;
    }
    if (first !== 0) yield [first, last];
    first = number;
    last = number;
  }
  if (first !== 0) yield [first, last];
}

/** Reads a canonical UID set. Throws `MalformedUidSet` for anything that `formatUidSet` would not write. */
export function parseUidSet(text: UidSet): readonly UidRange[] {
  if (text === '') return [];
  const ranges: UidRange[] = [];
  let offset = 0;
  let previousLast = -1;
  for (const item of text.split(',')) {
    const range = parseRange(item, offset);
    if (range[0] <= previousLast + 1) {
      throw new MalformedUidSet(`${item} does not lie beyond a gap after ${previousLast}`, offset);
    }
    ranges.push(range);
    previousLast = range[1];
    offset += item.length + 1;
  }
  return ranges;
}

/** How many UIDs the ranges hold. */
export function uidSetSize(ranges: readonly UidRange[]): number {
  let size = 0;
  for (const [first, last] of ranges) size += last - first + 1;
  return size;
}

/** Every UID, rising. */
export function* iterateUidSet(ranges: Iterable<UidRange>): Generator<number> {
  for (const [first, last] of ranges) {
    for (let uid = first; uid <= last; uid += 1) yield uid;
  }
}

function formatRange(first: number, last: number): string {
  return first === last ? `${first}` : `${first}:${last}`;
}

function parseRange(item: string, offset: number): UidRange {
  const colon = item.indexOf(':');
  const first = parseUid(colon === -1 ? item : item.slice(0, colon), offset);
  if (colon === -1) return [first, first];
  const last = parseUid(item.slice(colon + 1), offset);
  if (last <= first) throw new MalformedUidSet(`the range ${item} does not rise`, offset);
  return [first, last];
}

function parseUid(digits: string, offset: number): number {
  if (!/^[1-9][0-9]{0,9}$/.test(digits)) {
    throw new MalformedUidSet(`${JSON.stringify(digits.slice(0, 20))} is not a UID`, offset);
  }
  const uid = Number(digits);
  if (uid > uidMax) throw new MalformedUidSet(`${digits} is over ${uidMax}`, offset);
  return uid;
}
