import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createCommandReader } from '../../src/imap/grammar/command-reader.ts';
import type { Refusal } from '../../src/imap/grammar/reader-steps.ts';
import { limits } from '../../src/limits.ts';
import { type Outcome, octets, readCommands, testReaderLimits } from '../support/imap-reading.ts';

const noop = (tag: string): Outcome => ({ kind: 'command', tag, command: { name: 'NOOP' } });
const tooBig: Refusal = { status: 'NO', code: 'TOOBIG', text: 'Message too big' };

function outcomesOf(text: string, refusals: readonly Refusal[] = []): Outcome[] {
  return readCommands([octets(text)], testReaderLimits, refusals).outcomes;
}

/** What was refused with which tag; commands by tag; the rest by kind. */
function summary(outcomes: readonly Outcome[]): string[] {
  return outcomes.map((outcome) => {
    switch (outcome.kind) {
      case 'command':
      case 'bad':
        return `${outcome.kind} ${outcome.tag}`;
      case 'refused':
        return `refused ${outcome.tag} ${outcome.refusal.code ?? outcome.refusal.status}`;
      default:
        return outcome.kind;
    }
  });
}

describe('the command reader', () => {
  it('cuts lines into commands, with CRLF or a bare LF', () => {
    assert.deepEqual(outcomesOf('a NOOP\r\nb NOOP\nc NOOP'), [noop('a'), noop('b')]);
  });

  it('asks for a synchronising literal and takes its octets whatever they are', () => {
    const [go, login] = outcomesOf('a LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man\r\n');
    assert.deepEqual(go, { kind: 'continuation' });
    assert.equal(login?.kind, 'continuation');
    const { outcomes } = readCommands([octets('a LOGIN {5}\r\nal\r\nx {3+}\r\np w\r\n')]);
    assert.deepEqual(outcomes, [
      { kind: 'continuation' },
      { kind: 'command', tag: 'a', command: { name: 'LOGIN', login: 'al\r\nx', password: 'p w' } },
    ]);
  });

  it('does not ask for a non-synchronising literal (RFC 7888)', () => {
    assert.deepEqual(outcomesOf('a LOGIN {2+}\r\nab {0+}\r\n\r\n'), [
      { kind: 'command', tag: 'a', command: { name: 'LOGIN', login: 'ab', password: '' } },
    ]);
  });

  it('ends the command when it refuses a synchronising literal, and reads on at once', () => {
    assert.deepEqual(summary(outcomesOf('a LOGIN {501}\r\nb NOOP\r\n')), ['refused a TOOBIG', 'command b']);
  });

  it('passes over exactly the octets of a refused non-synchronising literal and the rest of its command', () => {
    const evil = 'x NOOP\r\n'.repeat(100);
    const text = `a LOGIN {${evil.length}+}\r\n${evil} {5+}\r\ny NO\n rest\r\nb NOOP\r\n`;
    assert.deepEqual(summary(outcomesOf(text)), ['refused a TOOBIG', 'command b']);
  });

  it('counts all literals of a command together', () => {
    const text = `a LOGIN {300+}\r\n${'u'.repeat(300)} {300}\r\nb NOOP\r\n`;
    assert.deepEqual(summary(outcomesOf(text)), ['refused a TOOBIG', 'command b']);
  });

  it('recovers from a line that is too long at the next one, and echoes its tag', () => {
    assert.deepEqual(summary(outcomesOf(`a NOOP ${'x'.repeat(2000)}\r\nb NOOP\r\n`)), [
      'refused a BAD',
      'command b',
    ]);
    assert.deepEqual(summary(outcomesOf(`${'x'.repeat(2000)}\r\nb NOOP\r\n`)), [
      'refused * BAD',
      'command b',
    ]);
  });

  it('does not take the literal of a line that is too long for commands', () => {
    const text = `a NOOP ${'x'.repeat(2000)} {9+}\r\nx NOOP\r\n\n more\r\nb NOOP\r\n`;
    assert.deepEqual(summary(outcomesOf(text)), ['refused a BAD', 'command b']);
  });

  it('counts the lines of a command with literals together', () => {
    const text = `a LOGIN {1+}\r\n${'x'.repeat(999)} {1+}\r\nxy\r\nb NOOP\r\n`;
    assert.deepEqual(summary(outcomesOf(text)), ['refused a BAD', 'command b']);
  });

  it('sees no literal inside an open quoted string', () => {
    assert.deepEqual(summary(outcomesOf('a LOGIN "x {5}\r\nb NOOP\r\n')), ['bad a', 'command b']);
    assert.deepEqual(summary(outcomesOf('a LOGIN "x\\" {5}\r\nb NOOP\r\n')), ['bad a', 'command b']);
    assert.deepEqual(summary(outcomesOf('a LOGIN "x" {1}\r\ny\r\n')), ['continuation', 'command a']);
  });

  it('gives up on input beyond all measure', () => {
    const { outcomes, reader } = readCommands([octets('a LOGIN {5001+}\r\n')]);
    assert.deepEqual(summary(outcomes), ['fatal']);
    assert.equal(reader.push(octets('b NOOP\r\n')), false);
    assert.equal(reader.next(), undefined);
    assert.equal(reader.heldOctets, 0);
    assert.deepEqual(summary(outcomesOf('x'.repeat(7000))), ['fatal']);
    assert.deepEqual(summary(outcomesOf(`a LOGIN {999999999999999999+}\r\n`)), ['fatal']);
    assert.deepEqual(summary(outcomesOf('a LOGIN {999999999999999999}\r\nb NOOP\r\n')), [
      'refused a TOOBIG',
      'command b',
    ]);
    assert.deepEqual(summary(outcomesOf(`a LOGIN {600+}\r\n${'x'.repeat(600)}${'{0+}\r\n'.repeat(2000)}`)), [
      'fatal',
    ]);
  });

  it('passes over many empty literals without growing the stack', () => {
    const bounds = { ...testReaderLimits, discardOctetsMax: 10_000_000 };
    const text = `a LOGIN {600+}\r\n${'x'.repeat(600)}${' {0+}\r\n'.repeat(100_000)}\r\nb NOOP\r\n`;
    assert.deepEqual(summary(readCommands([octets(text)], bounds).outcomes), [
      'refused a TOOBIG',
      'command b',
    ]);
  });

  it('streams the message of APPEND past every bound on literals', () => {
    const message = 'Subject: x\r\n\r\n{5+}\r\n"\0'.padEnd(4000, 'y');
    for (const announced of ['{4000}', '{4000+}', '~{4000+}']) {
      const outcomes = outcomesOf(`a APPEND INBOX (\\Seen) ${announced}\r\n${message}\r\nb NOOP\r\n`);
      const rest = announced.includes('+') ? outcomes : outcomes.slice(1);
      assert.deepEqual(rest[0], { kind: 'message', octets: message });
      assert.deepEqual(rest[1], {
        kind: 'command',
        tag: 'a',
        command: {
          name: 'APPEND',
          mailbox: 'INBOX',
          messages: [
            {
              flags: ['\\Seen'],
              literal: { kind: 'streamed', size: 4000, binary: announced.startsWith('~') },
            },
          ],
        },
      });
      assert.deepEqual(rest[2], noop('b'));
    }
  });

  it('streams each message of a MULTIAPPEND (RFC 3502)', () => {
    const outcomes = outcomesOf('a APPEND {2+}\r\nin {3+}\r\none (\\Draft) {0+}\r\n {5+}\r\nthree \r\n');
    assert.deepEqual(summary(outcomes), ['message', 'command a']);
    const command = outcomes[1];
    assert.ok(command?.kind === 'command' && command.command.name === 'APPEND');
    assert.deepEqual(
      command.command.messages.map(({ literal }) => literal.size),
      [3, 0, 5],
    );
  });

  it('refuses a message before it is sent when the session says so or the command is not sound', () => {
    assert.deepEqual(summary(outcomesOf('a APPEND INBOX {9}\r\nb NOOP\r\n', [tooBig])), [
      'refused a TOOBIG',
      'command b',
    ]);
    assert.deepEqual(summary(outcomesOf('a APPEND INBOX {9+}\r\nx NOOP\r\n\nrest\r\nb NOOP\r\n', [tooBig])), [
      'refused a TOOBIG',
      'command b',
    ]);
    assert.deepEqual(summary(outcomesOf('a APPEND INBOX (\\Recent) {9}\r\nb NOOP\r\n')), [
      'refused a BAD',
      'command b',
    ]);
  });

  it('can be refused in the middle of a message', () => {
    const reader = createCommandReader(testReaderLimits);
    reader.push(octets('a APPEND INBOX {10}\r\n'));
    assert.equal(reader.next()?.kind, 'literal');
    assert.equal(reader.next(), undefined, 'nothing goes on before the decision');
    assert.equal(reader.accept('stream'), true);
    reader.push(octets('01234'));
    assert.equal(reader.next()?.kind, 'literal-data');
    reader.refuse({ status: 'NO', code: 'UNAVAILABLE', text: 'No room' });
    reader.push(octets('56789\r\nb NOOP\r\n'));
    assert.deepEqual(reader.next(), {
      kind: 'refused',
      tag: 'a',
      refusal: { status: 'NO', code: 'UNAVAILABLE', text: 'No room' },
    });
    assert.deepEqual(reader.next(), { kind: 'command', parts: ['b NOOP'] });
  });

  it('gives one line as it stands when a continuation is answered', () => {
    const reader = createCommandReader(testReaderLimits);
    reader.push(octets('a AUTHENTICATE PLAIN\r\nAGEAYg== {5+}\r\nb NOOP\r\n'));
    assert.equal(reader.next()?.kind, 'command');
    reader.expectLine();
    assert.deepEqual(reader.next(), { kind: 'line', text: 'AGEAYg== {5+}' });
    assert.deepEqual(reader.next(), { kind: 'command', parts: ['b NOOP'] });
    reader.expectLine();
    reader.push(octets(`${'x'.repeat(2000)}\r\nc NOOP\r\n`));
    assert.equal(reader.next()?.kind, 'refused');
    assert.deepEqual(reader.next(), { kind: 'command', parts: ['c NOOP'] });
  });

  it('hands out what was not read, so that nothing from before TLS is taken for a command', () => {
    const reader = createCommandReader(testReaderLimits);
    reader.push(octets('a STARTTLS\r\nb NOOP\r\nc NO'));
    assert.deepEqual(reader.next(), { kind: 'command', parts: ['a STARTTLS'] });
    assert.deepEqual(Buffer.from(reader.takeUnread()).toString(), 'b NOOP\r\nc NO');
    reader.push(octets('d NOOP\r\n'));
    assert.deepEqual(reader.next(), { kind: 'command', parts: ['d NOOP'] });
  });

  it('takes more after login', () => {
    const reader = createCommandReader(limits.imap.beforeLogin);
    const long = octets(`a NOOP ${'x'.repeat(limits.imap.beforeLogin.lineOctetsMax)}\r\n`);
    reader.push(long);
    assert.equal(reader.next()?.kind, 'refused');
    reader.setLimits(limits.imap.authenticated);
    reader.push(long);
    assert.equal(reader.next()?.kind, 'command');
  });

  it('says when to stop reading the socket, and fails loudly when nobody does', () => {
    const reader = createCommandReader();
    assert.equal(reader.push(octets('a NOOP\r\n')), true);
    assert.equal(reader.push(new Uint8Array(limits.imap.waitingInputOctetsMax / 2)), false);
    assert.throws(() => reader.push(new Uint8Array(limits.imap.waitingInputOctetsMax / 2)), RangeError);
    assert.throws(() => reader.accept('gather'), /accept in reader state line/);
  });
});

