import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messageFacts } from '../../projections/message-facts/message-facts.ts';
import { fetchResponse } from '../../src/imap/responses/fetch-response.ts';
import { responseOctets } from '../../src/imap/responses/response-pieces.ts';
import { limits } from '../../src/limits.ts';
import { fetchItems, parseResponses } from '../support/imap-response-parser.ts';
import { envelopeOf, structureOf } from '../support/imap-structure-reader.ts';
import { generateNastyMessages } from '../support/nasty-messages.ts';

describe('the facts and octets of the nastiest messages', () => {
  it('make responses that follow the grammar and say what the facts say', () => {
    for (const { name, bytes } of generateNastyMessages(7, 80)) {
      const facts = messageFacts(bytes, limits.mime);
      const octets = responseOctets(
        fetchResponse(1, [
          { kind: 'RFC822.SIZE', value: facts.size },
          { kind: 'ENVELOPE', envelope: facts.envelope },
          { kind: 'BODY', structure: facts.root },
          { kind: 'BODYSTRUCTURE', structure: facts.root },
          { kind: 'BODY[]', section: { path: [] }, octets: bytes },
        ]),
      );
      assert.ok(octets, name);
      const [response, ...more] = parseResponses(octets);
      assert.ok(response !== undefined && more.length === 0, name);
      const items = fetchItems(response);
      const subject = facts.envelope.subject?.replaceAll('\0', '\x80');
      assert.equal(envelopeOf(items.get('ENVELOPE')).subject, subject, name);
      assert.equal(structureOf(items.get('BODY'), false).kind, facts.root.kind, name);
      assert.equal(structureOf(items.get('BODYSTRUCTURE'), true).kind, facts.root.kind, name);
      const body = items.get('BODY[]');
      assert.ok(body?.kind === 'string', name);
      assert.equal(body.text, Buffer.from(bytes).toString('latin1').replaceAll('\0', '\x80'), name);
    }
  });
});
