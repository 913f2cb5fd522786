/**
 * Random choices and building blocks for nasty messages. All text is binary strings: one char, one octet.
 */

export interface Maker {
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  chance(oneIn: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** A lower-case word. */
  word(): string;
  /** A sentence of a few words. */
  words(): string;
  /** `count` octets over 127. */
  highOctets(count: number): string;
  /** `count` octets of any value. */
  octets(count: number): string;
  /** Text of some lines, with CRLF. */
  lines(count?: number): string;
  boundary(): string;
  address(): string;
  /** Date, From, To, Subject, Message-ID and MIME-Version, with CRLF, without the empty line. */
  header(...more: readonly string[]): string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const boundaryChars = `${letters}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=?`;

/** mulberry32: small, good enough, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function createMaker(seed: number, number: number): Maker {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;
  const repeat = (count: number, make: () => string): string => Array.from({ length: count }, make).join('');

  const word = (): string => repeat(2 + below(8), () => letters.charAt(below(26)));
  const words = (): string => Array.from({ length: 1 + below(8) }, word).join(' ');
  const lines = (count = 1 + below(12)): string => repeat(count, () => `${words()}\r\n`);
  const address = (): string => `${word()}@${word()}.test`;
  const boundary = (): string =>
    `=_${repeat(8 + below(40), () => boundaryChars.charAt(below(boundaryChars.length)))}Z`;

  function header(...more: readonly string[]): string {
    const day = 1 + below(28);
    const fields = [
      `Date: Mon, ${day} Nov 2026 0${below(10)}:${10 + below(50)}:00 +0${below(10)}00`,
      `From: ${words()} <${address()}>`,
      `To: ${address()}, ${address()}`,
      `Subject: ${words()}`,
      `Message-ID: <${word()}.${number}.${below(1_000_000)}@${word()}.test>`,
      'MIME-Version: 1.0',
      ...more,
    ];
    return `${fields.join('\r\n')}\r\n`;
  }

  return {
    below,
    chance: (oneIn) => below(oneIn) === 0,
    pick,
    word,
    words,
    highOctets: (count) => repeat(count, () => String.fromCharCode(128 + below(128))),
    octets: (count) => repeat(count, () => String.fromCharCode(below(256))),
    lines,
    boundary,
    address,
    header,
  };
}
