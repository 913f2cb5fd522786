/**
 * Messages as the world sends them, made from a seed: the same seed and count give the same octets on
 * every machine. The first messages are one of each kind below; after that kinds come at random, with
 * random contents, so that any two messages differ.
 *
 * Flags say what a transport has to mind: SMTP refuses bare CR and bare LF, POP3 ends a message that has
 * no line end with CRLF, an IMAP literal cannot carry NUL.
 */

import { headerKinds } from './nasty-messages/header-kinds.ts';
import { createMaker, type Maker } from './nasty-messages/maker.ts';
import { mimeKinds } from './nasty-messages/mime-kinds.ts';
import { rawKinds } from './nasty-messages/raw-kinds.ts';

export interface NastyMessage {
  /** Kind and number, as in `bare-cr-17`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly hasNul: boolean;
  /** A CR that no LF follows. */
  readonly hasBareCr: boolean;
  /** A LF that no CR precedes. */
  readonly hasBareLf: boolean;
  readonly endsWithCrlf: boolean;
}

const kinds: ReadonlyMap<string, (maker: Maker) => string> = new Map([
  ...headerKinds,
  ...mimeKinds,
  ...rawKinds,
]);

/** The names of the kinds, in the order in which the first messages have them. */
export const nastyKinds: readonly string[] = [...kinds.keys()];

export function generateNastyMessages(seed: number, count: number): NastyMessage[] {
  const messages: NastyMessage[] = [];
  for (let number = 0; number < count; number += 1) {
    // A generator of its own for each message: message 7 is the same however many are made.
    const maker = createMaker(seed, number);
    const kind = nastyKinds[number] ?? maker.pick(commonKinds);
    messages.push(flagged(`${kind}-${number}`, Buffer.from(kinds.get(kind)!(maker), 'latin1')));
  }
  return messages;
}

/** The few big kinds come once; the random rest is of the others, or five hundred would weigh a lot. */
const bigKinds: ReadonlySet<string> = new Set(['ten-thousand-parts', 'megabyte-line', 'megabyte-header']);
const commonKinds: readonly string[] = nastyKinds.filter((kind) => !bigKinds.has(kind));

function flagged(name: string, bytes: Buffer): NastyMessage {
  const text = bytes.toString('latin1');
  return {
    name,
    bytes: new Uint8Array(bytes),
    hasNul: text.includes('\0'),
    hasBareCr: /\r(?!\n)/.test(text),
    hasBareLf: /(?<!\r)\n/.test(text),
    endsWithCrlf: text.endsWith('\r\n'),
  };
}
