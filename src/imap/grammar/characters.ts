/** Character classes of RFC 3501 section 9 as one table: class bits by octet. */

export const charClass = {
  /** ATOM-CHAR: no controls, 8-bit, SP ( ) { % * " \ ] */
  atom: 1,
  /** ASTRING-CHAR: ATOM-CHAR and ] */
  astring: 2,
  /** list-char: ATOM-CHAR, % * and ] */
  list: 4,
  /** ASTRING-CHAR but + */
  tag: 8,
  digit: 16,
  /** TEXT-CHAR without quoted-specials. 8-bit is let through: UTF-8 in quoted strings is RFC 6855 and RFC 9051. */
  quoted: 32,
  /** Atoms made of letters, digits, `.` and `-`: names of commands, items and keys. */
  word: 64,
} as const;

const atomSpecials = '(){ %*"\\]';

const table = new Uint8Array(256);
for (let octet = 1; octet < 256; octet += 1) {
  const char = String.fromCharCode(octet);
  let bits = 0;
  if (octet > 0x1f && octet < 0x7f) {
    const atom = !atomSpecials.includes(char);
    if (atom) bits |= charClass.atom;
    if (atom || char === ']') bits |= charClass.astring | charClass.list;
    if (char === '%' || char === '*') bits |= charClass.list;
    if ((atom || char === ']') && char !== '+') bits |= charClass.tag;
    if (/[0-9]/.test(char)) bits |= charClass.digit;
    if (/[A-Za-z0-9.-]/.test(char)) bits |= charClass.word;
  }
  if (char !== '\r' && char !== '\n' && char !== '"' && char !== '\\') bits |= charClass.quoted;
  table[octet] = bits;
}

/** Whether an octet (a char code of an octet string) belongs to a class of `charClass`. */
export function isOfClass(octet: number, bits: number): boolean {
  return ((table[octet] ?? 0) & bits) !== 0;
}
