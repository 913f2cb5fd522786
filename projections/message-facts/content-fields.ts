/**
 * The Content-* fields of a part: RFC 2045 (type, transfer encoding), RFC 2183 (disposition), RFC 3282
 * (language), and the boundary of a multipart.
 *
 * Values are kept as they were sent. RFC 2231 parameters too: `name*0*` stays `name*0*`, since a client
 * decodes them itself and a server that merged them would change what was said. What cannot be read is
 * as if it were not there; nothing here fails.
 */
import type { Disposition, Parameter } from './message-facts.ts';
import { asciiLower } from './octets.ts';
import { atom, type Cursor, cursorOver, peek, quotedString, skipCfws, token } from './rfc822-lexer.ts';

export interface ContentType {
  readonly type: string;
  readonly subtype: string;
  readonly params: readonly Parameter[];
}

/** Undefined when the field has no valid type and subtype: RFC 2045 section 5.2 then assumes text/plain,
 * as it does for a part without the field. */
export function parseContentType(value: string, parametersMax: number): ContentType | undefined {
  const cursor = cursorOver(value);
  skipCfws(cursor);
  const type = nextToken(cursor);
  if (type === '' || peek(cursor) !== '/') return undefined;
  cursor.at += 1;
  skipCfws(cursor);
  const subtype = nextToken(cursor);
  if (subtype === '' || (peek(cursor) !== '' && peek(cursor) !== ';')) return undefined;
  return { type, subtype, params: parseParameters(cursor, parametersMax) };
}

/** Undefined when the field is empty. */
export function parseDisposition(value: string, parametersMax: number): Disposition | undefined {
  const cursor = cursorOver(value);
  skipCfws(cursor);
  const type = nextToken(cursor);
  const params = parseParameters(cursor, parametersMax);
  return type === '' && params.length === 0 ? undefined : { type, params };
}

/** Undefined when the field is not one token; something like `base64;` is forgiven. */
export function parseTransferEncoding(value: string): string | undefined {
  const cursor = cursorOver(value);
  skipCfws(cursor);
  const encoding = nextToken(cursor);
  const next = peek(cursor);
  return encoding !== '' && (next === '' || next === ';') ? encoding : undefined;
}

/** The language tags in their order, none when the field has none. */
export function parseLanguages(value: string, languagesMax: number): readonly string[] {
  const cursor = cursorOver(value);
  const languages: string[] = [];
  skipCfws(cursor);
  while (languages.length < languagesMax) {
    cursor.word = '';
    const step = atom(cursor);
    if (cursor.word !== '') languages.push(cursor.word);
    if (step !== 'more' || peek(cursor) !== ',') break;
    cursor.at += 1;
    skipCfws(cursor);
  }
  return languages;
}

function nextToken(cursor: Cursor): string {
  cursor.word = '';
  token(cursor);
  return cursor.word;
}

/** *(";" parameter), RFC 2045 section 5.1. What is not a parameter is passed over up to the next ";". */
function parseParameters(cursor: Cursor, parametersMax: number): readonly Parameter[] {
  const params: Parameter[] = [];
  while (params.length < parametersMax) {
    const semicolon = cursor.text.indexOf(';', cursor.at);
    if (semicolon < 0) break;
    cursor.at = semicolon + 1;
    skipCfws(cursor);
    const name = nextToken(cursor);
    if (name === '' || peek(cursor) !== '=') continue;
    cursor.at += 1;
    skipCfws(cursor);
    params.push([name, parameterValue(cursor)]);
  }
  return params;
}

const unquotedValue = /[^; \t\r\n"()]*/y;

/**
 * A quoted string, or all up to white space or ";". The grammar's token would stop at the "=" of
 * `boundary=----=_Part_1`, which many senders forget to quote.
 */
function parameterValue(cursor: Cursor): string {
  cursor.word = '';
  if (peek(cursor) === '"') {
    quotedString(cursor);
    return cursor.word;
  }
  unquotedValue.lastIndex = cursor.at;
  const value = unquotedValue.exec(cursor.text)?.[0] ?? '';
  cursor.at += value.length;
  return value;
}

/**
 * The boundary of a multipart, joined when it comes in the pieces of RFC 2231 section 3. Undefined when
 * there is none: such a multipart has no parts.
 */
export function boundaryOf(params: readonly Parameter[]): string | undefined {
  const pieces = new Map<string, string>();
  for (const [name, value] of params) {
    const lowerName = asciiLower(name);
    if (lowerName.startsWith('boundary') && !pieces.has(lowerName)) pieces.set(lowerName, value);
  }
  const plain = pieces.get('boundary');
  if (plain !== undefined || pieces.size === 0) return plain;
  const extended = pieces.get('boundary*');
  if (extended !== undefined) return percentDecoded(withoutCharset(extended));
  let joined: string | undefined;
  for (let section = 0; ; section += 1) {
    const piece = pieces.get(`boundary*${section}`);
    const encoded = pieces.get(`boundary*${section}*`);
    if (piece !== undefined) joined = (joined ?? '') + piece;
    else if (encoded !== undefined) {
      joined = (joined ?? '') + percentDecoded(section === 0 ? withoutCharset(encoded) : encoded);
    } else return joined;
  }
}

/** `charset'language'value` (RFC 2231 section 4) without the first two. */
function withoutCharset(value: string): string {
  const first = value.indexOf("'");
  const second = first < 0 ? -1 : value.indexOf("'", first + 1);
  return second < 0 ? value : value.slice(second + 1);
}

function percentDecoded(value: string): string {
  return value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
