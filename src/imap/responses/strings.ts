/**
 * Strings of responses (RFC 3501 section 4.3): quoted when short and plain, else a literal, so that any
 * octets come through but NUL, which no string may have: it goes out as 0x80. Values and results are octet
 * strings.
 */
import { limits } from '../../limits.ts';
import type { OctetString } from '../grammar/command-parts.ts';

/** 7-bit without NUL, CR and LF (RFC 3501 section 9, TEXT-CHAR). */
const quotable = /^[\u0001-\u0009\u000b\u000c\u000e-\u007f]*$/;
/** ATOM-CHARs, and not what could be read as NIL. */
const plainAtom = /^(?!nil$)[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+$/i;

export function formatString(value: OctetString): OctetString {
  if (value.length <= limits.imap.quotedOctetsMax && quotable.test(value)) return quote(value);
  const octets = value.includes('\0') ? value.replaceAll('\0', '\u0080') : value;
  return `{${octets.length}}\r\n${octets}`;
}

/** NIL for undefined or null. */
export function formatNString(value: OctetString | null | undefined): OctetString {
  return value === undefined || value === null ? 'NIL' : formatString(value);
}

/** An atom when the value can be one, else a string: mailbox names and header field names. */
export function formatAstring(value: OctetString): OctetString {
  return value.length <= limits.imap.quotedOctetsMax && plainAtom.test(value) ? value : formatString(value);
}

function quote(value: OctetString): OctetString {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}
