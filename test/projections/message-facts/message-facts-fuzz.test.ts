import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type BodyPart,
  type MessageFacts,
  messageFacts,
} from '../../../projections/message-facts/message-facts.ts';
import { createMimeScanner } from '../../../projections/message-facts/mime-scanner.ts';
import { sectionRange } from '../../../projections/message-facts/section-range.ts';
import { limits } from '../../../src/limits.ts';
import { assertSound } from './assert-sound.ts';
import { factsOf, section } from './facts-of.ts';

/** What MIME is made of, so that random sequences often mean something. */
const pieces = fc.constantFrom(
  '--',
  '--b',
  '--b--',
  '--bb',
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\0',
  '\xff',
  'x',
  '-',
  'Content-Type: multipart/mixed; boundary=b\r\n',
  'Content-Type: multipart/digest; boundary="bb"\r\n',
  'Content-Type: message/rfc822\r\n',
  'Content-Type: image/png\r\n',
  'Content-Type: text/plain; charset="',
  'MIME-Version: 1.0\r\n',
  'From: "a b" <c@d>, g: ;',
  'Subject: x\r\n y\r\n',
  '\r\n--b\r\n',
  '\r\n--bb\r\n',
  '\r\n\r\n',
);
const nearMime = fc.array(pieces, { maxLength: 60 }).map((all) => Buffer.from(all.join(''), 'latin1'));
const anyOctets = fc.uint8Array({ maxLength: 500 });
const message = fc.oneof({ weight: 4, arbitrary: nearMime }, { weight: 1, arbitrary: anyOctets });

function inChunks(octets: Uint8Array, sizes: readonly number[]): MessageFacts {
  const scanner = createMimeScanner(limits.mime);
  for (let at = 0, turn = 0; at < octets.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    // A chunk that is overwritten after the push: the scanner may not hold on to it.
    const chunk = new Uint8Array(octets.subarray(at, at + size));
    scanner.push(chunk);
    chunk.fill(0x2d);
    at += size;
  }
  return scanner.end();
}

describe('Message facts of any octets', () => {
  it('never throw, stay within the message and survive JSON', () => {
    fc.assert(
      fc.property(message, (octets) => {
        const facts = messageFacts(octets, limits.mime);
        assertSound(octets, facts);
        assert.deepEqual(JSON.parse(JSON.stringify(facts)), facts);
      }),
      { numRuns: 1000 },
    );
  });

  it('are the same in whatever chunks the message comes', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(message, sizes, (octets, chunks) => {
        assert.deepEqual(inChunks(octets, chunks), messageFacts(octets, limits.mime));
      }),
      { numRuns: 1000 },
    );
  });

  it('hold to small limits', () => {
    const small = { ...limits.mime, depthMax: 3, partsMax: 5, boundaryOctetsMax: 1, addressesMax: 2 };
    fc.assert(
      fc.property(message, (octets) => {
        const { parts } = assertSound(octets, messageFacts(octets, small), small);
        assert.ok(parts <= 5);
      }),
      { numRuns: 500 },
    );
  });

  it('answer every section within the message', () => {
    const path = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 });
    const text = fc.constantFrom(undefined, 'HEADER' as const, 'TEXT' as const, 'MIME' as const);
    fc.assert(
      fc.property(message, path, text, (octets, numbers, what) => {
        const range = sectionRange(messageFacts(octets, limits.mime), numbers, what);
        if (range === undefined) return;
        assert.ok(range.offset >= 0 && range.length >= 0 && range.offset + range.length <= octets.length);
      }),
      { numRuns: 500 },
    );
  });

  it('cost no more than the octets, whatever boundaries share', () => {
    // 90 boundaries, each the beginning of the next, and lines that nearly are the longest.
    let header = '';
    for (let level = 1; level <= 90; level += 1) {
      header += `Content-Type: multipart/mixed; boundary=${'a'.repeat(level)}c\r\n\r\n--${'a'.repeat(level)}c\r\n`;
    }
    const facts = factsOf(`${header}\r\n${`--${'a'.repeat(90)}\r\n--\r\n`.repeat(40_000)}`);
    assert.equal(depthOf(facts.root), 91);
  });
});

