/**
 * Reads IMAP responses the way a strict client would, for tests. Written from the grammar of RFC 3501
 * section 9 without a look at the serializer, so that a mistake in one does not hide in the other.
 *
 * `parseResponses` takes whole octets and gives every response in them; anything that does not follow the
 * grammar is `ResponseSyntaxError` with its offset. Strings are octet strings, one char per octet.
 */

export type ResponseValue =
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'nil' }
  | { readonly kind: 'string'; readonly form: 'quoted' | 'literal' | 'literal8'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly ResponseValue[] };

export type ParsedResponse =
  | { readonly kind: 'continuation'; readonly text: string }
  | {
      readonly kind: 'status';
      readonly tag: string;
      readonly status: string;
      /** What stands between the brackets. */
      readonly code?: string;
      readonly text: string;
    }
  /** `* 12 EXISTS`, `* LIST (...) "/" INBOX`; a FETCH has its one list in `values`. */
  | {
      readonly kind: 'data';
      readonly number?: number;
      readonly name: string;
      readonly values: readonly ResponseValue[];
    };

export class ResponseSyntaxError extends Error {
  override readonly name = 'ResponseSyntaxError';
}

interface Reader {
  readonly octets: string;
  at: number;
  inFetch: boolean;
}

export function parseResponses(bytes: Uint8Array): ParsedResponse[] {
  const reader: Reader = { octets: Buffer.from(bytes).toString('latin1'), at: 0, inFetch: false };
  const responses: ParsedResponse[] = [];
  while (reader.at < reader.octets.length) responses.push(parseResponse(reader));
  return responses;
}

/** The items of a FETCH by their names, in capitals but for what stands in brackets. */
export function fetchItems(response: ParsedResponse): ReadonlyMap<string, ResponseValue> {
  const list = response.kind === 'data' && response.name === 'FETCH' ? response.values[0] : undefined;
  if (list?.kind !== 'list') throw new ResponseSyntaxError('not a FETCH response with one list');
  const items = new Map<string, ResponseValue>();
  for (let at = 0; at < list.items.length; at += 2) {
    const name = list.items[at];
    const value = list.items[at + 1];
    if (name?.kind !== 'atom' || value === undefined) throw new ResponseSyntaxError('item without value');
    items.set(name.text, value);
  }
  return items;
}

function fault(reader: Reader, what: string): never {
  const near = JSON.stringify(reader.octets.slice(Math.max(0, reader.at - 20), reader.at + 20));
  throw new ResponseSyntaxError(`${what} at octet ${reader.at}, near ${near}`);
}

function take(reader: Reader, pattern: RegExp, what: string): RegExpExecArray {
  const sticky = new RegExp(pattern, 'y');
  sticky.lastIndex = reader.at;
  const match = sticky.exec(reader.octets);
  if (match === null) return fault(reader, `${what} expected`);
  reader.at += match[0].length;
  return match;
}

function next(reader: Reader): string {
  return reader.octets[reader.at] ?? '';
}

const textLine = /([\x01-\x09\x0b\x0c\x0e-\x7f]*)\r\n/;

function parseResponse(reader: Reader): ParsedResponse {
  if (next(reader) === '+') {
    take(reader, /\+ /, '"+ "');
    return { kind: 'continuation', text: take(reader, textLine, 'text')[1] ?? '' };
  }
  const tag = take(reader, /(\*|[!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+) /, 'tag')[1] ?? '';
  const status = /(OK|NO|BAD|PREAUTH|BYE) /y;
  status.lastIndex = reader.at;
  const matched = status.exec(reader.octets);
  if (matched !== null) {
    reader.at += matched[0].length;
    return parseStatus(reader, tag, matched[1] ?? '');
  }
  if (tag !== '*') return fault(reader, 'status expected after a tag');
  return parseData(reader);
}

function parseStatus(reader: Reader, tag: string, status: string): ParsedResponse {
  let code: string | undefined;
  if (next(reader) === '[') {
    code = take(reader, /\[((?:"(?:[^"\\\r\n]|\\["\\])*"|[^\]"\r\n])*)\] /, 'response code')[1];
  }
  const text = take(reader, textLine, 'text')[1] ?? '';
  if (text === '') return fault(reader, 'empty text');
  return { kind: 'status', tag, status, text, ...(code === undefined ? {} : { code }) };
}

function parseData(reader: Reader): ParsedResponse {
  let number: number | undefined;
  if (/[0-9]/.test(next(reader))) number = Number(take(reader, /(0|[1-9][0-9]*) /, 'number')[1]);
  const name = take(reader, /[A-Z]+/, 'response name')[0];
  reader.inFetch = name === 'FETCH';
  const values: ResponseValue[] = [];
  while (next(reader) === ' ') {
    reader.at += 1;
    values.push(parseValue(reader));
  }
  take(reader, /\r\n/, 'CRLF');
  return { kind: 'data', name, values, ...(number === undefined ? {} : { number }) };
}

function parseValue(reader: Reader): ResponseValue {
  switch (next(reader)) {
    case '(':
      return parseList(reader);
    case '"': {
      const quoted = take(
        reader,
        /"((?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]|\\["\\])*)"/,
        'quoted',
      );
      return { kind: 'string', form: 'quoted', text: (quoted[1] ?? '').replaceAll(/\\(["\\])/g, '$1') };
    }
    case '{':
      return parseLiteral(reader);
    case '~':
      // A lone tilde may begin an atom.
      return reader.octets[reader.at + 1] === '{' ? parseLiteral(reader) : parseAtom(reader);
    default:
      return parseAtom(reader);
  }
}

/** Items with one space between; lists may follow each other without, as addresses and body parts do. */
function parseList(reader: Reader): ResponseValue {
  take(reader, /\(/, '(');
  const items: ResponseValue[] = [];
  while (next(reader) !== ')') {
    const touching = next(reader) === '(' && items.at(-1)?.kind === 'list';
    if (items.length > 0 && !touching) take(reader, / /, 'space');
    items.push(parseValue(reader));
  }
  reader.at += 1;
  return { kind: 'list', items };
}

function parseLiteral(reader: Reader): ResponseValue {
  const [, tilde, digits] = take(reader, /(~?)\{(0|[1-9][0-9]*)\}\r\n/, 'literal');
  const size = Number(digits);
  const text = reader.octets.slice(reader.at, reader.at + size);
  if (text.length < size) fault(reader, 'literal cut short');
  if (tilde === '' && text.includes('\0')) fault(reader, 'NUL in a literal');
  reader.at += size;
  return { kind: 'string', form: tilde === '' ? 'literal' : 'literal8', text };
}

/** Atoms, flags, sequence sets; in a FETCH also BODY[...] with its section, any strings in it, and origin. */
function parseAtom(reader: Reader): ResponseValue {
  const start = reader.at;
  const section = /(?:BODY|BINARY|BINARY\.SIZE)\[[0-9A-Z.]*/y;
  section.lastIndex = start;
  const sectionName = reader.inFetch ? section.exec(reader.octets) : null;
  if (sectionName === null) {
    take(reader, /\\\*|\\?[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+|[0-9:,*]+/, 'atom');
  } else {
    reader.at += sectionName[0].length;
    if (next(reader) === ' ') {
      reader.at += 1;
      parseList(reader);
    }
    take(reader, /\](?:<[0-9]+>)?/, ']');
  }
  const text = reader.octets.slice(start, reader.at);
  return text === 'NIL' ? { kind: 'nil' } : { kind: 'atom', text };
}
