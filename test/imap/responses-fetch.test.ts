import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fetchResponse } from '../../src/imap/responses/fetch-response.ts';
import {
  LiteralLengthMismatch,
  type OctetSource,
  type Response,
  responseChunks,
  responseOctets,
} from '../../src/imap/responses/response-pieces.ts';
import { limits } from '../../src/limits.ts';
import { itemsOf, text, wireText } from '../support/imap-structure-reader.ts';

const fieldName = fc.oneof(
  fc
    .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 12 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom('NIL', '"', ']', 'a b', '~', 'x'.repeat(1025)),
);

describe('FETCH', () => {
  const date = { instantMs: Date.UTC(1996, 6, 17, 9, 44, 25), offsetMinutes: -420 };

  it('gives each item under the name that a client asked for', () => {
    const bytes = Buffer.from('Date: x\r\n\r\n');
    assert.equal(
      wireText(
        fetchResponse(12, [
          { kind: 'FLAGS', flags: ['\\Seen', '$Work'] },
          { kind: 'UID', value: 7 },
          { kind: 'INTERNALDATE', date },
          { kind: 'RFC822.SIZE', value: 4286 },
          { kind: 'BODY[]', section: { path: [] }, octets: null },
          {
            kind: 'BODY[]',
            section: { path: [4, 2], text: { kind: 'HEADER.FIELDS', fields: ['Date', 'a b'] } },
            origin: 0,
            octets: bytes,
          },
          { kind: 'BODY[]', section: { path: [], text: { kind: 'TEXT' } }, octets: new Uint8Array(0) },
          { kind: 'RFC822.HEADER', octets: bytes },
          { kind: 'BINARY[]', section: { path: [1] }, octets: Buffer.from('a\0b') },
          { kind: 'BINARY.SIZE[]', section: { path: [1] }, value: 3 },
        ]),
      ),
      '* 12 FETCH (FLAGS (\\Seen $Work) UID 7 INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286 ' +
        'BODY[] NIL BODY[4.2.HEADER.FIELDS (Date "a b")]<0> {11}\r\nDate: x\r\n\r\n BODY[TEXT] {0}\r\n ' +
        'RFC822.HEADER {11}\r\nDate: x\r\n\r\n BINARY[1] ~{3}\r\na\0b BINARY.SIZE[1] 3)\r\n',
    );
  });

  it('gives the items of extensions', () => {
    assert.equal(
      wireText(
        fetchResponse(1, [
          { kind: 'MODSEQ', value: 65402 },
          { kind: 'EMAILID', id: 'M1' },
          { kind: 'THREADID', id: null },
          { kind: 'THREADID', id: 'T1' },
          { kind: 'SAVEDATE', date: null },
          { kind: 'SAVEDATE', date },
          { kind: 'PREVIEW', text: '\xc3\xa9' },
          { kind: 'PREVIEW', text: null },
        ]),
      ),
      '* 1 FETCH (MODSEQ (65402) EMAILID (M1) THREADID NIL THREADID (T1) SAVEDATE NIL ' +
        'SAVEDATE "17-Jul-1996 02:44:25 -0700" PREVIEW {2}\r\n\xc3\xa9 PREVIEW NIL)\r\n',
    );
  });

  it('shows NUL as 0x80 in a literal but not in a literal8', () => {
    const octets = Buffer.from('a\0b\0\0');
    const items = itemsOf([
      { kind: 'BODY[]', section: { path: [1] }, octets },
      { kind: 'BINARY[]', section: { path: [1] }, octets },
    ]);
    assert.equal(text(items.get('BODY[1]')), 'a\x80b\x80\x80');
    assert.equal(text(items.get('BINARY[1]')), 'a\0b\0\0');
    assert.equal(octets.toString('latin1'), 'a\0b\0\0', 'the stored octets are left alone');
  });

  it('comes back from the wire with any octets and any field names', () => {
    const bytes = fc.uint8Array({ maxLength: 30 });
    const fields = fc.array(fieldName, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(bytes, fields, (octets, names) => {
        const items = itemsOf([
          {
            kind: 'BODY[]',
            section: { path: [2], text: { kind: 'HEADER.FIELDS.NOT', fields: names } },
            octets,
          },
          { kind: 'UID', value: 9 },
        ]);
        assert.equal(items.size, 2);
        assert.equal(
          text([...items.values()][0]),
          Buffer.from(octets).toString('latin1').replaceAll('\0', '\x80'),
        );
        assert.equal(text(items.get('UID')), '9');
      }),
    );
  });
});

describe('a response with octets from a store', () => {
  async function* pieces(...chunks: string[]): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
  }
  const source = (length: number, ...chunks: string[]): OctetSource => ({
    length,
    open: () => pieces(...chunks),
  });
  const fetched = (octets: OctetSource): Response =>
    fetchResponse(1, [
      { kind: 'UID', value: 5 },
      { kind: 'BODY[]', section: { path: [] }, octets },
      { kind: 'FLAGS', flags: [] },
    ]);
  async function collect(response: Response): Promise<string[]> {
    const chunks: string[] = [];
    for await (const chunk of responseChunks(response)) chunks.push(Buffer.from(chunk).toString('latin1'));
    return chunks;
  }

  it('is sent as the octets come, with NUL as 0x80', async () => {
    const response = fetched(source(6, 'abc', '', '\0ef'));
    assert.equal(responseOctets(response), undefined);
    assert.deepEqual(await collect(response), [
      '* 1 FETCH (UID 5 BODY[] {6}\r\n',
      'abc',
      '\x80ef',
      ' FLAGS ())\r\n',
    ]);
  });

  it('fails when the store gives too little or too much, and sends nothing over', async () => {
    const sent: string[] = [];
    const send = async (octets: OctetSource): Promise<void> => {
      for await (const chunk of responseChunks(fetched(octets))) sent.push(Buffer.from(chunk).toString());
    };
    await assert.rejects(send(source(6, 'abc', 'de')), LiteralLengthMismatch);
    await assert.rejects(send(source(4, 'abc', 'de')), LiteralLengthMismatch);
    assert.deepEqual(
      sent.filter((chunk) => !chunk.startsWith('*')),
      ['abc', 'de', 'abc'],
    );
  });

  it('joins text to chunks of bounded size', async () => {
    const line = '* 1 EXISTS\r\n';
    const count = Math.ceil((2.5 * limits.imap.responseChunkOctets) / line.length);
    const chunks = await collect(Array.from({ length: count }, () => line));
    assert.equal(chunks.join(''), line.repeat(count));
    assert.equal(chunks.length, 3);
  });
});
