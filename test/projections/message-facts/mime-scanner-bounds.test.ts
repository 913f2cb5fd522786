import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messageFacts } from '../../../projections/message-facts/message-facts.ts';
import { limits } from '../../../src/limits.ts';
import { crlf, everyPart, factsOf, section, shape } from './facts-of.ts';

const shapeOf = (message: string): string => shape(factsOf(message).root);

describe('A message in a message', () => {
  it('has its own envelope, structure and line count', () => {
    const message = crlf(
      'Subject: outer',
      'Content-Type: message/rfc822',
      '',
      'Subject: inner',
      'Content-Type: text/html',
      '',
      '<p>',
      '</p>',
    );
    const { root, envelope } = factsOf(message);
    assert.ok(root.kind === 'message');
    assert.deepEqual([envelope.subject, root.envelope.subject], ['outer', 'inner']);
    assert.deepEqual([root.lines, root.message.kind === 'text' && root.message.lines], [5, 2]);
    assert.deepEqual([root.bodyStart, root.bodyEnd], [root.message.headerStart, root.message.bodyEnd]);
  });

  it('counts the lines of what is not text in it too', () => {
    const message = crlf(
      'Content-Type: message/rfc822',
      '',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: image/png',
      '',
      'a',
      'b',
      '--b--',
    );
    const { root } = factsOf(message);
    assert.equal(root.kind === 'message' && root.lines, 8);
  });

  it('may be empty, cut off by a boundary or by the end', () => {
    assert.equal(shapeOf('Content-Type: message/rfc822\r\n\r\n'), 'message(text/plain)');
    assert.equal(shapeOf('Content-Type: message/rfc822'), 'message(text/plain)');
    const message =
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n--b--';
    assert.equal(shapeOf(message), 'mixed(message(text/plain) message(text/plain))');
    assert.equal(section(message, '2.HEADER'), 'Subject: x');
  });
});

describe('The bounds', () => {
  const nested = (depth: number): string => {
    let message = 'Content-Type: text/plain\r\n\r\nx';
    for (let level = 0; level < depth; level += 1) {
      message = `Content-Type: multipart/mixed; boundary=b${level}b\r\n\r\n--b${level}b\r\n${message}\r\n--b${level}b--\r\n`;
    }
    return message;
  };

  it('describe what is nested too deeply as octets', () => {
    const { depthMax } = limits.mime;
    assert.equal(everyPart(factsOf(nested(depthMax - 1)).root).length, depthMax);
    const parts = everyPart(factsOf(nested(200)).root);
    assert.equal(parts.length, depthMax);
    assert.deepEqual([parts.at(-1)?.type, parts.at(-1)?.subtype], ['application', 'octet-stream']);
  });

  it('give the rest of the message to the part that is one too many', () => {
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(10)}--b--\r\n`;
    const { root } = messageFacts(Buffer.from(message), { ...limits.mime, partsMax: 4 });
    assert.ok(root.kind === 'multipart');
    assert.equal(root.parts.length, 3);
    assert.equal(root.parts[2]?.bodyEnd, message.length);
  });

  it('hold for messages in messages too', () => {
    const message = `${'Content-Type: message/rfc822\r\n\r\n'.repeat(300)}x`;
    assert.equal(everyPart(factsOf(message).root).length, limits.mime.depthMax);
    const few = messageFacts(Buffer.from(message), { ...limits.mime, partsMax: 5 });
    assert.equal(everyPart(few.root).length, 5);
  });

  it('cut what is kept of header fields', () => {
    const { envelope } = factsOf(`Subject: ${'x'.repeat(1_000_000)}\r\nDate: kept\r\n\r\n`);
    assert.equal(envelope.subject?.length, limits.mime.fieldOctetsMax - 1);
    assert.equal(envelope.date, 'kept');
    const flood = factsOf(`${'To: a@b\r\n'.repeat(400_000)}\r\n`).envelope;
    assert.equal(flood.to?.length, limits.mime.addressesMax);
    const all = factsOf(
      `${`Subject: ${'x'.repeat(200_000)}\r\n`.repeat(30)}Message-ID: late\r\n\r\n`,
    ).envelope;
    assert.equal(all.messageId, undefined);
  });

  it('compare a boundary that is too long by its beginning', () => {
    const long = 'x'.repeat(1000);
    const message = `Content-Type: multipart/mixed; boundary=${long}\r\n\r\n--${long}\r\n\r\none\r\n--${long}\r\n\r\ntwo`;
    assert.equal(shapeOf(message), 'mixed(text/plain text/plain)');
  });
});
