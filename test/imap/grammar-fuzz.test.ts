import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { classifyLiteral } from '../../src/imap/grammar/append-command.ts';
import { parseCommand } from '../../src/imap/grammar/parse-command.ts';
import { octets, parseText, readCommands } from '../support/imap-reading.ts';

/** One sound command of each kind, to be spoilt. */
const sound = [
  'A1 ID ("name" "sodr" "version" NIL)',
  'A1 LOGIN "a\\"b" {3+}\r\npwd',
  'A1 AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q=',
  'A1 ENABLE CONDSTORE QRESYNC',
  'A1 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211 (5,9 3700,3701)))',
  'A1 CREATE x (USE (\\Drafts))',
  'A1 RENAME {1+}\r\na "b c"',
  'A1 LIST (SUBSCRIBED RECURSIVEMATCH) "" (INBOX "%") RETURN (CHILDREN STATUS (MESSAGES UIDNEXT))',
  'A1 LSUB "#news." comp.*',
  'A1 STATUS INBOX (MESSAGES UIDNEXT)',
  'A1 APPEND INBOX (\\Seen $x) "07-Feb-1994 21:52:25 -0800" {5+}\r\nabcde',
  'A1 UID STORE 1:*,7 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Deleted Junk)',
  'A1 UID FETCH 2:4 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS.NOT (DATE {4+}\r\nFROM)]<0.10> BINARY.SIZE[1])',
  'A1 FETCH 1 (PREVIEW (LAZY) MODSEQ) (CHANGEDSINCE 5 VANISHED)',
  'A1 SEARCH RETURN (MIN) CHARSET UTF-8 OR (NOT SEEN) 1:* SINCE "1-Feb-1994" HEADER a {1+}\r\nb MODSEQ "x" all 1',
  'A1 MOVE $ "Archive"',
];

const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const octetString = (maxLength: number) => fc.array(octet, { maxLength }).map((chars) => chars.join(''));
const spoiling = fc.record({
  at: fc.nat(),
  remove: fc.integer({ min: 0, max: 6 }),
  insert: fc.oneof(
    octetString(3),
    fc.constantFrom(
      ' ',
      '(',
      ')',
      '"',
      '\\',
      '[',
      ']',
      '<',
      '{1+}\r\n',
      '{9}',
      '~{2+}\r\n',
      '*',
      'NIL',
      '0',
      '\r',
      '\0',
    ),
  ),
});

const spoilt = fc
  .tuple(fc.constantFrom(...sound), fc.array(spoiling, { minLength: 1, maxLength: 3 }))
  .map(([text, changes]) =>
    changes.reduce((spoiled, { at, remove, insert }) => {
      const place = at % (spoiled.length + 1);
      return spoiled.slice(0, place) + insert + spoiled.slice(place + remove);
    }, text),
  );

describe('the grammar', () => {
  it('parses each of the sound commands', () => {
    for (const text of sound) assert.equal(parseText(text).kind, 'command', text);
  });

  it('gives a command or a reasoned BAD for any octets', () => {
    fc.assert(
      fc.property(
        octetString(80),
        fc.constantFrom('', 'A1 ', ...sound.map((text) => text.slice(0, 12))),
        (tail, head) => {
          const parsed = parseCommand([head + tail]);
          if (parsed.kind === 'bad') assert.match(parsed.text, /^[ -~]{1,200}$/);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('gives a command, a reasoned BAD or a refusal for nearly valid input, and then reads on', () => {
    fc.assert(
      fc.property(spoilt, (text) => {
        const { outcomes } = readCommands(
          [octets(`${text}\r\n`), octets('"\r\n'.repeat(40)), octets('Z9 NOOP\r\n')],
          {
            lineOctetsMax: 2000,
            literalOctetsMax: 100,
            discardOctetsMax: 1000,
          },
        );
        for (const outcome of outcomes) {
          if (outcome.kind === 'bad') assert.match(outcome.text, /^[ -~]{1,200}$/);
        }
        const last = outcomes.at(-1);
        // A spoilt announcement may swallow what follows it, up to 100 octets, or be streamed for ever.
        assert.ok(
          (last?.kind === 'command' && last.tag === 'Z9') ||
            last?.kind === 'fatal' ||
            /\{\d{3,}\+?\}/.test(text),
          JSON.stringify({ text, last }),
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('classifies a literal after any prefix without a throw', () => {
    fc.assert(
      fc.property(fc.oneof(spoilt, octetString(40)), fc.nat(), (text, cut) => {
        const prefix = text.slice(0, cut % (text.length + 1));
        const use = classifyLiteral([prefix]);
        if (use.kind === 'message') assert.match(prefix, /^[^ ]+ append /i);
      }),
      { numRuns: 1000 },
    );
  });
});
