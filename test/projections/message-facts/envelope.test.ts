import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crlf, factsOf } from './facts-of.ts';

const envelope = (...lines: readonly string[]) => factsOf(crlf(...lines, '', 'body')).envelope;

describe('The envelope', () => {
  it('is that of the FETCH example in RFC 3501 section 8', () => {
    const terry = [{ name: 'Terry Gray', mailbox: 'gray', host: 'cac.washington.edu' }];
    assert.deepEqual(
      envelope(
        'Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)',
        'From: Terry Gray <gray@cac.washington.edu>',
        'Subject: IMAP4rev1 WG mtg summary and minutes',
        'To: imap@cac.washington.edu',
        'cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>',
        'Message-Id: <B27397-0100000@cac.washington.edu>',
        'MIME-Version: 1.0',
        'Content-Type: TEXT/PLAIN; CHARSET=US-ASCII',
      ),
      {
        date: 'Wed, 17 Jul 1996 02:23:25 -0700 (PDT)',
        subject: 'IMAP4rev1 WG mtg summary and minutes',
        from: terry,
        sender: terry,
        replyTo: terry,
        to: [{ mailbox: 'imap', host: 'cac.washington.edu' }],
        cc: [
          { mailbox: 'minutes', host: 'CNRI.Reston.VA.US' },
          { name: 'John Klensin', mailbox: 'KLENSIN', host: 'MIT.EDU' },
        ],
        messageId: '<B27397-0100000@cac.washington.edu>',
      },
    );
  });

  it('is empty for a message without a header', () => {
    assert.deepEqual(factsOf('\r\nbody').envelope, {});
    assert.deepEqual(factsOf('').envelope, {});
  });

  it('takes sender and reply-to from From when they are missing or empty', () => {
    const from = [{ mailbox: 'a', host: 'b' }];
    const plain = envelope('From: a@b', 'Sender: ', 'Reply-To:');
    assert.deepEqual([plain.sender, plain.replyTo], [from, from]);
    const given = envelope('From: a@b', 'Sender: c@d', 'Reply-To: x: ;');
    assert.deepEqual(given.sender, [{ mailbox: 'c', host: 'd' }]);
    assert.deepEqual(given.replyTo, [{ mailbox: 'x' }, {}]);
  });

  it('tells an empty field from a missing one', () => {
    const { date, subject, inReplyTo, messageId } = envelope('Date:', 'Subject:  ', 'In-Reply-To: \t');
    assert.deepEqual([date, subject, inReplyTo, messageId], ['', '', '', undefined]);
  });

  it('unfolds fields, and shows subject and names with single spaces', () => {
    const found = envelope(
      'Subject:',
      ' one',
      '\ttwo   three  ',
      'Message-ID:',
      ' <a@b>',
      'In-Reply-To: <a>\r\n\t<b>',
      'From: A',
      '\tB <a@b>',
    );
    assert.equal(found.subject, 'one two three');
    assert.equal(found.messageId, '<a@b>');
    assert.equal(found.inReplyTo, '<a>\t<b>');
    assert.equal(found.from?.[0]?.name, 'A B');
  });

  it('keeps raw octets, NULs and encoded words as they are', () => {
    assert.equal(envelope('Subject: \xe4\0\xff =?utf-8?Q?=C3=A4?=').subject, '\xe4\0\xff =?utf-8?Q?=C3=A4?=');
    assert.equal(envelope('Date: a\rb').date, 'a b');
  });

  it('joins address fields that stand twice, and takes the last of the others', () => {
    const found = envelope('From: a@b', 'Subject: one', 'From: c@d', 'Subject: two', 'To: g:;', 'To: e@f');
    assert.deepEqual(found.from, [
      { mailbox: 'a', host: 'b' },
      { mailbox: 'c', host: 'd' },
    ]);
    assert.deepEqual(found.to, [{ mailbox: 'g' }, {}, { mailbox: 'e', host: 'f' }]);
    assert.equal(found.subject, 'two');
  });

  it('takes names in any case and with space before the colon', () => {
    assert.equal(envelope('sUbJeCt \t: x').subject, 'x');
    assert.equal(envelope('Sub ject: x').subject, undefined);
  });

  it('ends with the header', () => {
    assert.equal(factsOf('From: a@b\r\n\r\nSubject: body\r\n').envelope.subject, undefined);
    assert.equal(factsOf('From: a@b\nSubject: lf\n\nx').envelope.subject, 'lf');
    assert.equal(factsOf('From: a@b\r\nSubject: no end').envelope.subject, 'no end');
  });
});