const fragments = fc.constantFrom(
  'a NOOP\r\n',
  'a LOGIN {3}\r\n',
  'a LOGIN {3+}\r\nabc "x"\r\n',
  'b APPEND INBOX {5+}\r\n',
  'b APPEND INBOX ~{700+}\r\n',
  'c LOGIN {600+}\r\n',
  'x {0+}\r\n',
  '"',
  '{',
  '}',
  '\r',
  '\n',
  ' ',
  '{4+}\r\n',
  '{99999+}\r\n',
  'y'.repeat(900),
  '\0\xff',
);
const stream = fc
  .array(fc.oneof({ weight: 4, arbitrary: fragments }, fc.string({ unit: 'binary', maxLength: 20 })), {
    maxLength: 30,
  })
  .map((pieces) => pieces.join('').replaceAll(/[^\0-\xff]/g, '?'));

describe('the command reader, for any octets', () => {
  it('comes to the same whatever the chunks are', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (text, sizes) => {
        const bytes = octets(text);
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(readCommands(chunks).outcomes, readCommands([bytes]).outcomes);
      }),
      { numRuns: 300 },
    );
  });

  it('holds no more than its bounds', () => {
    fc.assert(
      fc.property(stream, (text) => {
        const bytes = octets(text);
        const chunks = Array.from({ length: Math.ceil(bytes.length / 64) }, (_, i) =>
          bytes.subarray(i * 64, (i + 1) * 64),
        );
        const { heldOctetsMax } = readCommands(chunks);
        // Doubling buffers: at most twice line and literals, and the line's tail.
        assert.ok(heldOctetsMax <= 2 * (1000 + 500) + 256, `${heldOctetsMax} octets held`);
      }),
      { numRuns: 200 },
    );
  });
});
