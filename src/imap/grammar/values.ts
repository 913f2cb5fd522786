/**
 * The values that IMAP commands are made of: atoms, strings, numbers, lists (RFC 3501 section 9). All text
 * is octet strings. Parsers throw `SyntaxFault`.
 */
import { Buffer } from 'node:buffer';
import { charClass } from './characters.ts';
import type { OctetString } from './command-parts.ts';
import {
  atLiteral,
  type Cursor,
  countToken,
  endsHere,
  expect,
  fail,
  nested,
  peek,
  skip,
  skipWord,
  space,
  takeLiteral,
  takeWhile,
} from './cursor.ts';

export function atom(cursor: Cursor, what: string): OctetString {
  countToken(cursor);
  const taken = takeWhile(cursor, charClass.atom);
  if (taken === '') fail(`${what} expected`);
  return taken;
}

/** astring: an atom (which may have `]`), a quoted string or a literal. */
export function astring(cursor: Cursor, what: string): OctetString {
  return atomOrString(cursor, charClass.astring, what);
}

/** list-mailbox: as astring, and wildcards need no quotes. */
export function listPattern(cursor: Cursor): OctetString {
  return atomOrString(cursor, charClass.list, 'Mailbox pattern');
}

function atomOrString(cursor: Cursor, bits: number, what: string): OctetString {
  if (peek(cursor) === '"' || atLiteral(cursor)) return string(cursor, what);
  countToken(cursor);
  const taken = takeWhile(cursor, bits);
  if (taken === '') fail(`${what} expected`);
  return taken;
}

/** string: quoted or a literal. */
export function string(cursor: Cursor, what: string): OctetString {
  if (atLiteral(cursor)) return literalText(cursor);
  if (peek(cursor) !== '"') fail(`${what} expected`);
  return quoted(cursor);
}

/** nstring: a string or NIL. */
export function nstring(cursor: Cursor, what: string): OctetString | null {
  return skipWord(cursor, 'NIL') ? null : string(cursor, what);
}

export function quoted(cursor: Cursor): OctetString {
  countToken(cursor);
  expect(cursor, '"', 'Quoted string');
  let text = takeWhile(cursor, charClass.quoted);
  while (!skip(cursor, '"')) {
    if (!skip(cursor, '\\')) fail('Quoted string not ended or with a forbidden character');
    const escaped = peek(cursor);
    if (escaped !== '"' && escaped !== '\\') fail('Only " and \\ can be escaped in a quoted string');
    cursor.offset += 1;
    text += escaped + takeWhile(cursor, charClass.quoted);
  }
  return text;
}

/** A literal as an argument: gathered, and without NUL (RFC 3501 section 9, CHAR8). */
function literalText(cursor: Cursor): OctetString {
  const literal = takeLiteral(cursor);
  if (literal.kind === 'streamed') fail('Literal in the wrong place');
  if (literal.binary) fail('Binary literal not allowed here');
  if (literal.octets.includes(0)) fail('NUL not allowed in a literal');
  return Buffer.from(literal.octets).toString('latin1');
}

const numberMax = 4294967295;

/** nz-number: 1 to 4294967295. */
export function nzNumber(cursor: Cursor, what: string): number {
  return digits(cursor, what, 1, numberMax);
}

/** number64 (RFC 9051), as far as we count: sizes and offsets. */
export function number64(cursor: Cursor, what: string): number {
  return digits(cursor, what, 0, Number.MAX_SAFE_INTEGER);
}

function digits(cursor: Cursor, what: string, min: number, max: number): number {
  countToken(cursor);
  const taken = takeWhile(cursor, charClass.digit);
  if (taken === '') fail(`${what} expected`);
  const value = Number(taken);
  if (value < min || value > max) fail(`${what} out of range`);
  return value;
}

const modSequenceMax = 9223372036854775807n;

/**
 * mod-sequence-valzer (RFC 7162 section 7), 63 bits. No modseq of ours is over the safe integers; larger
 * ones mean "beyond all", which the largest safe integer says as well.
 */
export function modSequence(cursor: Cursor): number {
  countToken(cursor);
  const taken = takeWhile(cursor, charClass.digit);
  if (taken === '') fail('Mod-sequence expected');
  if (taken.length > 19 || BigInt(taken) > modSequenceMax) fail('Mod-sequence out of range');
  return Math.min(Number(taken), Number.MAX_SAFE_INTEGER);
}

/** `(` items with one space between `)`; at least one unless `empty` allows none. */
export function list<T>(
  cursor: Cursor,
  item: (cursor: Cursor) => T,
  what: string,
  empty: 'empty-allowed' | 'not-empty' = 'not-empty',
): T[] {
  return nested(cursor, () => {
    expect(cursor, '(', `( before ${what}`);
    const items: T[] = [];
    if (empty === 'empty-allowed' && skip(cursor, ')')) return items;
    do items.push(item(cursor));
    while (skip(cursor, ' '));
    expect(cursor, ')', `) after ${what}`);
    return items;
  });
}

/** Items with one space before each, up to the command's end or what is no space. */
export function spaced<T>(cursor: Cursor, item: (cursor: Cursor) => T): T[] {
  const items: T[] = [];
  do {
    space(cursor);
    items.push(item(cursor));
  } while (peek(cursor) === ' ' && !endsHere(cursor));
  return items;
}
