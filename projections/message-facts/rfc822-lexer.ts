/**
 * The lexical tokens of RFC 5322 and RFC 2045 over a field's value, forgiving where real mail is wrong.
 *
 * A cursor walks a binary string once. Every function starts at the cursor, leaves it behind what it
 * took, with comments and white space after it skipped, and says how it went; what it understood is
 * appended to `cursor.word`. Octets over 127 are letters, as raw 8-bit headers have it.
 */

/** `more`: understood, and more follows. `end`: understood, nothing follows. `broken`: not understood;
 * what was read until then stays read. */
export type Step = 'more' | 'end' | 'broken';

export interface Cursor {
  readonly text: string;
  at: number;
  /** What the last functions understood, unquoted. The caller clears it. */
  word: string;
  /** The text of the last comment that was skipped. */
  comment: string;
}

export function cursorOver(text: string): Cursor {
  return { text, at: 0, word: '', comment: '' };
}

const atext = octetSet("!#$%&'*+-/=?^_`{|}~");
/** RFC 2045 token: atext without its tspecials, and the dot. */
const mimeToken = octetSet("!#$%&'*+-^_`{|}~.");

function octetSet(punctuation: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let code = 0; code < 256; code += 1) {
    const char = String.fromCharCode(code);
    set[code] = code >= 0x80 || /[0-9A-Za-z]/.test(char) || punctuation.includes(char) ? 1 : 0;
  }
  return set;
}

function rest(cursor: Cursor): Step {
  return cursor.at < cursor.text.length ? 'more' : 'end';
}

/** The char at the cursor, '' at the end. */
export function peek(cursor: Cursor): string {
  return cursor.text.charAt(cursor.at);
}

function inSet(cursor: Cursor, set: Uint8Array): boolean {
  return cursor.at < cursor.text.length && set[cursor.text.charCodeAt(cursor.at)] === 1;
}

/** Comments (nested ones too) and white space. Broken: a comment that nobody closes. */
export function skipCfws(cursor: Cursor): Step {
  for (;;) {
    const char = peek(cursor);
    if (char === ' ' || char === '\t' || char === '\r' || char === '\n') cursor.at += 1;
    else if (char !== '(') return rest(cursor);
    else if (!skipComment(cursor)) return 'broken';
  }
}

function skipComment(cursor: Cursor): boolean {
  const { text } = cursor;
  let depth = 1;
  let kept = '';
  let start = cursor.at + 1;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '(') depth += 1;
    else if (char === ')') {
      depth -= 1;
      if (depth === 0) {
        cursor.comment = kept + text.slice(start, at);
        cursor.at = at + 1;
        return true;
      }
    } else if (char === '\n') {
      kept += withoutCr(text, start, at);
      start = at + 1;
    } else if (char === '\\' && isQuotable(text, at + 1)) {
      kept += text.slice(start, at);
      start = at + 1;
      at += 1;
    }
  }
  cursor.at = text.length;
  return false;
}

/** RFC 5322 section 3.2.4. The quotes, the backslashes and the line ends of folding are dropped. Broken:
 * no closing quote; `word` then has the text up to the end. */
export function quotedString(cursor: Cursor): Step {
  const { text } = cursor;
  let start = cursor.at + 1;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') {
      cursor.word += text.slice(start, at);
      cursor.at = at + 1;
      return skipCfws(cursor);
    }
    if (char === '\n') {
      cursor.word += withoutCr(text, start, at);
      start = at + 1;
    } else if (char === '\\' && isQuotable(text, at + 1)) {
      cursor.word += text.slice(start, at);
      start = at + 1;
      at += 1;
    }
  }
  cursor.word += text.slice(start);
  cursor.at = text.length;
  return 'broken';
}

/** A quoted pair quotes neither line ends nor NUL (RFC 5322 section 3.2.1): there the backslash stays. */
function isQuotable(text: string, at: number): boolean {
  const char = text.charAt(at);
  return char !== '' && char !== '\r' && char !== '\n' && char !== '\0';
}

function withoutCr(text: string, start: number, lf: number): string {
  return text.slice(start, lf > start && text.charAt(lf - 1) === '\r' ? lf - 1 : lf);
}

/** RFC 5322 section 3.2.3: one atom of at least one char. */
export function atom(cursor: Cursor): Step {
  const start = cursor.at;
  while (inSet(cursor, atext)) cursor.at += 1;
  if (cursor.at === start) return 'broken';
  cursor.word += cursor.text.slice(start, cursor.at);
  return skipCfws(cursor);
}

/** Atoms with dots between them and, as RFC 822 had it, white space around the dots. */
export function dotAtom(cursor: Cursor): Step {
  for (;;) {
    const step = atom(cursor);
    if (step !== 'more' || peek(cursor) !== '.') return step;
    cursor.at += 1;
    cursor.word += '.';
    if (skipCfws(cursor) !== 'more') return 'broken';
  }
}

/** A local part without quotes, with dots wherever senders put them (`..a..b..@`). */
export function looseDotAtom(cursor: Cursor): Step {
  let step: Step = 'broken';
  for (;;) {
    while (peek(cursor) === '.') {
      cursor.word += '.';
      cursor.at += 1;
      if (cursor.at === cursor.text.length) return 'end';
      step = 'more';
    }
    if (peek(cursor) === '@') return step;
    step = atom(cursor);
    if (step !== 'more' || peek(cursor) !== '.') return step;
  }
}

/**
 * A display name (RFC 5322 section 3.2.5, with the dots of obs-phrase): words and quoted strings, with one
 * space between them. It may be empty, as before a bare `<address>`.
 */
export function phrase(cursor: Cursor): Step {
  if (cursor.at >= cursor.text.length) return 'end';
  if (peek(cursor) === '.') return 'broken';
  for (;;) {
    const step = peek(cursor) === '"' ? quotedString(cursor) : dottedWord(cursor);
    if (step !== 'more') return step;
    if (!inSet(cursor, atext) && peek(cursor) !== '"' && peek(cursor) !== '.') return 'more';
    cursor.word += ' ';
  }
}

function dottedWord(cursor: Cursor): Step {
  const start = cursor.at;
  while (inSet(cursor, atext) || peek(cursor) === '.') cursor.at += 1;
  cursor.word += cursor.text.slice(start, cursor.at);
  return skipCfws(cursor);
}

/** `@` and a domain or a domain literal; the `@` is not part of the word. */
export function atDomain(cursor: Cursor): Step {
  cursor.at += 1;
  if (skipCfws(cursor) !== 'more') return 'broken';
  return peek(cursor) === '[' ? domainLiteral(cursor) : dotAtom(cursor);
}

function domainLiteral(cursor: Cursor): Step {
  const { text } = cursor;
  let start = cursor.at;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === ']') {
      cursor.word += text.slice(start, at + 1);
      cursor.at = at + 1;
      return skipCfws(cursor);
    }
    if (char === '[') {
      cursor.at = at;
      return 'broken';
    }
    if (char === '\n') {
      cursor.word += withoutCr(text, start, at);
      start = at + 1;
    } else if (char === '\\' && isQuotable(text, at + 1)) {
      // The backslash stays: a literal is shown as it was sent.
      at += 1;
    }
  }
  cursor.at = text.length;
  return 'broken';
}

/** RFC 2045 section 5.1 token, possibly empty. */
export function token(cursor: Cursor): Step {
  const start = cursor.at;
  while (inSet(cursor, mimeToken)) cursor.at += 1;
  cursor.word += cursor.text.slice(start, cursor.at);
  return skipCfws(cursor);
}
