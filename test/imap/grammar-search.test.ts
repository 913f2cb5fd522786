import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SearchCommand } from '../../src/imap/grammar/search-command.ts';
import { limits } from '../../src/limits.ts';
import { parseText } from '../support/imap-reading.ts';

function search(text: string): SearchCommand {
  const parsed = parseText(`A1 ${text}`);
  assert.ok(
    parsed.kind === 'command' && parsed.command.name === 'SEARCH',
    `${text}: ${JSON.stringify(parsed)}`,
  );
  return parsed.command;
}

const keys = (text: string) => search(`SEARCH ${text}`).keys;
const day = (year: number, month: number, date: number) => Date.UTC(year, month - 1, date) / 86_400_000;

function refuses(text: string, why: RegExp): void {
  const parsed = parseText(`A1 SEARCH ${text}`);
  assert.equal(parsed.kind, 'bad', text);
  assert.match(parsed.text, why, text);
}

describe('SEARCH', () => {
  it('is a program of keys that all must match (RFC 3501 section 6.4.4)', () => {
    assert.deepEqual(search('SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"'), {
      name: 'SEARCH',
      uid: false,
      keys: [
        { kind: 'FLAGGED' },
        { kind: 'SINCE', day: day(1994, 2, 1) },
        { kind: 'NOT', key: { kind: 'FROM', text: 'Smith' } },
      ],
    });
    assert.deepEqual(search('UID SEARCH CHARSET utf-8 TEXT {6+}\r\n\xd0\xbf\xd1\x80\xd0\xb8'), {
      name: 'SEARCH',
      uid: true,
      charset: 'UTF-8',
      keys: [{ kind: 'TEXT', text: '\xd0\xbf\xd1\x80\xd0\xb8' }],
    });
  });

  it('takes every key', () => {
    const plain = 'ALL ANSWERED DELETED DRAFT FLAGGED NEW OLD RECENT SEEN UNANSWERED UNDELETED UNDRAFT';
    for (const kind of `${plain} UNFLAGGED UNSEEN`.split(' ')) {
      assert.deepEqual(keys(kind.toLowerCase()), [{ kind }]);
    }
    for (const kind of 'BCC BODY CC FROM SUBJECT TEXT TO'.split(' ')) {
      assert.deepEqual(keys(`${kind} ""`), [{ kind, text: '' }]);
    }
    for (const kind of 'BEFORE ON SINCE SENTBEFORE SENTON SENTSINCE'.split(' ')) {
      assert.deepEqual(keys(`${kind} "29-feb-2024"`), [{ kind, day: day(2024, 2, 29) }]);
    }
    assert.deepEqual(keys('HEADER Message-ID <a@b> KEYWORD $Junk UNKEYWORD x LARGER 0 SMALLER 5000000000'), [
      { kind: 'HEADER', field: 'Message-ID', text: '<a@b>' },
      { kind: 'KEYWORD', keyword: '$Junk' },
      { kind: 'UNKEYWORD', keyword: 'x' },
      { kind: 'LARGER', octets: 0 },
      { kind: 'SMALLER', octets: 5_000_000_000 },
    ]);
    assert.deepEqual(keys('1:3,* UID 5:* $ UID $'), [
      {
        kind: 'SEQUENCE',
        set: {
          kind: 'ranges',
          ranges: [
            [1, 3],
            ['*', '*'],
          ],
        },
      },
      { kind: 'UID', set: { kind: 'ranges', ranges: [[5, '*']] } },
      { kind: 'SEQUENCE', set: { kind: 'saved' } },
      { kind: 'UID', set: { kind: 'saved' } },
    ]);
  });

  it('nests NOT, OR and brackets', () => {
    assert.deepEqual(keys('OR (SEEN NOT OR OLD NEW) NOT (1)'), [
      {
        kind: 'OR',
        either: {
          kind: 'AND',
          keys: [
            { kind: 'SEEN' },
            { kind: 'NOT', key: { kind: 'OR', either: { kind: 'OLD' }, or: { kind: 'NEW' } } },
          ],
        },
        or: {
          kind: 'NOT',
          key: { kind: 'AND', keys: [{ kind: 'SEQUENCE', set: { kind: 'ranges', ranges: [[1, 1]] } }] },
        },
      },
    ]);
  });

  it('takes keys of extensions: WITHIN, MODSEQ, object ids, SAVEDATE', () => {
    assert.deepEqual(keys('YOUNGER 259200 OLDER 1 MODSEQ 620162338 MODSEQ "/flags/\\\\draft" all 5'), [
      { kind: 'YOUNGER', seconds: 259200 },
      { kind: 'OLDER', seconds: 1 },
      { kind: 'MODSEQ', modseq: 620162338 },
      { kind: 'MODSEQ', modseq: 5, entry: { name: '/flags/\\draft', type: 'all' } },
    ]);
    assert.deepEqual(keys('EMAILID M6d99ac3275bb4e THREADID T_-1 SAVEDON 1-Jan-1970 SAVEDATESUPPORTED'), [
      { kind: 'EMAILID', id: 'M6d99ac3275bb4e' },
      { kind: 'THREADID', id: 'T_-1' },
      { kind: 'SAVEDON', day: 0 },
      { kind: 'SAVEDATESUPPORTED' },
    ]);
    refuses('OLDER 0', /out of range/);
    refuses('EMAILID a.b', /Invalid object id/);
  });

  it('takes result options (RFC 4731, RFC 5182)', () => {
    assert.deepEqual(search('SEARCH RETURN (MIN COUNT save) CHARSET US-ASCII ALL'), {
      name: 'SEARCH',
      uid: false,
      returns: ['MIN', 'COUNT', 'SAVE'],
      charset: 'US-ASCII',
      keys: [{ kind: 'ALL' }],
    });
    assert.deepEqual(search('SEARCH RETURN () ALL').returns, ['ALL']);
    refuses('RETURN (FOO) ALL', /Unknown return option/);
    refuses('RETURN (ALL)', /Missing argument/);
  });

  it('refuses what is no program', () => {
    refuses('', /expected|Missing/);
    refuses('FOO', /Unknown search key/);
    refuses('OR SEEN', /Missing argument/);
    refuses('NOT', /Missing argument/);
    refuses('()', /Search key expected/);
    refuses('(SEEN', /\) after search keys expected/);
    refuses('ON 31-Feb-2024', /Invalid date/);
    refuses('ON 2024-01-01', /Invalid date/);
    refuses('CHARSET UTF-8', /Missing argument/);
    refuses('5:', /Sequence set expected/);
    refuses('KEYWORD \\Seen', /Keyword expected/);
  });

  it('nests only so deep', () => {
    const deepest = limits.imap.nestingDepthMax - 1;
    assert.equal(keys(`${'NOT '.repeat(deepest)}ALL`).length, 1);
    refuses(`${'NOT '.repeat(deepest + 1)}ALL`, /Nested too deeply/);
    refuses(`${'('.repeat(5000)}ALL${')'.repeat(5000)}`, /Nested too deeply/);
    refuses('OR '.repeat(5000), /Nested too deeply/);
  });

  it('has only so many arguments', () => {
    refuses(`1${',1'.repeat(limits.imap.commandTokensMax)}`, /Too many arguments/);
  });
});
