/**
 * BODY[HEADER.FIELDS (...)] and BODY[HEADER.FIELDS.NOT (...)] on the octets of a header (RFC 3501 section
 * 6.4.5).
 *
 * The chosen fields stay as they are, in their order, with their folding and line ends. The empty line is
 * kept; a header that ends without one, in a message that has neither it nor a body, gets none. A line
 * that is no field (no colon) belongs to HEADER.FIELDS.NOT, whatever the names.
 */
import { asBuffer, asciiLower, trimWhite } from './octets.ts';

const lf = 0x0a;
const cr = 0x0d;
const colon = 0x3a;

/** `names` in any case, as binary strings; `not` keeps the fields that are not named. */
export function filterHeaderFields(header: Uint8Array, names: readonly string[], not: boolean): Uint8Array {
  const octets = asBuffer(header);
  const named = new Set(names.map(asciiLower));
  named.delete('');
  const kept: Uint8Array[] = [];
  let keeps = false;
  let runStart = 0;
  let isFirst = true;
  for (let at = 0; at < octets.length; ) {
    const end = lineEnd(octets, at);
    const isFolded = !isFirst && isWhite(octets[at]);
    const keepsLine: boolean = isEmptyLine(octets, at)
      ? true
      : isFolded
        ? keeps
        : named.has(fieldName(octets, at, end)) !== not;
    if (keepsLine !== keeps) {
      if (keeps) kept.push(octets.subarray(runStart, at));
      runStart = at;
      keeps = keepsLine;
    }
    isFirst = false;
    at = end;
  }
  if (keeps) kept.push(octets.subarray(runStart));
  return Buffer.concat(kept);
}

function lineEnd(octets: Buffer, from: number): number {
  const lineFeed = octets.indexOf(lf, from);
  return lineFeed < 0 ? octets.length : lineFeed + 1;
}

function isEmptyLine(octets: Buffer, at: number): boolean {
  return octets[at] === lf || (octets[at] === cr && octets[at + 1] === lf);
}

/** The name of the field in lower case, '' when the line is none. */
function fieldName(octets: Buffer, start: number, end: number): string {
  const found = octets.subarray(start, end).indexOf(colon);
  return found < 0 ? '' : asciiLower(trimWhite(octets.toString('latin1', start, start + found)));
}

function isWhite(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09;
}
