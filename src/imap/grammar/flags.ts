/**
 * Flags in commands (RFC 3501 section 9, flag): system flags come out in their one spelling, keywords as
 * they were sent. `\Recent` and `\*` are no client's to set. Parsers throw `SyntaxFault`.
 */
import { type Cursor, fail, peek, skip } from './cursor.ts';
import { atom, list, spaced } from './values.ts';

/** `\Seen` and its kin, or a keyword; an octet string. */
export type Flag = string;

export const systemFlags = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'] as const;

const canonical = new Map(systemFlags.map((flag) => [flag.toLowerCase(), flag]));

export function flag(cursor: Cursor): Flag {
  if (!skip(cursor, '\\')) return atom(cursor, 'Flag');
  const name = `\\${atom(cursor, 'Flag')}`;
  const known = canonical.get(name.toLowerCase());
  if (known !== undefined) return known;
  // flag-extension: "client implementations MUST accept", servers define none of their own (section 9).
  return fail('Only system flags may begin with \\, and \\Recent cannot be changed');
}

/** `(\Seen $Work)`, possibly empty. */
export function flagList(cursor: Cursor): readonly Flag[] {
  return list(cursor, flag, 'flags', 'empty-allowed');
}

/** STORE takes the flags without brackets too; the space before them is read here. */
export function storeFlags(cursor: Cursor): readonly Flag[] {
  if (peek(cursor) === ' ' && cursor.text[cursor.offset + 1] === '(') {
    cursor.offset += 1;
    return flagList(cursor);
  }
  return spaced(cursor, flag);
}
