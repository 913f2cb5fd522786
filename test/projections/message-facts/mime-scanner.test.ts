import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BodyPart } from '../../../projections/message-facts/message-facts.ts';
import { crlf, factsOf, section, shape } from './facts-of.ts';

const shapeOf = (message: string): string => shape(factsOf(message).root);

/** The one part of a message that must be single, with its body's octets and lines. */
function single(message: string): { body: string; lines: number | undefined; part: BodyPart } {
  const part = factsOf(message).root;
  assert.notEqual(part.kind, 'multipart');
  const lines = part.kind === 'text' || part.kind === 'message' ? part.lines : undefined;
  return { body: message.slice(part.bodyStart, part.bodyEnd), lines, part };
}

describe('A message of one part', () => {
  it('is text/plain in us-ascii when it says nothing (RFC 2045 section 5.2)', () => {
    const { part, body, lines } = single('From: a@b\r\n\r\nhello\r\nworld\r\n');
    assert.deepEqual(part, {
      kind: 'text',
      headerStart: 0,
      bodyStart: 13,
      bodyEnd: 27,
      type: 'text',
      subtype: 'plain',
      params: [['charset', 'us-ascii']],
      encoding: '7bit',
      lines: 2,
    });
    assert.deepEqual([body, lines], ['hello\r\nworld\r\n', 2]);
  });

  it('has the content fields as they were sent', () => {
    const { part } = single(
      crlf(
        'Content-Type: Text/X-Myown; charset=us-ascii; foo="quoted\\"string"',
        'Content-ID: <foo@example.com>',
        'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==',
        'Content-Disposition: inline; foo=bar',
        'Content-Description: hello',
        ' description',
        'Content-Language: en, fi, se',
        'Content-Location: http://example.com/test.txt',
        'Content-Transfer-Encoding: Quoted-Printable',
        '',
      ),
    );
    const { headerStart, bodyStart, bodyEnd, ...rest } = part;
    assert.deepEqual([headerStart, bodyStart], [0, bodyEnd]);
    assert.deepEqual(rest, {
      kind: 'text',
      type: 'Text',
      subtype: 'X-Myown',
      params: [
        ['charset', 'us-ascii'],
        ['foo', 'quoted"string'],
      ],
      disposition: { type: 'inline', params: [['foo', 'bar']] },
      language: ['en', 'fi', 'se'],
      location: 'http://example.com/test.txt',
      id: '<foo@example.com>',
      description: 'hello description',
      encoding: 'Quoted-Printable',
      md5: 'Q2hlY2sgSW50ZWdyaXR5IQ==',
      lines: 0,
    });
  });

  it('counts line feeds as lines, and octets as stored', () => {
    const cases: readonly (readonly [body: string, lines: number])[] = [
      ['', 0],
      ['no end', 0],
      ['a\r\nb', 1],
      ['a\nb\n', 2],
      ['a\rb\r', 0],
      ['\r\n\n\r\r\n', 3],
      ['\n'.repeat(5000), 5000],
      [`${'x'.repeat(100_000)}\n`, 1],
    ];
    for (const [body, lines] of cases) {
      const found = single(`A: b\r\n\r\n${body}`);
      assert.deepEqual([found.body, found.lines], [body, lines]);
    }
  });

  it('may have only a header, only a body or nothing at all', () => {
    for (const [message, bodyStart, bodyEnd] of [
      ['', 0, 0],
      ['\r\n', 2, 2],
      ['\n', 1, 1],
      ['\r', 1, 1],
      ['\r\nbody', 2, 6],
      ['A: b\r\n', 6, 6],
      ['A: b', 4, 4],
      ['A: b\r\n\r', 7, 7],
      ['no header\r\n\r\nbody', 13, 17],
    ] as const) {
      const { part } = single(message);
      assert.deepEqual(
        [part.headerStart, part.bodyStart, part.bodyEnd],
        [0, bodyStart, bodyEnd],
        JSON.stringify(message),
      );
    }
  });

  it('has content fields only when it is MIME (RFC 2045 section 4)', () => {
    const field = 'Content-Transfer-Encoding: base64\r\n';
    const encoding = (header: string): string | undefined => {
      const part = factsOf(`${header}\r\n`).root;
      return part.kind === 'multipart' ? undefined : part.encoding;
    };
    assert.equal(encoding(field), '7bit');
    assert.equal(encoding(`${field}MIME-Version: 1.0\r\n`), 'base64');
    assert.equal(encoding(`${field}Content-Type: text/plain\r\n`), 'base64');
  });

  it('takes the first Content-Type, and text/plain when that is not valid', () => {
    assert.equal(shapeOf('Content-Type: image/png\r\nContent-Type: text/html\r\n\r\n'), 'image/png');
    assert.equal(shapeOf('Content-Type: text\r\n\r\n'), 'text/plain');
  });
});

