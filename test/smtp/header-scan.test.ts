import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHeaderScan, type HeaderFindings } from '../../src/smtp/header-scan.ts';

function scan(content: string, step = content.length || 1): HeaderFindings {
  const header = createHeaderScan();
  const octets = Buffer.from(content, 'latin1');
  for (let at = 0; at < octets.length; at += step) header.push(octets.subarray(at, at + step));
  return header.findings();
}

test('the first Message-ID, Subject and From are kept, unfolded and as they stand', () => {
  const found = scan(
    'Message-ID: <a@example.org>\r\nSUBJECT: =?utf-8?q?x?=\r\n  and\r\n\tmore\r\nfrom : "B" <b@example.org>\r\n' +
      'Subject: second\r\nX-From: no\r\n\r\nSubject: body\r\n',
  );
  assert.equal(found.messageIdHeader, '<a@example.org>');
  assert.equal(found.subject, '=?utf-8?q?x?=  and\tmore');
  assert.equal(found.from, '"B" <b@example.org>');
});

test('raw UTF-8 is read as that, and other octets one by one', () => {
  assert.equal(scan('Subject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n').subject, 'Grüße');
  assert.equal(scan('Subject: Gr\xfc\xdfe\r\n\r\n').subject, 'Gr\xfc\xdfe');
});

test('Received fields are counted in the header only, in any case, folded or not', () => {
  const found = scan(
    'Received: a\r\n\tb\r\nRECEIVED:c\r\nX-Received: d\r\nReceived x: e\r\n\r\nReceived: f\r\n',
  );
  assert.equal(found.receivedCount, 2);
});

test('Return-Path fields are found where they stand, folding and CRLF included', () => {
  const content =
    'Return-Path: <a@x>\r\nA: 1\r\nreturn-path :\r\n <b@x>\r\nReturn-Paths: 2\r\n\r\nReturn-Path: no\r\n';
  const cut = scan(content).returnPaths.map(({ offset, length }) => content.slice(offset, offset + length));
  assert.deepEqual(cut, ['Return-Path: <a@x>\r\n', 'return-path :\r\n <b@x>\r\n']);
});

test('a header without a body, without an end and without anything', () => {
  assert.equal(scan('Subject: x').subject, 'x');
  assert.deepEqual(scan('Return-Path: x').returnPaths, [{ offset: 0, length: 14 }]);
  assert.equal(scan('\r\nReceived: body\r\n').receivedCount, 0);
  assert.deepEqual(scan(''), { receivedCount: 0, returnPaths: [], tooManyReturnPaths: false });
});

test('a line that is no field is passed over, and what follows is still header', () => {
  assert.equal(
    scan('From someone Mon Nov 23\r\nno colon\r\n folded\r\nReceived: a\r\n\r\n').receivedCount,
    1,
  );
});

test('long values are cut and too many Return-Path fields are told', () => {
  assert.equal(scan(`Subject: ${'x'.repeat(10_000)}\r\n\r\n`).subject?.length, 4095);
  const many = scan(`${'Return-Path: <a@x>\r\n'.repeat(101)}\r\n`);
  assert.equal(many.returnPaths.length, 100);
  assert.equal(many.tooManyReturnPaths, true);
});

test('however any octets are cut, the findings are the same', () => {
  const piece = fc.constantFrom(
    'Received',
    'Return-Path',
    'Subject',
    ':',
    ' ',
    '\t',
    '\r\n',
    '\r',
    '\n',
    'x',
    '\xff',
  );
  fc.assert(
    fc.property(
      fc.string({ unit: piece, maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      (content, step) => {
        const found = scan(content, step);
        assert.deepEqual(found, scan(content));
        for (const { offset, length } of found.returnPaths) {
          assert.match(content.slice(offset, offset + length), /^return-path/i);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
