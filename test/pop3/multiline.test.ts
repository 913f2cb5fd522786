import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stuffed } from '../../src/pop3/multiline.ts';
import { generateNastyMessages } from '../support/nasty-messages.ts';
import { unstuffed } from './support/pop3-client.ts';

/** Cuts octets into chunks of the lengths given, over and over. */
async function* chunksOf(octets: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, n = 0; at < octets.length; n++) {
    const length = lengths[n % lengths.length] ?? octets.length;
    yield octets.subarray(at, at + length);
    at += length;
  }
}

async function stuff(message: string, lines?: number, lengths: readonly number[] = []): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stuffed(chunksOf(Buffer.from(message, 'latin1'), lengths), lines))
    pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

/** RFC 1939 section 3: what a client has after un-stuffing. */
const received = (message: string): string =>
  message === '' || message.endsWith('\r\n') ? message : `${message}\r\n`;

/** The header with its empty line, and so many lines after it. */
function topOf(message: string, count: number): string {
  const lines = received(message).split(/(?<=\r\n)/);
  const empty = lines.indexOf('\r\n');
  return empty < 0 ? lines.join('') : lines.slice(0, empty + 1 + count).join('');
}

const octets = fc
  .array(
    fc.oneof(
      fc.constantFrom('.', '\r', '\n', '\r\n', '\r\n.', '\n.', '\r\n\r\n', '\0', 'a'),
      fc.constantFrom('\xff', ' '),
    ),
  )
  .map((pieces) => pieces.join(''));
const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });

describe('a message as a multi-line response', () => {
  for (const [message, response] of [
    ['', '.\r\n'],
    ['a\r\n', 'a\r\n.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['a\r', 'a\r\r\n.\r\n'],
    ['a\n', 'a\n\r\n.\r\n'],
    ['.', '..\r\n.\r\n'],
    ['.\r\n.\r\n', '..\r\n..\r\n.\r\n'],
    ['..a\r\n', '...a\r\n.\r\n'],
    ['a\n.\nb\r.\r\n', 'a\n.\nb\r.\r\n.\r\n'],
    ['\0\r\n\xff\r\n', '\0\r\n\xff\r\n.\r\n'],
  ] as const) {
    it(`sends ${JSON.stringify(message)} as ${JSON.stringify(response)}`, async () => {
      assert.equal(await stuff(message), response);
    });
  }

  it('gives the stored octets back after un-stuffing, whatever they are and however they come', async () => {
    await fc.assert(
      fc.asyncProperty(octets, lengths, async (message, cuts) => {
        const response = await stuff(message, undefined, cuts);
        assert.equal(unstuffed(response), received(message));
        // The client's end is at the end and nowhere before.
        assert.equal(`\r\n${response}`.indexOf('\r\n.\r\n'), response.length - 3);
      }),
    );
  });

  it('is cut off after the lines that TOP asks for', async () => {
    await fc.assert(
      fc.asyncProperty(octets, lengths, fc.integer({ min: 0, max: 4 }), async (message, cuts, count) => {
        assert.equal(unstuffed(await stuff(message, count, cuts)), topOf(message, count));
      }),
    );
  });

  it('gives nasty messages back byte for byte', async () => {
    for (const { name, bytes } of generateNastyMessages(1, 60)) {
      const message = Buffer.from(bytes).toString('latin1');
      assert.ok(unstuffed(await stuff(message, undefined, [65_536])) === received(message), name);
    }
  });

  it('reads no more of a message than TOP needs', async () => {
    let read = 0;
    let isEnded = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          read++;
          yield Buffer.from('a: b\r\n\r\nbody\r\n');
        }
      } finally {
        isEnded = true;
      }
    }
    for await (const piece of stuffed(endless(), 1)) assert.ok(piece.length > 0);
    assert.equal(read, 1);
    assert.ok(isEnded);
  });

  it('costs a flood of dots no more than a third', async () => {
    let length = 0;
    for await (const piece of stuffed(chunksOf(Buffer.from('.\r\n'.repeat(100_000)), [65_536]))) {
      assert.ok(piece.buffer.byteLength <= 65_536 * 1.4 + 8);
      length += piece.length;
    }
    assert.equal(length, 400_003);
  });
});
