import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BareNewlines, createDataDecoder } from '../../src/smtp/data-stream.ts';

interface Decoded {
  readonly content: string;
  readonly endedAt: number | undefined;
  readonly sawBareNewline: boolean;
}

/** Feeds `octets` in pieces cut at `cuts`. */
function decode(octets: string, cuts: readonly number[] = [], policy: BareNewlines = 'refuse'): Decoded {
  const decoder = createDataDecoder(policy);
  const all = Buffer.from(octets, 'latin1');
  const places = [...new Set(cuts.map((cut) => cut % (all.length + 1)))].sort((a, b) => a - b);
  let content = '';
  let start = 0;
  for (const end of [...places, all.length]) {
    const step = decoder.push(all.subarray(start, end));
    content += Buffer.from(step.content).toString('latin1');
    if (step.endedAt !== undefined) {
      return { content, endedAt: start + step.endedAt, sawBareNewline: decoder.sawBareNewline };
    }
    start = end;
  }
  return { content, endedAt: undefined, sawBareNewline: decoder.sawBareNewline };
}

test('data ends at CRLF.CRLF, and at .CRLF where it begins', () => {
  assert.deepEqual(decode('.\r\nQUIT'), { content: '', endedAt: 3, sawBareNewline: false });
  assert.deepEqual(decode('a\r\n.\r\nQUIT'), { content: 'a\r\n', endedAt: 6, sawBareNewline: false });
  assert.equal(decode('a.\r\n').endedAt, undefined);
  assert.equal(decode('..\r\n').endedAt, undefined);
  assert.equal(decode('\r\n..\r\n').content, '\r\n.\r\n');
});

test('a dot that begins a line is removed, and only one', () => {
  assert.equal(decode('..\r\n...\r\n.a\r\nb.\r\n.\r\n').content, '.\r\n..\r\na\r\nb.\r\n');
});

test('no line begins after a bare CR or LF', () => {
  for (const text of [
    'a\n.\n',
    'a\n.\r\n',
    'a\r.\r\n',
    'a\r\n.\n',
    'a\r\n.\r',
    'a\r\n.\rx\r\n',
    '\n.\r\n',
    '.\n',
  ]) {
    const { endedAt, sawBareNewline } = decode(`${text}x`);
    assert.deepEqual(
      { endedAt, sawBareNewline },
      { endedAt: undefined, sawBareNewline: true },
      JSON.stringify(text),
    );
  }
});

test('normalised, each bare CR or LF is one CRLF and dots after it stay', () => {
  const normalised = (text: string): string => decode(`${text}\r\n.\r\n`, [], 'normalize').content;
  assert.equal(normalised('a\nb'), 'a\r\nb\r\n');
  assert.equal(normalised('a\rb'), 'a\r\nb\r\n');
  assert.equal(normalised('a\r\r\nb'), 'a\r\n\r\nb\r\n');
  assert.equal(normalised('a\n\rb'), 'a\r\n\r\nb\r\n');
  assert.equal(normalised('a\n..b'), 'a\r\n..b\r\n');
});

/** Octets that matter, most of the time. */
const wire = fc.string({
  unit: fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.', '\0', '\xff'),
  maxLength: 60,
});
const cuts = fc.array(fc.nat(), { maxLength: 12 });

test('however the octets are cut, the outcome is the same', () => {
  fc.assert(
    fc.property(wire, cuts, fc.constantFrom('refuse', 'normalize'), (octets, places, policy) => {
      const whole = decode(octets, [], policy);
      const pieces = decode(octets, places, policy);
      assert.equal(pieces.endedAt, whole.endedAt);
      assert.equal(pieces.sawBareNewline, whole.sawBareNewline);
      // Content that left before the first bare newline was seen depends on the cuts; it is lost anyway.
      if (policy === 'normalize' || !whole.sawBareNewline) assert.equal(pieces.content, whole.content);
    }),
    { numRuns: 3000 },
  );
});

/** RFC 5321 section 4.5.2 on whole text, as plainly as it can be said. */
function reference(octets: string): Decoded {
  const at = `\r\n${octets}`.indexOf('\r\n.\r\n');
  const data = at < 0 ? octets : octets.slice(0, at);
  const unstuffed = `\r\n${data}`.replaceAll(/\r\n\./g, '\r\n').slice(2);
  const bare = /\r(?!\n)|(?<!\r)\n/.test(at < 0 ? data : octets.slice(0, at + 3));
  return { content: unstuffed, endedAt: at < 0 ? undefined : at + 3, sawBareNewline: bare };
}

test('what ends well is what RFC 5321 says of the whole text', () => {
  fc.assert(
    fc.property(wire, cuts, (octets, places) => {
      const text = `${octets}\r\n.\r\n`;
      const expected = reference(text);
      const actual = decode(text, places);
      assert.equal(actual.endedAt, expected.endedAt);
      assert.equal(actual.sawBareNewline, expected.sawBareNewline);
      if (!expected.sawBareNewline) assert.equal(actual.content, expected.content);
    }),
    { numRuns: 3000 },
  );
});

test('any content without bare newlines survives stuffing and decoding', () => {
  const content = fc.array(fc.string({ unit: fc.constantFrom('.', 'a', '\0', '\xff', ' '), maxLength: 5 }));
  fc.assert(
    fc.property(content, cuts, (lines, places) => {
      const sent = lines.map((line) => `${line.startsWith('.') ? '.' : ''}${line}\r\n`).join('');
      const { content: received, endedAt } = decode(`${sent}.\r\n`, places);
      assert.equal(received, lines.map((line) => `${line}\r\n`).join(''));
      assert.equal(endedAt, sent.length + 3);
    }),
  );
});

test('normalised content has no bare newline, whatever came', () => {
  fc.assert(
    fc.property(wire, cuts, (octets, places) => {
      const { content } = decode(`${octets}\r\n.\r\n`, places, 'normalize');
      assert.doesNotMatch(content, /\r(?!\n)|(?<!\r)\n/);
    }),
  );
});
