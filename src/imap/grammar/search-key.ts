/**
 * Search keys (RFC 3501 section 6.4.4): a table from name to parser, and the tree they make. NOT, OR and
 * brackets nest up to `limits.imap.nestingDepthMax`, so that whoever walks the tree may recurse. Keys of
 * extensions stand in `search-extensions.ts`. Parsers throw `SyntaxFault`.
 */
import type { OctetString } from './command-parts.ts';
import { type Cursor, fail, nested, peek, space, word } from './cursor.ts';
import { searchDay } from './date-time.ts';
import { type SearchExtensionKey, searchExtensionKeys } from './search-extensions.ts';
import { atSequenceSet, type SequenceSet, sequenceSet } from './sequence-set.ts';
import { astring, atom, list, number64 } from './values.ts';

const plainKeys = [
  'ALL',
  'ANSWERED',
  'DELETED',
  'DRAFT',
  'FLAGGED',
  'NEW',
  'OLD',
  'RECENT',
  'SEEN',
  'UNANSWERED',
  'UNDELETED',
  'UNDRAFT',
  'UNFLAGGED',
  'UNSEEN',
] as const;
const textKeys = ['BCC', 'BODY', 'CC', 'FROM', 'SUBJECT', 'TEXT', 'TO'] as const;
const dayKeys = ['BEFORE', 'ON', 'SINCE', 'SENTBEFORE', 'SENTON', 'SENTSINCE'] as const;

export type SearchKey =
  | { readonly kind: (typeof plainKeys)[number] }
  | { readonly kind: (typeof textKeys)[number]; readonly text: OctetString }
  /** Empty text: the field is there. */
  | { readonly kind: 'HEADER'; readonly field: OctetString; readonly text: OctetString }
  /** Days since 1 January 1970. */
  | { readonly kind: (typeof dayKeys)[number]; readonly day: number }
  | { readonly kind: 'KEYWORD' | 'UNKEYWORD'; readonly keyword: OctetString }
  | { readonly kind: 'LARGER' | 'SMALLER'; readonly octets: number }
  /** Message numbers, and UIDs after the key UID. */
  | { readonly kind: 'SEQUENCE' | 'UID'; readonly set: SequenceSet }
  | { readonly kind: 'NOT'; readonly key: SearchKey }
  | { readonly kind: 'OR'; readonly either: SearchKey; readonly or: SearchKey }
  /** Brackets: all must match. */
  | { readonly kind: 'AND'; readonly keys: readonly SearchKey[] }
  | SearchExtensionKey;

type KeyParser = (cursor: Cursor) => SearchKey;

const keyParsers = new Map<string, KeyParser>([
  ...plainKeys.map((kind): [string, KeyParser] => [kind, () => ({ kind })]),
  ...textKeys.map((kind): [string, KeyParser] => [kind, (cursor) => ({ kind, text: spacedText(cursor) })]),
  ...dayKeys.map((kind): [string, KeyParser] => [
    kind,
    (cursor) => {
      space(cursor);
      return { kind, day: searchDay(cursor) };
    },
  ]),
  ['HEADER', header],
  ['KEYWORD', (cursor) => ({ kind: 'KEYWORD', keyword: keyword(cursor) })],
  ['UNKEYWORD', (cursor) => ({ kind: 'UNKEYWORD', keyword: keyword(cursor) })],
  ['LARGER', (cursor) => ({ kind: 'LARGER', octets: octets(cursor) })],
  ['SMALLER', (cursor) => ({ kind: 'SMALLER', octets: octets(cursor) })],
  ['UID', uid],
  ['NOT', (cursor) => ({ kind: 'NOT', key: spacedKey(cursor) })],
  ['OR', (cursor) => ({ kind: 'OR', either: spacedKey(cursor), or: spacedKey(cursor) })],
  ...searchExtensionKeys,
]);

export function searchKey(cursor: Cursor): SearchKey {
  return nested(cursor, () => {
    if (peek(cursor) === '(') return { kind: 'AND', keys: list(cursor, searchKey, 'search keys') };
    if (atSequenceSet(cursor)) return { kind: 'SEQUENCE', set: sequenceSet(cursor) };
    const parse = keyParsers.get(word(cursor, 'Search key')) ?? fail('Unknown search key');
    return parse(cursor);
  });
}

function spacedKey(cursor: Cursor): SearchKey {
  space(cursor);
  return searchKey(cursor);
}

function spacedText(cursor: Cursor): OctetString {
  space(cursor);
  return astring(cursor, 'Search text');
}

function header(cursor: Cursor): SearchKey {
  space(cursor);
  const field = astring(cursor, 'Field name');
  return { kind: 'HEADER', field, text: spacedText(cursor) };
}

function keyword(cursor: Cursor): OctetString {
  space(cursor);
  return atom(cursor, 'Keyword');
}

function octets(cursor: Cursor): number {
  space(cursor);
  return number64(cursor, 'Size');
}

function uid(cursor: Cursor): SearchKey {
  space(cursor);
  return { kind: 'UID', set: sequenceSet(cursor) };
}
