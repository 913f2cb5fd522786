/**
 * Header fields as people read them: octets (one character each) as UTF-8 where they are, and encoded words (RFC 2047)
 * decoded. What cannot be decoded stands as it came; never throws.
 */
const encodedWord = /=\?([\w.:-]+)(?:\*[\w-]+)?\?([BQ])\?([^? ]*)\?=/i;
/** White space between two encoded words is not shown (RFC 2047 section 6.2). */
const betweenWords = /(=\?[^? ]+\?[BQ]\?[^? ]*\?=)\s+(?==\?[^? ]+\?[BQ]\?[^? ]*\?=)/gi;

export function headerText(octets: string): string {
  const joined = asUtf8(octets).replace(betweenWords, '$1');
  return joined.replace(
    new RegExp(encodedWord, 'gi'),
    (word, charset: string, encoding: string, body: string) =>
      decode(charset, encoding.toUpperCase() === 'B' ? fromBase64(body) : fromQ(body), word),
  );
}

function asUtf8(octets: string): string {
  return decode('utf-8', Buffer.from(octets, 'latin1'), octets);
}

const fromBase64 = (body: string): Uint8Array => Buffer.from(body, 'base64');
const fromQ = (body: string): Uint8Array =>
  Buffer.from(
    body
      .replaceAll('_', ' ')
      .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

function decode(charset: string, octets: Uint8Array, otherwise: string): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(octets);
  } catch {
    // An unknown character set, or octets that are none of it: shown as they came.
    return otherwise;
  }
}
