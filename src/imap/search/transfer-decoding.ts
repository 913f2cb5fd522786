/**
 * Content-Transfer-Encodings undone as the octets pass (RFC 2045 sections 6.7 and 6.8). Never fails: what is
 * no base64 is passed over, what is no escape stays as it is.
 */
import { Buffer } from 'node:buffer';

export interface TransferDecoder {
  push(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

export function transferDecoder(encoding: string): TransferDecoder {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return base64Decoder();
    case 'quoted-printable':
      return quotedPrintableDecoder();
    default:
      return { push: (chunk) => chunk, end: () => Buffer.alloc(0) };
  }
}

function base64Decoder(): TransferDecoder {
  let carried = '';
  return {
    push(chunk) {
      const text =
        carried +
        Buffer.from(chunk)
          .toString('latin1')
          .replaceAll(/[^A-Za-z0-9+/]/g, '');
      const whole = text.length - (text.length % 4);
      carried = text.slice(whole);
      return Buffer.from(text.slice(0, whole), 'base64');
    },
    end: () => Buffer.from(carried, 'base64'),
  };
}

function quotedPrintableDecoder(): TransferDecoder {
  let carried = '';
  function decode(text: string): Uint8Array {
    const decoded = text
      .replaceAll(/=[ \t]*\r?\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(decoded, 'latin1');
  }
  return {
    push(chunk) {
      const text = carried + Buffer.from(chunk).toString('latin1');
      // An escape or a soft line break may be cut.
      const cut = /=(?:[0-9A-F]?|[ \t]{0,80}\r?)$/i.exec(text);
      carried = cut === null ? '' : cut[0];
      return decode(cut === null ? text : text.slice(0, cut.index));
    },
    end: () => decode(carried),
  };
}
