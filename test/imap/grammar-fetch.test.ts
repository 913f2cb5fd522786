import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FetchCommand } from '../../src/imap/grammar/fetch-command.ts';
import { parseText } from '../support/imap-reading.ts';

function fetch(text: string): FetchCommand {
  const parsed = parseText(`A1 ${text}`);
  assert.ok(
    parsed.kind === 'command' && parsed.command.name === 'FETCH',
    `${text}: ${JSON.stringify(parsed)}`,
  );
  return parsed.command;
}

const items = (text: string) => fetch(`FETCH 1 ${text}`).items;
const body = (section: object, rest: object = {}) => ({ kind: 'BODY[]', section, peek: false, ...rest });

function refuses(text: string, why: RegExp): void {
  const parsed = parseText(`A1 FETCH 1 ${text}`);
  assert.equal(parsed.kind, 'bad', text);
  assert.match(parsed.text, why, text);
}

describe('FETCH', () => {
  it('takes one item or a list (RFC 3501 section 6.4.5)', () => {
    assert.deepEqual(fetch('FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])'), {
      name: 'FETCH',
      uid: false,
      set: { kind: 'ranges', ranges: [[2, 4]] },
      items: [
        { kind: 'FLAGS' },
        body({ path: [], text: { kind: 'HEADER.FIELDS', fields: ['DATE', 'FROM'] } }),
      ],
      modifiers: {},
    });
    assert.equal(fetch('uid fetch 5:* uid').uid, true);
    for (const kind of ['ENVELOPE', 'FLAGS', 'INTERNALDATE', 'UID', 'BODY', 'BODYSTRUCTURE'] as const) {
      assert.deepEqual(items(kind.toLowerCase()), [{ kind }]);
    }
    for (const kind of ['RFC822', 'RFC822.HEADER', 'RFC822.SIZE', 'RFC822.TEXT'] as const) {
      assert.deepEqual(items(`(${kind})`), [{ kind }]);
    }
  });

  it('writes macros out, and only takes them alone', () => {
    const fast = [{ kind: 'FLAGS' }, { kind: 'INTERNALDATE' }, { kind: 'RFC822.SIZE' }];
    assert.deepEqual(items('FAST'), fast);
    assert.deepEqual(items('all'), [...fast, { kind: 'ENVELOPE' }]);
    assert.deepEqual(items('FULL'), [...fast, { kind: 'ENVELOPE' }, { kind: 'BODY' }]);
    refuses('(FAST)', /Unknown fetch item/);
    refuses('FAST FLAGS', /Fetch modifiers expected/);
  });

  it('takes every form of section', () => {
    assert.deepEqual(items('BODY[]'), [body({ path: [] })]);
    assert.deepEqual(items('BODY.PEEK[TEXT]'), [body({ path: [], text: { kind: 'TEXT' } }, { peek: true })]);
    assert.deepEqual(items('BODY[4.2.2.1]'), [body({ path: [4, 2, 2, 1] })]);
    assert.deepEqual(items('BODY[4.2.MIME]'), [body({ path: [4, 2], text: { kind: 'MIME' } })]);
    assert.deepEqual(items('body[4.header]'), [body({ path: [4], text: { kind: 'HEADER' } })]);
    assert.deepEqual(items('BODY[3.HEADER.FIELDS.NOT ("a b" {1+}\r\n: to])]<0.512>'), [
      body(
        { path: [3], text: { kind: 'HEADER.FIELDS.NOT', fields: ['a b', ':', 'to]'] } },
        { partial: { offset: 0, count: 512 } },
      ),
    ]);
    assert.deepEqual(items('BODY[]<4294967296.1>'), [
      body({ path: [] }, { partial: { offset: 4294967296, count: 1 } }),
    ]);
  });

  it('refuses what is no section', () => {
    refuses('BODY[MIME]', /MIME needs a part number/);
    refuses('BODY[0]', /Part number out of range/);
    refuses('BODY[1.0]', /Part number out of range/);
    refuses('BODY[1.]', /Section expected/);
    refuses('BODY[1..2]', /Unknown section|expected/);
    refuses('BODY[FOO]', /Unknown section/);
    refuses('BODY[HEADER.FIELDS ()]', /Field name expected/);
    refuses('BODY[HEADER.FIELDS]', /Space expected/);
    refuses('BODY[TEXT', /\] after section expected/);
    refuses('BODY[]<0.0>', /Count out of range/);
    refuses('BODY[]<0>', /\. in partial expected/);
    refuses('BODY[]<99999999999999999999.1>', /Offset out of range/);
    refuses('BODY.PEEK', /Section expected/);
  });

  it('refuses what is no item, and an empty list', () => {
    refuses('FOO', /Unknown fetch item/);
    refuses('()', /Fetch item expected/);
    refuses('(FLAGS', /\) after fetch items expected/);
    refuses('(FLAGS  UID)', /Fetch item expected/);
    refuses('FLAGS UID', /Fetch modifiers expected/);
  });

  it('takes BINARY (RFC 3516)', () => {
    assert.deepEqual(items('(BINARY[1.2]<0.5> BINARY.PEEK[] BINARY.SIZE[3])'), [
      { kind: 'BINARY[]', section: { path: [1, 2] }, peek: false, partial: { offset: 0, count: 5 } },
      { kind: 'BINARY[]', section: { path: [] }, peek: true },
      { kind: 'BINARY.SIZE[]', section: { path: [3] } },
    ]);
    refuses('BINARY[1.TEXT]', /\] after part expected/);
  });

  it('takes MODSEQ, CHANGEDSINCE and VANISHED (RFC 7162)', () => {
    assert.deepEqual(fetch('UID FETCH 300:500 (FLAGS MODSEQ) (CHANGEDSINCE 12345 VANISHED)').modifiers, {
      changedSince: 12345,
      vanished: true,
    });
    assert.equal(
      fetch('FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775807)').modifiers.changedSince,
      Number.MAX_SAFE_INTEGER,
    );
    refuses('FLAGS (CHANGEDSINCE 9223372036854775808)', /out of range/);
    refuses('FLAGS (VANISHED)', /VANISHED needs CHANGEDSINCE/);
    refuses('FLAGS (FOO)', /Unknown modifier/);
  });

  it('takes PREVIEW, object ids and SAVEDATE (RFC 8970, RFC 8474, RFC 8514)', () => {
    assert.deepEqual(items('(PREVIEW (LAZY) EMAILID THREADID SAVEDATE PREVIEW)'), [
      { kind: 'PREVIEW', lazy: true },
      { kind: 'EMAILID' },
      { kind: 'THREADID' },
      { kind: 'SAVEDATE' },
      { kind: 'PREVIEW', lazy: false },
    ]);
    assert.deepEqual(fetch('FETCH 1 PREVIEW (CHANGEDSINCE 5)'), {
      name: 'FETCH',
      uid: false,
      set: { kind: 'ranges', ranges: [[1, 1]] },
      items: [{ kind: 'PREVIEW', lazy: false }],
      modifiers: { changedSince: 5 },
    });
  });
});
