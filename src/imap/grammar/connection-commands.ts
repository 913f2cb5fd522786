/**
 * Commands of any state and of login: CAPABILITY, NOOP, LOGOUT, ID (RFC 2971), STARTTLS, LOGIN,
 * AUTHENTICATE (with SASL-IR, RFC 4959), ENABLE (RFC 5161). Parsers throw `SyntaxFault`.
 */
import { Buffer } from 'node:buffer';
import { limits } from '../../limits.ts';
import type { OctetString } from './command-parts.ts';
import { type Cursor, end, expect, fail, peek, skip, skipWord, space } from './cursor.ts';
import { astring, atom, nstring, spaced, string } from './values.ts';

export type ConnectionCommand =
  | { readonly name: 'CAPABILITY' | 'NOOP' | 'LOGOUT' | 'STARTTLS' }
  /** Undefined parameters: the client sent NIL. */
  | {
      readonly name: 'ID';
      readonly parameters: readonly (readonly [string, OctetString | null])[] | undefined;
    }
  | { readonly name: 'LOGIN'; readonly login: OctetString; readonly password: OctetString }
  | { readonly name: 'AUTHENTICATE'; readonly mechanism: string; readonly initialResponse?: Uint8Array }
  /** Capability names in capitals. */
  | { readonly name: 'ENABLE'; readonly capabilities: readonly string[] };

export function id(cursor: Cursor): ConnectionCommand {
  space(cursor);
  const parameters = skipWord(cursor, 'NIL') ? undefined : idParameters(cursor);
  return { name: 'ID', parameters };
}

function idParameters(cursor: Cursor): readonly (readonly [string, OctetString | null])[] {
  const pairs: (readonly [string, OctetString | null])[] = [];
  expect(cursor, '(', '( before parameters');
  while (peek(cursor) !== ')') {
    if (pairs.length > 0) space(cursor);
    const field = string(cursor, 'Parameter name');
    space(cursor);
    pairs.push([field, nstring(cursor, 'Parameter value')]);
    if (pairs.length > limits.imap.idPairsMax) fail('Too many parameters');
  }
  expect(cursor, ')', ') after parameters');
  return pairs;
}

export function login(cursor: Cursor): ConnectionCommand {
  space(cursor);
  const name = astring(cursor, 'Login name');
  space(cursor);
  return { name: 'LOGIN', login: name, password: astring(cursor, 'Password') };
}

export function authenticate(cursor: Cursor): ConnectionCommand {
  space(cursor);
  const mechanism = atom(cursor, 'Mechanism').toUpperCase();
  if (!skip(cursor, ' ')) return { name: 'AUTHENTICATE', mechanism };
  // RFC 4959 section 3: a lone "=" is an initial response of no octets.
  if (skip(cursor, '=')) return { name: 'AUTHENTICATE', mechanism, initialResponse: new Uint8Array(0) };
  const encoded = cursor.text.slice(cursor.offset);
  cursor.offset = cursor.text.length;
  return {
    name: 'AUTHENTICATE',
    mechanism,
    initialResponse: decodeBase64(encoded) ?? fail('Invalid base64'),
  };
}

export function enable(cursor: Cursor): ConnectionCommand {
  return { name: 'ENABLE', capabilities: spaced(cursor, (at) => atom(at, 'Capability').toUpperCase()) };
}

/** What a client answers to a SASL challenge (RFC 3501 section 6.2.2): octets, or `*` to give up. */
export type SaslResponse =
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'malformed' };

export function parseSaslResponse(line: OctetString): SaslResponse {
  if (line === '*') return { kind: 'cancelled' };
  const octets = decodeBase64(line);
  return octets === undefined ? { kind: 'malformed' } : { kind: 'octets', octets };
}

/** Whether the line that ends IDLE is DONE (RFC 2177 section 4). */
export function isIdleDone(line: OctetString): boolean {
  return line.toUpperCase() === 'DONE';
}

/** RFC 3501 section 9, base64: whole groups of four, padded. Node alone would pass over anything. */
function decodeBase64(text: OctetString): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** A command without arguments. */
export function bare<const Name extends string>(name: Name): (cursor: Cursor) => { readonly name: Name } {
  return (cursor) => {
    end(cursor);
    return { name };
  };
}
