import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  boundaryOf,
  parseContentType,
  parseDisposition,
  parseLanguages,
  parseTransferEncoding,
} from '../../../projections/message-facts/content-fields.ts';

const type = (value: string) => parseContentType(value, 200);

describe('Content-Type', () => {
  it('keeps type, subtype and parameters as they were sent', () => {
    assert.deepEqual(type(' Text/PLAIN; Charset=US-ascii; format="flowed"'), {
      type: 'Text',
      subtype: 'PLAIN',
      params: [
        ['Charset', 'US-ascii'],
        ['format', 'flowed'],
      ],
    });
  });

  it('passes over comments and folding (RFC 2045 section 5.1)', () => {
    assert.deepEqual(type('text/plain; charset=us-ascii (Plain text)\r\n\t; (c) x (d) = (e) y'), {
      type: 'text',
      subtype: 'plain',
      params: [
        ['charset', 'us-ascii'],
        ['x', 'y'],
      ],
    });
  });

  it('leaves the continuations of RFC 2231 as they stand', () => {
    const params = type(
      "application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"",
    )?.params;
    assert.deepEqual(params, [
      ['title*0*', "us-ascii'en'This%20is%20even%20more%20"],
      ['title*1*', '%2A%2A%2Afun%2A%2A%2A%20'],
      ['title*2', "isn't it!"],
    ]);
  });

  it('is absent when it is not valid (RFC 2045 section 5.2)', () => {
    for (const value of [
      '',
      ' ',
      'text',
      'text/',
      '/plain',
      ';',
      'text plain',
      'a/b/c',
      '"text/plain"',
      'text/plain charset=x',
    ]) {
      assert.equal(type(value), undefined, JSON.stringify(value));
    }
  });

  it('reads the parameters of senders that forget quotes, values or semicolons', () => {
    const cases: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
      ['a/b; boundary=----=_Part_1.2', [['boundary', '----=_Part_1.2']]],
      [
        'a/b; name=two words; x=y',
        [
          ['name', 'two'],
          ['x', 'y'],
        ],
      ],
      [
        'a/b; name=; x=y',
        [
          ['name', ''],
          ['x', 'y'],
        ],
      ],
      ['a/b;; ;=z; junk; x=y;', [['x', 'y']]],
      ['a/b; x="unclosed', [['x', 'unclosed']]],
      ['a/b; name==?utf-8?Q?a?=', [['name', '=?utf-8?Q?a?=']]],
      [
        'a/b; name="a\\"b;c"; name="again"',
        [
          ['name', 'a"b;c'],
          ['name', 'again'],
        ],
      ],
      ['a/b; name="\xe4\xff"', [['name', '\xe4\xff']]],
    ];
    for (const [value, expected] of cases) assert.deepEqual(type(value)?.params, expected, value);
  });

  it('keeps no more parameters than the limit', () => {
    assert.equal(parseContentType(`a/b${'; x=y'.repeat(50)}`, 3)?.params.length, 3);
  });
});

describe('The boundary', () => {
  const boundary = (value: string) => boundaryOf(type(value)?.params ?? []);

  it('is the parameter of that name, the first one', () => {
    assert.equal(boundary('multipart/mixed; BOUNDARY="a b"; boundary=c'), 'a b');
    assert.equal(boundary('multipart/mixed; boundary=""'), '');
    assert.equal(boundary('multipart/mixed; charset=x'), undefined);
  });

  it('is joined from the pieces of RFC 2231', () => {
    assert.equal(boundary('multipart/mixed; boundary*1=two; boundary*0="one "; boundary*3=no'), 'one two');
    assert.equal(boundary("multipart/mixed; boundary*=us-ascii'en'a%20b"), 'a b');
    assert.equal(boundary("multipart/mixed; boundary*0*=''a%3D; boundary*1=%3D"), 'a=%3D');
  });
});

describe('The other content fields', () => {
  it('Content-Disposition has a type and parameters (RFC 2183)', () => {
    assert.deepEqual(
      parseDisposition(
        'attachment; filename=genome.jpeg;\r\n modification-date="Wed, 12 Feb 1997 16:29:51 -0500"',
        200,
      ),
      {
        type: 'attachment',
        params: [
          ['filename', 'genome.jpeg'],
          ['modification-date', 'Wed, 12 Feb 1997 16:29:51 -0500'],
        ],
      },
    );
    assert.deepEqual(parseDisposition('inline', 200), { type: 'inline', params: [] });
    assert.deepEqual(parseDisposition('; filename=x', 200), { type: '', params: [['filename', 'x']] });
    assert.equal(parseDisposition(' ', 200), undefined);
  });

  it('Content-Transfer-Encoding is one token', () => {
    assert.equal(parseTransferEncoding(' Quoted-Printable (yes)\r\n'), 'Quoted-Printable');
    assert.equal(parseTransferEncoding('base64;'), 'base64');
    for (const value of ['', '?invalid', '8 bit']) assert.equal(parseTransferEncoding(value), undefined);
  });

  it('Content-Language is a list of tags (RFC 3282)', () => {
    assert.deepEqual(parseLanguages(' en, fi , se', 10), ['en', 'fi', 'se']);
    assert.deepEqual(parseLanguages('x-klingon (no)', 10), ['x-klingon']);
    assert.deepEqual(parseLanguages(',', 10), []);
    assert.deepEqual(parseLanguages('a,b,c', 2), ['a', 'b']);
  });
});
