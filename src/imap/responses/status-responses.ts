/**
 * Status responses, tagged and untagged, and continuations (RFC 3501 sections 7.1 and 7.5). The text is for
 * people and may come from anywhere: what cannot stand in a line is replaced, so that nothing in it can
 * look like another response.
 */
import { Buffer } from 'node:buffer';
import { limits } from '../../limits.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import { formatResponseCode, type ResponseCode } from './response-code.ts';

/** `A1 OK [READ-WRITE] SELECT completed`. A command whose tag could not be read is answered with tag `*`. */
export function taggedStatus(
  tag: string,
  status: 'OK' | 'NO' | 'BAD',
  text: string,
  code?: ResponseCode,
): OctetString {
  return `${tag} ${status} ${statusText(text, code)}\r\n`;
}

export function untaggedStatus(
  status: 'OK' | 'NO' | 'BAD' | 'PREAUTH' | 'BYE',
  text: string,
  code?: ResponseCode,
): OctetString {
  return `* ${status} ${statusText(text, code)}\r\n`;
}

/** Asks for a literal's octets, or for IDLE's DONE. */
export function continuation(text: string): OctetString {
  return `+ ${statusText(text, undefined)}\r\n`;
}

/** A SASL challenge (RFC 3501 section 6.2.2); none is an empty line after the plus. */
export function saslChallenge(challenge: Uint8Array): OctetString {
  return `+ ${Buffer.from(challenge).toString('base64')}\r\n`;
}

function statusText(text: string, code: ResponseCode | undefined): OctetString {
  const safe = text.slice(0, limits.imap.statusTextOctetsMax).replaceAll(/[^ -~]/g, '?') || '-';
  if (code !== undefined) return `[${formatResponseCode(code)}] ${safe}`;
  // A bracket at the beginning would be read as a response code.
  return safe.startsWith('[') ? `(${safe.slice(1)}` : safe;
}
