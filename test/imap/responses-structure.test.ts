import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BodyPart, Envelope as EnvelopeFacts } from '../../projections/message-facts/message-facts.ts';
import { type BodyStructure, formatBodyStructure } from '../../src/imap/responses/body-structure.ts';
import { type Envelope, type EnvelopeAddress, formatEnvelope } from '../../src/imap/responses/envelope.ts';
import {
  compact,
  envelopeOf,
  itemsOf,
  type SeenStructure,
  structureOf,
} from '../support/imap-structure-reader.ts';

const octetString = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom('', 'NIL', '"', '\\', '{3}\r\n', 'a b', '\0', 'x'.repeat(1025)),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const address: fc.Arbitrary<EnvelopeAddress> = fc
  .record({
    name: optional(octetString),
    route: optional(octetString),
    mailbox: optional(octetString),
    host: optional(octetString),
  })
  .map((fields) => compact(fields) as EnvelopeAddress);
const addresses = optional(fc.array(address, { minLength: 1, maxLength: 3 }));
const envelope: fc.Arbitrary<Envelope> = fc
  .record({
    date: optional(octetString),
    subject: optional(octetString),
    from: addresses,
    sender: addresses,
    replyTo: addresses,
    to: addresses,
    cc: addresses,
    bcc: addresses,
    inReplyTo: optional(octetString),
    messageId: optional(octetString),
  })
  .map((fields) => compact(fields) as Envelope);

const parameters = fc.array(fc.tuple(octetString, octetString), { maxLength: 2 });
const common = {
  params: parameters,
  disposition: optional(fc.record({ type: octetString, params: parameters })),
  language: optional(fc.array(octetString, { minLength: 1, maxLength: 3 })),
  location: optional(octetString),
};
const single = {
  ...common,
  bodyStart: fc.nat(1000),
  bodyEnd: fc.integer({ min: 1000, max: 5000 }),
  id: optional(octetString),
  description: optional(octetString),
  encoding: octetString,
  md5: optional(octetString),
};
const { structure } = fc.letrec<{ structure: BodyStructure; leaf: BodyStructure }>((tie) => ({
  leaf: fc.oneof(
    fc.record({
      ...single,
      kind: fc.constant('text'),
      type: fc.constant('tEXT'),
      subtype: octetString,
      lines: fc.nat(),
    }),
    fc.record({ ...single, kind: fc.constant('basic'), type: fc.constant('image'), subtype: octetString }),
  ) as fc.Arbitrary<BodyStructure>,
  structure: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.record({
      ...common,
      kind: fc.constant('multipart'),
      type: fc.constant('multipart'),
      subtype: octetString,
      parts: fc.array(tie('structure'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      ...single,
      kind: fc.constant('message'),
      type: fc.constant('message'),
      subtype: fc.constant('RFC822'),
      envelope,
      message: tie('structure'),
      lines: fc.nat(),
    }),
  ) as fc.Arbitrary<BodyStructure>,
}));

/** What a client should see of a structure. */
function seenOf(part: BodyStructure, extended: boolean): SeenStructure {
  const extension = {
    disposition: part.disposition,
    language: part.language ?? [],
    location: part.location,
  };
  if (part.kind === 'multipart') {
    const seen = {
      kind: part.kind,
      parts: part.parts.map((child) => seenOf(child, extended)),
      subtype: part.subtype,
    };
    return extended ? { ...seen, params: part.params, ...extension } : seen;
  }
  const { kind, type, subtype, params, id, description, encoding } = part;
  return {
    kind,
    type,
    subtype,
    params,
    id,
    description,
    encoding,
    size: part.bodyEnd - part.bodyStart,
    ...(part.kind === 'basic' ? {} : { lines: part.lines }),
    ...(part.kind === 'message' ? { envelope: part.envelope, message: seenOf(part.message, extended) } : {}),
    ...(extended ? { md5: part.md5, ...extension } : {}),
  };
}

/** Values with NUL as it is shown. */
function masked<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '\x80')) as T;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('ENVELOPE', () => {
  it('is as in the example of RFC 3501 section 8', () => {
    const gray = [{ name: 'Terry Gray', mailbox: 'gray', host: 'cac.washington.edu' }];
    const example = formatEnvelope({
      date: 'Wed, 17 Jul 1996 02:23:25 -0700 (PDT)',
      subject: 'IMAP4rev1 WG mtg summary and minutes',
      from: gray,
      sender: gray,
      replyTo: gray,
      to: [{ mailbox: 'imap', host: 'cac.washington.edu' }],
      cc: [
        { mailbox: 'minutes', host: 'CNRI.Reston.VA.US' },
        { name: 'John Klensin', mailbox: 'KLENSIN', host: 'MIT.EDU' },
      ],
      messageId: '<B27397-0100000@cac.washington.edu>',
    });
    const shownGray = '(("Terry Gray" NIL "gray" "cac.washington.edu"))';
    assert.equal(
      example,
      `("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" ${shownGray} ` +
        `${shownGray} ${shownGray} ((NIL NIL "imap" "cac.washington.edu")) ` +
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
        '"<B27397-0100000@cac.washington.edu>")',
    );
  });

  it('comes back from the wire, whatever octets its strings have', () => {
    fc.assert(
      fc.property(envelope, (value) => {
        const items = itemsOf([{ kind: 'ENVELOPE', envelope: value }]);
        assert.deepEqual(envelopeOf(items.get('ENVELOPE')), masked(value));
      }),
    );
  });
});