describe('A multipart', () => {
  const example = crlf(
    'From: Nathaniel Borenstein <nsb@bellcore.com>',
    'To: Ned Freed <ned@innosoft.com>',
    'Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)',
    'Subject: Sample message',
    'MIME-Version: 1.0',
    'Content-type: multipart/mixed; boundary="simple boundary"',
    '',
    'This is the preamble.  It is to be ignored, though it',
    'is a handy place for composition agents to include an',
    'explanatory note to non-MIME conformant readers.',
    '',
    '--simple boundary',
    '',
    'This is implicitly typed plain US-ASCII text.',
    'It does NOT end with a linebreak.',
    '--simple boundary',
    'Content-type: text/plain; charset=us-ascii',
    '',
    'This is explicitly typed plain US-ASCII text.',
    'It DOES end with a linebreak.',
    '',
    '--simple boundary--',
    '',
    'This is the epilogue.  It is also to be ignored.',
  );

  it('is that of the example in RFC 2046 section 5.1.1', () => {
    assert.equal(shapeOf(example), 'mixed(text/plain text/plain)');
    assert.equal(
      section(example, '1'),
      'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.',
    );
    assert.equal(
      section(example, '2'),
      'This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n',
    );
    assert.equal(section(example, '1.MIME'), '\r\n');
    const { root } = factsOf(example);
    assert.deepEqual(
      root.kind === 'multipart' && root.parts.map((part) => part.kind === 'text' && part.lines),
      [1, 2],
    );
  });

  it('is the complex one of RFC 2049 appendix A', () => {
    const message = crlf(
      'MIME-Version: 1.0',
      'From: Nathaniel Borenstein <nsb@nsb.fv.com>',
      'Content-Type: multipart/mixed;',
      '              boundary=unique-boundary-1',
      '',
      'This is the preamble area of a multipart message.',
      '--unique-boundary-1',
      '',
      '  ... Some text appears here ...',
      '--unique-boundary-1',
      'Content-type: text/plain; charset=US-ASCII',
      '',
      'This could have been part of the previous part.',
      '--unique-boundary-1',
      'Content-Type: multipart/parallel; boundary=unique-boundary-2',
      '',
      '--unique-boundary-2',
      'Content-Type: audio/basic',
      'Content-Transfer-Encoding: base64',
      '',
      '  ... base64-encoded 8000 Hz single-channel',
      '--unique-boundary-2',
      'Content-Type: image/jpeg',
      'Content-Transfer-Encoding: base64',
      '',
      '  ... base64-encoded image data goes here ...',
      '--unique-boundary-2--',
      '',
      '--unique-boundary-1',
      'Content-type: text/enriched',
      '',
      'This is <bold><italic>enriched.</italic></bold>',
      '--unique-boundary-1',
      'Content-Type: message/rfc822',
      '',
      'From: (mailbox in US-ASCII)',
      'To: (address in US-ASCII)',
      'Subject: (subject in US-ASCII)',
      'Content-Type: Text/plain; charset=ISO-8859-1',
      'Content-Transfer-Encoding: Quoted-printable',
      '',
      '  ... Additional text in ISO-8859-1 goes here ...',
      '--unique-boundary-1--',
    );
    assert.equal(
      shapeOf(message),
      'mixed(text/plain text/plain parallel(audio/basic image/jpeg) text/enriched message(Text/plain))',
    );
    assert.equal(section(message, '3.2'), '  ... base64-encoded image data goes here ...');
    assert.equal(section(message, '5.1'), '  ... Additional text in ISO-8859-1 goes here ...');
    assert.equal(section(message, '3')?.endsWith('--unique-boundary-2--\r\n'), true);
  });

  it('gives the line end before a boundary to the boundary, CRLF or LF', () => {
    const parts = (end: string): readonly (string | undefined)[] => {
      const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none${end}--b\r\n\r\ntwo${end}${end}--b--`;
      return [section(message, '1'), section(message, '2')];
    };
    assert.deepEqual(parts('\r\n'), ['one', 'two\r\n']);
    assert.deepEqual(parts('\n'), ['one', 'two\n']);
    assert.deepEqual(parts('\r\r\n'), ['one\r', 'two\r\r\n\r']);
  });

  it('needs the boundary at the beginning of a line', () => {
    const message =
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n --b\r\nx--b\r\n\r--b\r\n--b--';
    assert.equal(section(message, '1'), ' --b\r\nx--b\r\n\r--b');
  });

  it('may begin with its first boundary, and have empty parts', () => {
    const message = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b\r\n--b--';
    assert.equal(shapeOf(message), 'mixed(text/plain text/plain text/plain)');
    assert.deepEqual([section(message, '1'), section(message, '2'), section(message, '3')], ['', '', '']);
    assert.deepEqual([section(message, '1.MIME'), section(message, '3.MIME')], ['\r\n', '']);
  });

  it('closes inner multiparts that an outer boundary ends', () => {
    const message = crlf(
      'Content-Type: multipart/mixed; boundary=outer',
      '',
      '--outer',
      'Content-Type: multipart/alternative; boundary=inner',
      '',
      '--inner',
      '',
      'one',
      '--outer',
      '',
      'two',
      '--inner',
      '--outer--',
      '--outer',
    );
    assert.equal(shapeOf(message), 'mixed(alternative(text/plain) text/plain)');
    assert.equal(section(message, '1.1'), 'one');
    assert.equal(section(message, '2'), 'two\r\n--inner');
  });

  it('keeps the last part to the end of the message when nothing closes it', () => {
    const message = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n';
    assert.equal(section(message, '2'), 'two\r\n');
  });

  it('ends a header at a boundary', () => {
    const message =
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n--b\r\n\r\ntwo\r\n--b--';
    assert.equal(shapeOf(message), 'mixed(text/html text/plain)');
    assert.equal(section(message, '1.MIME'), 'Content-Type: text/html');
    assert.equal(section(message, '1'), '');
    assert.equal(section(message, '2'), 'two');
  });

  it('tells apart boundaries of which one begins with the other', () => {
    const message = crlf(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: multipart/mixed; boundary=xy',
      '',
      '--xy',
      '',
      'one',
      '--xy--',
      '--x',
      '',
      'two',
      '--x--',
    );
    assert.equal(shapeOf(message), 'mixed(mixed(text/plain) text/plain)');
    assert.equal(section(message, '2'), 'two');
  });

  it('without parts is given an empty one, as its structure needs one', () => {
    for (const message of [
      'Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\ntext',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\nno parts',
    ]) {
      const { root, size } = factsOf(message);
      assert.equal(shape(root), 'mixed(text/plain)');
      assert.deepEqual(root.kind === 'multipart' && root.parts[0]?.bodyStart, size);
      assert.equal(section(message, '1'), '');
    }
  });

  it('of type digest has messages for parts (RFC 2046 section 5.1.5)', () => {
    const message = crlf(
      'Content-Type: multipart/digest; boundary=b',
      '',
      '--b',
      '',
      'Subject: s',
      '',
      'x',
      '--b',
      'Content-Type: text/html',
      '',
      '--b--',
    );
    assert.equal(shapeOf(message), 'digest(message(text/plain) text/html)');
    const { root } = factsOf(message);
    assert.equal(
      root.kind === 'multipart' && root.parts[0]?.kind === 'message' && root.parts[0].envelope.subject,
      's',
    );
  });
});
