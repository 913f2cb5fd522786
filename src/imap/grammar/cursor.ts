/**
 * A place in a command, and the steps that move it. IMAP cannot be cut into tokens without knowing what is
 * expected (`BODY[1.2]<0.5>`, list wildcards, flags), so parsers read characters from here.
 *
 * A cursor is mutable and used by one parser run. What does not fit is thrown as `SyntaxFault`, caught only
 * in `parse-command.ts`; its text is for the BAD reply and never carries the client's octets. Tokens and
 * nesting are counted against `limits.imap`.
 */
import { limits } from '../../limits.ts';
import { charClass, isOfClass } from './characters.ts';
import type { CommandPart, Literal, OctetString } from './command-parts.ts';

export interface Cursor {
  readonly parts: readonly CommandPart[];
  /** Index of the text part in work. */
  part: number;
  text: OctetString;
  offset: number;
  tokens: number;
  depth: number;
}

/** The command does not follow the grammar: the tagged BAD. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault';
}

export function createCursor(parts: readonly CommandPart[]): Cursor {
  const first = parts[0];
  if (typeof first !== 'string') throw new TypeError('a command begins with text');
  return { parts, part: 0, text: first, offset: 0, tokens: 0, depth: 0 };
}

export function fail(text: string): never {
  throw new SyntaxFault(text);
}

/** The next char; '' at the end of the text, where a literal or the command's end may be. */
export function peek(cursor: Cursor): string {
  return cursor.text[cursor.offset] ?? '';
}

/** The command's last octet was read. */
export function atEnd(cursor: Cursor): boolean {
  return cursor.offset === cursor.text.length && cursor.part === cursor.parts.length - 1;
}

/** The next thing is a literal. */
export function atLiteral(cursor: Cursor): boolean {
  return cursor.offset === cursor.text.length && cursor.part < cursor.parts.length - 1;
}

export function takeLiteral(cursor: Cursor): Literal {
  const literal = cursor.parts[cursor.part + 1];
  const text = cursor.parts[cursor.part + 2];
  if (!atLiteral(cursor) || typeof literal !== 'object' || typeof text !== 'string') {
    fail('Literal expected');
  }
  countToken(cursor);
  cursor.part += 2;
  cursor.text = text;
  cursor.offset = 0;
  return literal;
}

/** Takes `char` when it is next. */
export function skip(cursor: Cursor, char: string): boolean {
  if (peek(cursor) !== char) return false;
  cursor.offset += 1;
  return true;
}

export function expect(cursor: Cursor, char: string, what: string): void {
  if (!skip(cursor, char)) fail(`${what} expected`);
}

/** Exactly one space, as the grammar asks for everywhere. */
export function space(cursor: Cursor): void {
  if (atEnd(cursor)) fail('Missing argument');
  expect(cursor, ' ', 'Space');
}

/** The longest run of a class; '' when there is none. */
export function takeWhile(cursor: Cursor, bits: number): OctetString {
  const start = cursor.offset;
  let end = start;
  while (end < cursor.text.length && isOfClass(cursor.text.charCodeAt(end), bits)) end += 1;
  cursor.offset = end;
  return cursor.text.slice(start, end);
}

export function countToken(cursor: Cursor): void {
  cursor.tokens += 1;
  if (cursor.tokens > limits.imap.commandTokensMax) fail('Too many arguments');
}

/** Runs a parser one level deeper. */
export function nested<T>(cursor: Cursor, parse: (cursor: Cursor) => T): T {
  if (cursor.depth >= limits.imap.nestingDepthMax) fail('Nested too deeply');
  cursor.depth += 1;
  const parsed = parse(cursor);
  cursor.depth -= 1;
  return parsed;
}

/** Nothing is left but spaces, which are forgiven because clients send them. */
export function endsHere(cursor: Cursor): boolean {
  if (cursor.part < cursor.parts.length - 1) return false;
  let at = cursor.offset;
  while (cursor.text[at] === ' ') at += 1;
  return at === cursor.text.length;
}

export function end(cursor: Cursor): void {
  if (!endsHere(cursor)) fail('Unexpected argument');
  cursor.offset = cursor.text.length;
}

/** The word in letters, digits, `.` and `-`, in capitals: names are not case-sensitive. */
export function word(cursor: Cursor, what: string): string {
  countToken(cursor);
  const taken = takeWhile(cursor, charClass.word);
  if (taken === '') fail(`${what} expected`);
  return taken.toUpperCase();
}

/** Takes the word when it is next (in any case), whole. */
export function skipWord(cursor: Cursor, expected: string): boolean {
  const start = cursor.offset;
  if (takeWhile(cursor, charClass.word).toUpperCase() === expected) return true;
  cursor.offset = start;
  return false;
}
