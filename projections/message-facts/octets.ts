/**
 * Small helpers over binary strings (one char for one octet). Nothing here decodes anything.
 */

const lineEndBeforeSpace = /[\r\n](?=[ \t\r\n]|$)/g;
const lineEnd = /[\r\n]/g;
const whiteRun = /[ \t\r\n]+/g;

/** A view of the same octets with Node's latin1 and search methods. */
export function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * The text of an unstructured field on one line: folding undone (RFC 5322 section 2.2.3), a stray CR or LF
 * shown as a space, white space around it dropped.
 */
export function unfold(value: string): string {
  const line =
    value.includes('\n') || value.includes('\r')
      ? value.replace(lineEndBeforeSpace, '').replace(lineEnd, ' ')
      : value;
  return trimWhite(line);
}

/** As `unfold`, and each run of white space is one space: for what people read (subject, names). Dovecot
 * does the same, so that a refolded subject reads as it was written. */
export function oneLine(value: string): string {
  return trimWhite(value.replace(whiteRun, ' '));
}

/** Without the spaces and tabs at both ends. `String.trim` would take octets such as 0xA0 too. */
export function trimWhite(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhite(text.charCodeAt(start))) start += 1;
  while (end > start && isWhite(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** ASCII letters in lower case, every other octet as it is (`toLowerCase` would change 0xC0 to 0xDE). */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function isWhite(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}
