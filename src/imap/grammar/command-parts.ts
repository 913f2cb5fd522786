/**
 * A command as the reader hands it on: the text of its lines with the literals between them.
 *
 * All text is an octet string: a JavaScript string with one char (U+0000 to U+00FF) for each octet, so
 * that any bytes survive and nothing is decoded before somebody knows the charset. Parts alternate, text
 * first and text last: `A1 LOGIN {5}`, `alice {3}`, `pwd` arrives as 'A1 LOGIN ', literal, ' ', literal, ''.
 */

/** One char per octet; never decoded text. */
export type OctetString = string;

/** What a client announces with `{n}`, `{n+}` (RFC 7888) or `~{n}` (literal8, RFC 3516 section 4.4). */
export interface LiteralHead {
  readonly size: number;
  /** The client waits for our continuation before it sends the octets. */
  readonly synchronising: boolean;
  /** A literal8: NUL is allowed. */
  readonly binary: boolean;
}

export interface GatheredLiteral {
  readonly kind: 'gathered';
  readonly size: number;
  readonly binary: boolean;
  readonly octets: Uint8Array;
}

/** Its octets went to the session as they arrived; only the size is left here. */
export interface StreamedLiteral {
  readonly kind: 'streamed';
  readonly size: number;
  readonly binary: boolean;
}

export type Literal = GatheredLiteral | StreamedLiteral;

export type CommandPart = OctetString | Literal;

/** A literal is announced by the last octets of a line: its head and where the announcement starts. */
export interface LiteralSuffix {
  readonly head: LiteralHead;
  readonly start: number;
}

const suffixPattern = /(~?)\{(\d{1,24})(\+?)\}$/;
const suffixOctetsMax = '~{+}'.length + 24;

/**
 * The announcement that ends `line`, if any. The size of an absurd announcement may be beyond the safe
 * integers; the caller refuses it. With over 24 digits it is no announcement.
 */
export function literalSuffix(line: OctetString): LiteralSuffix | undefined {
  if (line.charCodeAt(line.length - 1) !== 0x7d) return undefined;
  const match = suffixPattern.exec(line.slice(-suffixOctetsMax));
  if (match === null) return undefined;
  const [whole, tilde, digits, plus] = match;
  return {
    head: { size: Number(digits), synchronising: plus === '', binary: tilde === '~' },
    start: line.length - whole.length,
  };
}

/** Whether `line` ends inside a quoted string, where `{5}` is text. A quoted string never spans lines. */
export function endsInsideQuotes(line: OctetString): boolean {
  let inside = false;
  for (let at = 0; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (code === 0x22) inside = !inside;
    else if (code === 0x5c && inside) at += 1;
  }
  return inside;
}