describe('BODY and BODYSTRUCTURE', () => {
  it('are as in the examples of RFC 3501', () => {
    const text: BodyStructure = {
      kind: 'text',
      type: 'TEXT',
      subtype: 'PLAIN',
      params: [['CHARSET', 'US-ASCII']],
      encoding: '7BIT',
      bodyStart: 100,
      bodyEnd: 3128,
      lines: 92,
    };
    assert.equal(
      formatBodyStructure(text, false),
      '("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)',
    );
    const attachment: BodyStructure = {
      ...text,
      params: [...text.params, ['NAME', 'cc.diff']],
      id: '<960723163407.20117h@cac.washington.edu>',
      description: 'Compiler diff',
      encoding: 'BASE64',
      bodyEnd: 4654,
      lines: 73,
    };
    const shownAttachment =
      '("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") ' +
      '"<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73';
    const mixed: BodyStructure = {
      kind: 'multipart',
      type: 'MULTIPART',
      subtype: 'MIXED',
      params: [['BOUNDARY', 'd3438gr7324']],
      parts: [
        text,
        { ...attachment, disposition: { type: 'attachment', params: [] }, language: ['de', 'en'] },
      ],
    };
    assert.equal(
      formatBodyStructure(mixed, false),
      `(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)${shownAttachment}) "MIXED")`,
    );
    assert.equal(
      formatBodyStructure(mixed, true),
      '(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92 NIL NIL NIL NIL)' +
        `${shownAttachment} NIL ("attachment" NIL) ("de" "en") NIL) "MIXED" ("BOUNDARY" "d3438gr7324") NIL NIL NIL)`,
    );
  });

  it('come back from the wire, whatever octets their strings have', () => {
    fc.assert(
      fc.property(structure, (value) => {
        const items = itemsOf([
          { kind: 'BODY', structure: value },
          { kind: 'BODYSTRUCTURE', structure: value },
        ]);
        assert.deepEqual(plain(structureOf(items.get('BODY'), false)), masked(seenOf(value, false)));
        assert.deepEqual(plain(structureOf(items.get('BODYSTRUCTURE'), true)), masked(seenOf(value, true)));
      }),
      { numRuns: 150 },
    );
  });

  it('take the facts of a message as they are', () => {
    const facts: EnvelopeFacts = { subject: 'x' };
    const part: BodyPart = {
      kind: 'message',
      type: 'message',
      subtype: 'rfc822',
      headerStart: 0,
      bodyStart: 10,
      bodyEnd: 15,
      params: [],
      encoding: '7bit',
      envelope: facts,
      message: {
        kind: 'basic',
        type: 'image',
        subtype: 'png',
        headerStart: 10,
        bodyStart: 12,
        bodyEnd: 15,
        params: [],
        encoding: 'base64',
      },
      lines: 1,
    };
    assert.equal(
      formatBodyStructure(part, false),
      '("message" "rfc822" NIL NIL NIL "7bit" 5 (NIL "x" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
        '("image" "png" NIL NIL NIL "base64" 3) 1)',
    );
  });
});
