/**
 * Search keys of extensions: WITHIN (RFC 5032), CONDSTORE's MODSEQ (RFC 7162), OBJECTID (RFC 8474), SAVEDATE
 * (RFC 8514). A session refuses those that it does not offer. Parsers throw `SyntaxFault`.
 */
import type { OctetString } from './command-parts.ts';
import { type Cursor, fail, peek, space, word } from './cursor.ts';
import { searchDay } from './date-time.ts';
import { atom, modSequence, nzNumber, quoted } from './values.ts';

const savedDayKeys = ['SAVEDBEFORE', 'SAVEDON', 'SAVEDSINCE'] as const;

export type SearchExtensionKey =
  | { readonly kind: 'OLDER' | 'YOUNGER'; readonly seconds: number }
  | {
      readonly kind: 'MODSEQ';
      readonly modseq: number;
      /** RFC 7162 section 3.1.5: which metadata item; a server with one modseq per message passes over it. */
      readonly entry?: { readonly name: OctetString; readonly type: 'priv' | 'shared' | 'all' };
    }
  | { readonly kind: 'EMAILID' | 'THREADID'; readonly id: string }
  | { readonly kind: (typeof savedDayKeys)[number]; readonly day: number }
  | { readonly kind: 'SAVEDATESUPPORTED' };

type KeyParser = (cursor: Cursor) => SearchExtensionKey;

export const searchExtensionKeys: readonly (readonly [string, KeyParser])[] = [
  ['OLDER', (cursor) => ({ kind: 'OLDER', seconds: seconds(cursor) })],
  ['YOUNGER', (cursor) => ({ kind: 'YOUNGER', seconds: seconds(cursor) })],
  ['MODSEQ', modseqKey],
  ['EMAILID', (cursor) => ({ kind: 'EMAILID', id: objectId(cursor) })],
  ['THREADID', (cursor) => ({ kind: 'THREADID', id: objectId(cursor) })],
  ...savedDayKeys.map((kind): [string, KeyParser] => [
    kind,
    (cursor) => {
      space(cursor);
      return { kind, day: searchDay(cursor) };
    },
  ]),
  ['SAVEDATESUPPORTED', () => ({ kind: 'SAVEDATESUPPORTED' })],
];

/** RFC 5032 section 3: nz-number. */
function seconds(cursor: Cursor): number {
  space(cursor);
  return nzNumber(cursor, 'Interval');
}

/** `MODSEQ 620162338` or `MODSEQ "/flags/\\draft" all 620162338` */
function modseqKey(cursor: Cursor): SearchExtensionKey {
  space(cursor);
  if (peek(cursor) !== '"') return { kind: 'MODSEQ', modseq: modSequence(cursor) };
  const name = quoted(cursor);
  space(cursor);
  const type = word(cursor, 'Entry type').toLowerCase();
  if (type !== 'priv' && type !== 'shared' && type !== 'all') fail('Unknown entry type');
  space(cursor);
  return { kind: 'MODSEQ', modseq: modSequence(cursor), entry: { name, type } };
}

/** RFC 8474 section 7, objectid: 1 to 255 of letters, digits, `_` and `-`. */
function objectId(cursor: Cursor): string {
  space(cursor);
  const text = atom(cursor, 'Object id');
  return /^[A-Za-z0-9_-]{1,255}$/.test(text) ? text : fail('Invalid object id');
}
