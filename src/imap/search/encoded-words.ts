/**
 * Header text as people read it: RFC 2047 encoded words decoded, raw octets taken for UTF-8 where they are
 * and for Latin-1 where not. In: an octet string. Never fails; what cannot be decoded stays as it is.
 */
import { Buffer } from 'node:buffer';
import type { OctetString } from '../grammar/command-parts.ts';
import { decodeCharset } from './charset.ts';

/** RFC 2231 section 5 lets a language follow the charset. */
const encodedWord = /=\?([^?*\s]{1,60})(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

interface Word {
  readonly charset: string;
  readonly octets: Buffer;
}

export function decodeHeaderText(text: OctetString): string {
  let decoded = '';
  let last = 0;
  let word: Word | undefined;
  const flush = (): void => {
    if (word !== undefined) decoded += decodeCharset(word.octets, word.charset);
    word = undefined;
  };
  for (const match of text.matchAll(encodedWord)) {
    const [whole, charset = '', encoding = '', encoded = ''] = match;
    const between = text.slice(last, match.index);
    last = match.index + whole.length;
    const octets = /b/i.test(encoding) ? Buffer.from(encoded, 'base64') : decodeQ(encoded);
    // White space between two words is not shown (section 6.2), and a character may be cut between them.
    if (word !== undefined && /^\s*$/.test(between)) {
      if (word.charset === charset.toLowerCase()) {
        word = { charset: word.charset, octets: Buffer.concat([word.octets, octets]) };
        continue;
      }
      flush();
    } else {
      flush();
      decoded += decodeRaw(between);
    }
    word = { charset: charset.toLowerCase(), octets };
  }
  flush();
  return decoded + decodeRaw(text.slice(last));
}

/** Section 4.2: as quoted-printable, and `_` is a space. */
function decodeQ(encoded: OctetString): Buffer {
  const octets = encoded
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1');
}

function decodeRaw(text: OctetString): string {
  return /[\x80-\xff]/.test(text) ? decodeCharset(Buffer.from(text, 'latin1'), 'utf-8') : text;
}
