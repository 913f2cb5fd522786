import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crlf, section } from './facts-of.ts';

/** The message of the part numbers in RFC 3501 section 6.4.5. */
const inner3 = crlf(
  'Subject: third',
  'Content-Type: multipart/mixed; boundary=c',
  '',
  '--c',
  '',
  '3.1 text',
  '--c',
  'Content-Type: application/octet-stream',
  '',
  '3.2 octets',
  '--c--',
);
const inner42 = crlf(
  'Subject: fourth',
  'Content-Type: multipart/mixed; boundary=e',
  '',
  '--e',
  '',
  '4.2.1 text',
  '--e',
  'Content-Type: multipart/alternative; boundary=f',
  '',
  '--f',
  '',
  '4.2.2.1 text',
  '--f',
  'Content-Type: text/richtext',
  '',
  '4.2.2.2 text',
  '--f--',
  '--e--',
);
const header = crlf('Subject: outer', 'Content-Type: multipart/mixed; boundary=a', '');
const text = `${crlf(
  'preamble',
  '--a',
  '',
  '1 text',
  '--a',
  'Content-Type: application/octet-stream',
  '',
  '2 octets',
  '--a',
  'Content-Type: message/rfc822',
  '',
)}${inner3}${crlf(
  '--a',
  'Content-Type: multipart/mixed; boundary=d',
  '',
  '--d',
  'Content-Type: image/gif',
  '',
  '4.1 image',
  '--d',
  'Content-Type: message/rfc822',
  '',
)}${inner42}${crlf('--d--', '--a--', 'epilogue')}`;
const message = header + text;

/** A body's last line end belongs to the boundary behind it. */
const body = (lines: string): string => lines.slice(0, -2);

describe('BODY[section]', () => {
  it('names the parts of the example in RFC 3501 section 6.4.5', () => {
    const expected: Record<string, string> = {
      '': message,
      HEADER: header,
      TEXT: text,
      '1': '1 text',
      '2': '2 octets',
      '3': body(inner3),
      '3.HEADER': inner3.slice(0, inner3.indexOf('--c')),
      '3.TEXT': body(inner3.slice(inner3.indexOf('--c'))),
      '3.1': '3.1 text',
      '3.2': '3.2 octets',
      '4.1': '4.1 image',
      '4.1.MIME': 'Content-Type: image/gif\r\n\r\n',
      '4.2': body(inner42),
      '4.2.HEADER': inner42.slice(0, inner42.indexOf('--e')),
      '4.2.TEXT': body(inner42.slice(inner42.indexOf('--e'))),
      '4.2.1': '4.2.1 text',
      '4.2.2.1': '4.2.2.1 text',
      '4.2.2.2': '4.2.2.2 text',
      '4.2.2.2.MIME': 'Content-Type: text/richtext\r\n\r\n',
      '3.MIME': 'Content-Type: message/rfc822\r\n\r\n',
      '1.MIME': '\r\n',
    };
    for (const [name, octets] of Object.entries(expected)) assert.equal(section(message, name), octets, name);
    assert.equal(section(message, '4')?.startsWith('--d\r\n'), true);
    assert.equal(section(message, '4')?.endsWith('--d--'), true);
  });

  it('is undefined for what the message does not have', () => {
    for (const name of [
      '0',
      '5',
      '1.1',
      '1.HEADER',
      '1.TEXT',
      '2.2',
      '3.3',
      '3.1.1',
      '4.HEADER',
      '4.TEXT',
      '4.1.1',
      '4.2.2.3',
      '9.9.9',
      'MIME',
    ]) {
      assert.equal(section(message, name), undefined, name);
    }
  });

  it('gives a message that is not multipart its body as part 1', () => {
    const plain = 'Subject: x\r\n\r\nbody\r\n';
    assert.equal(section(plain, '1'), 'body\r\n');
    assert.equal(section(plain, 'TEXT'), 'body\r\n');
    assert.equal(section(plain, '1.MIME'), 'Subject: x\r\n\r\n');
    for (const name of ['2', '1.1', '1.HEADER', '1.TEXT'])
      assert.equal(section(plain, name), undefined, name);
  });

  it('descends into a message that is the whole body', () => {
    const forwarded =
      'Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody';
    assert.equal(section(forwarded, '1'), 'Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody');
    assert.equal(section(forwarded, '1.HEADER'), 'Content-Type: message/rfc822\r\n\r\n');
    assert.equal(section(forwarded, '1.1'), 'Subject: x\r\n\r\nbody');
    assert.equal(section(forwarded, '1.1.HEADER'), 'Subject: x\r\n\r\n');
    assert.equal(section(forwarded, '1.1.TEXT'), 'body');
    assert.equal(section(forwarded, '1.1.1'), 'body');
    assert.equal(section(forwarded, '1.1.1.1'), undefined);
  });

  it('gives parts of a multipart in a multipart without messages between', () => {
    const twice = crlf(
      'Content-Type: multipart/mixed; boundary=a',
      '',
      '--a',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'x',
      '--b--',
      '--a--',
    );
    assert.equal(section(twice, '1.1'), 'x');
    assert.equal(section(twice, '1.MIME'), 'Content-Type: multipart/mixed; boundary=b\r\n\r\n');
    assert.equal(section(twice, '1.1.1'), undefined);
  });
});
