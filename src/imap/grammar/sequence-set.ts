/**
 * Sequence sets as clients write them (RFC 3501 section 9, sequence-set): message numbers or UIDs, in any
 * order, overlapping, with `*` for the largest in use, or `$` for the saved search result (RFC 5182).
 *
 * `resolveSequenceSet` turns one into rising ranges for a mailbox; `events/uid-set.ts` writes and iterates
 * those. Parsing throws `SyntaxFault`.
 */
import type { UidRange } from '../../../events/uid-set.ts';
import { type Cursor, fail, peek, skip } from './cursor.ts';
import { nzNumber } from './values.ts';

export type SequenceNumber = number | '*';

export type SequenceSet =
  | { readonly kind: 'ranges'; readonly ranges: readonly (readonly [SequenceNumber, SequenceNumber])[] }
  /** `$`: what the last SEARCH RETURN (SAVE) found. */
  | { readonly kind: 'saved' };

export function sequenceSet(cursor: Cursor): SequenceSet {
  if (skip(cursor, '$')) return { kind: 'saved' };
  const ranges: (readonly [SequenceNumber, SequenceNumber])[] = [];
  do ranges.push(sequenceRange(cursor));
  while (skip(cursor, ','));
  return { kind: 'ranges', ranges };
}

/** Whether a sequence set may begin here; search keys and set are told apart by it. */
export function atSequenceSet(cursor: Cursor): boolean {
  return /^[0-9*$]$/.test(peek(cursor));
}

/** A set of plain numbers, as QRESYNC's known UIDs: no `*`, no `$` (RFC 7162 section 3.2.5). */
export function numberSet(cursor: Cursor): readonly UidRange[] {
  const set = sequenceSet(cursor);
  if (set.kind === 'saved') fail('Numbers expected');
  return normalise(
    set.ranges.map(([from, to]) => {
      if (from === '*' || to === '*') fail('* not allowed here');
      return from <= to ? [from, to] : [to, from];
    }),
  );
}

function sequenceRange(cursor: Cursor): readonly [SequenceNumber, SequenceNumber] {
  const from = sequenceNumber(cursor);
  return [from, skip(cursor, ':') ? sequenceNumber(cursor) : from];
}

function sequenceNumber(cursor: Cursor): SequenceNumber {
  return skip(cursor, '*') ? '*' : nzNumber(cursor, 'Sequence set');
}

/**
 * The set as rising ranges that neither overlap nor touch, none beyond `largest`: the message count, or the
 * largest UID in the mailbox. `*` is `largest` and `5:*` names it even when it is below 5 (RFC 3501
 * section 6.4.8). In an empty mailbox (`largest` 0) every set is empty.
 */
export function resolveSequenceSet(
  set: SequenceSet & { readonly kind: 'ranges' },
  largest: number,
): readonly UidRange[] {
  if (largest === 0) return [];
  const ranges: UidRange[] = [];
  for (const [from, to] of set.ranges) {
    const a = from === '*' ? largest : from;
    const b = to === '*' ? largest : to;
    const first = Math.min(a, b);
    if (first <= largest) ranges.push([first, Math.min(Math.max(a, b), largest)]);
  }
  return normalise(ranges);
}

/** The largest number that the set names outright; 0 when it names only `*`. Beyond the count, BAD is due. */
export function largestNamed(set: SequenceSet & { readonly kind: 'ranges' }): number {
  let largest = 0;
  for (const range of set.ranges) {
    for (const end of range) if (end !== '*' && end > largest) largest = end;
  }
  return largest;
}

/** Sorts ranges and joins those that overlap or touch. Each must have first <= last. */
function normalise(ranges: readonly UidRange[]): readonly UidRange[] {
  const joined: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const previous = joined.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** Whether rising ranges hold `number`. */
export function rangesInclude(ranges: readonly UidRange[], number: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range === undefined) return false;
    if (number < range[0]) high = middle - 1;
    else if (number > range[1]) low = middle + 1;
    else return true;
  }
  return false;
}