function depthOf(part: BodyPart): number {
  return part.kind === 'multipart' ? 1 + depthOf(part.parts[0]!) : 1;
}

/** A message as it is meant: its sections are known before it is scanned. */
type Meant =
  | { readonly kind: 'leaf'; readonly body: string; readonly type: string }
  | { readonly kind: 'multipart'; readonly parts: readonly Meant[]; readonly preamble: string }
  | { readonly kind: 'message'; readonly message: Meant };

const body = fc
  .array(fc.constantFrom('a', '-', '--', '\r\n', '\n', '\r', '\0', '\xff'), { maxLength: 12 })
  // CRs at the end would become one line end with a bare LF that follows.
  .map((all) => all.join('').replace(/\r+$/, ''));
const { meant } = fc.letrec<{ meant: Meant }>((tie) => ({
  meant: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'part' },
    fc.record({
      kind: fc.constant('leaf' as const),
      body,
      type: fc.constantFrom('text/plain', 'image/png', 'text/html; x=y'),
    }),
    fc.record({
      kind: fc.constant('multipart' as const),
      parts: fc.array(tie('meant'), { minLength: 1, maxLength: 3, depthIdentifier: 'part' }),
      preamble: body,
    }),
    fc.record({ kind: fc.constant('message' as const), message: tie('meant') }),
  ),
}));

interface Written {
  readonly header: string;
  readonly body: string;
}

/** Writes a part and notes what its sections must be, under its part number. */
function write(
  part: Meant,
  path: string,
  isMessage: boolean,
  expected: Map<string, string>,
  eol: string,
): Written {
  const written = writeContent(part, path, isMessage, expected, eol);
  const number = isMessage && part.kind !== 'multipart' ? below(path, 1) : path;
  if (number !== '') {
    expected.set(number, written.body);
    expected.set(`${number}.MIME`, written.header);
  }
  return written;
}

function writeContent(
  part: Meant,
  path: string,
  isMessage: boolean,
  expected: Map<string, string>,
  eol: string,
): Written {
  const type = (value: string): string => `Content-Type: ${value}${eol}${eol}`;
  switch (part.kind) {
    case 'leaf':
      return { header: type(part.type), body: part.body };
    case 'message': {
      const number = isMessage ? below(path, 1) : path;
      const inner = write(part.message, number, true, expected, eol);
      expected.set(`${number}.HEADER`, inner.header);
      expected.set(`${number}.TEXT`, inner.body);
      return { header: type('message/rfc822'), body: inner.header + inner.body };
    }
    case 'multipart': {
      const boundary = `=_${path}_`;
      const parts = part.parts.map((child, index) =>
        write(child, below(path, index + 1), false, expected, eol),
      );
      const lines = parts.map((child) => `--${boundary}${eol}${child.header}${child.body}${eol}`);
      const preamble = part.preamble === '' ? '' : `${part.preamble}${eol}`;
      return {
        header: type(`multipart/mixed; boundary="${boundary}"`),
        body: `${preamble}${lines.join('')}--${boundary}--`,
      };
    }
    default:
      return part satisfies never;
  }
}

function below(path: string, number: number): string {
  return path === '' ? `${number}` : `${path}.${number}`;
}

describe('Message facts of a message that was written from a structure', () => {
  it('find exactly the sections that were written', () => {
    fc.assert(
      fc.property(meant, fc.constantFrom('\r\n', '\n'), (structure, eol) => {
        const expected = new Map<string, string>();
        const { header, body: text } = write(structure, '', true, expected, eol);
        expected
          .set('', header + text)
          .set('HEADER', header)
          .set('TEXT', text);
        for (const [name, octets] of expected) assert.equal(section(header + text, name), octets, name);
      }),
      { numRuns: 300 },
    );
  });
});
