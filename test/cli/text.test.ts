import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatTable } from '../../src/cli/table.ts';
import { displayWidth, jsonLine, pad, printable, truncate } from '../../src/cli/terminal-text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

describe('text on a terminal', () => {
  it('never carries a control character out of a message', () => {
    assert.equal(printable('a\u001b]0;owned\u0007b\r\n\tc'), 'a\\x1b]0;owned\\x07b\\r\\n\\tc');
    assert.equal(printable('\u009b2J\u202etxt.exe'), '\\x9b2J\\u202etxt.exe');
    assert.equal(printable('Grüße, 東京 👍'), 'Grüße, 東京 👍');
    fc.assert(
      fc.property(anyText, (text) => {
        assert.doesNotMatch(printable(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it('is one line of JSON that reads back as it was', () => {
    assert.equal(jsonLine({ subject: 'x\u009b\u2028\n' }), '{"subject":"x\\u009b\\u2028\\n"}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const line = jsonLine(value);
        assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
        assert.equal(line.includes('\n'), false);
      }),
    );
  });

  it('is as wide as it looks', () => {
    const widths: readonly [string, number][] = [
      ['', 0],
      ['abc', 3],
      ['Grüße', 5],
      ['Gru\u0308ße', 5],
      ['東京', 4],
      ['👍🏽', 2],
      ['👩‍👩‍👧', 2],
      ['ｆｕｌｌ', 8],
    ];
    for (const [text, width] of widths) assert.equal(displayWidth(text), width, text);
  });

  it('is cut between characters, never through one', () => {
    assert.equal(truncate('abcdef', 6), 'abcdef');
    assert.equal(truncate('abcdef', 4), 'abc…');
    assert.equal(truncate('東京都', 4), '東…');
    assert.equal(truncate('abc', 0), '');
    fc.assert(
      fc.property(anyText, fc.nat({ max: 30 }), (text, columns) => {
        assert.ok(displayWidth(truncate(printable(text), columns)) <= columns);
      }),
    );
  });

  it('is filled up on either side', () => {
    assert.equal(pad('東', 4, 'left'), '東  ');
    assert.equal(pad('7', 3, 'right'), '  7');
    assert.equal(pad('long', 2, 'left'), 'long');
  });
});

describe('a table', () => {
  const columns = [{ title: 'ADDRESS' }, { title: 'SIZE', align: 'right' as const }, { title: 'SUBJECT' }];
  const rows = [
    ['alice@example.test', 12, 'A rather long subject that goes on and on'],
    ['bøb', 3456, undefined],
  ];

  it('aligns its columns and cuts nothing off by itself', () => {
    assert.deepEqual(formatTable(columns, rows), [
      'ADDRESS             SIZE  SUBJECT',
      'alice@example.test    12  A rather long subject that goes on and on',
      'bøb                 3456',
    ]);
  });

  it('fits a terminal by cutting from the last column on', () => {
    assert.deepEqual(formatTable(columns, rows, 45), [
      'ADDRESS             SIZE  SUBJECT',
      'alice@example.test    12  A rather long subj…',
      'bøb                 3456',
    ]);
    assert.deepEqual(formatTable(columns, rows, 30)[1], 'alice@example…    12  A rathe…');
  });

  it('never cuts a fixed column', () => {
    const id = '0199a7c4-0000-7000-8000-000000000000';
    const lines = formatTable([{ title: 'ID', fixed: true }, { title: 'TEXT' }], [[id, 'x'.repeat(50)]], 40);
    assert.equal(lines[1], `${id}  xxxxxxx…`);
  });

  it('shows titles when it is empty', () => {
    assert.deepEqual(formatTable(columns, []), ['ADDRESS  SIZE  SUBJECT']);
  });

  it('keeps a cell from breaking out of its row', () => {
    assert.deepEqual(formatTable([{ title: 'S' }], [['a\nb\u001b[2J']]), ['S', 'a\\nb\\x1b[2J']);
  });

  it('has lines no wider than the terminal, as far as its columns may shrink', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyText, anyText), { maxLength: 5 }),
        fc.integer({ min: 20, max: 60 }),
        (cells, width) => {
          for (const line of formatTable([{ title: 'A' }, { title: 'B' }], cells, width)) {
            assert.ok(displayWidth(line) <= width);
          }
        },
      ),
    );
  });
});
