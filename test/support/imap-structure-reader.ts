/**
 * Reads ENVELOPE, BODY and BODYSTRUCTURE from parsed responses as RFC 3501 sections 7.4.2 and 9 lay them
 * out, for tests. What has the wrong shape fails an assertion.
 */
import assert from 'node:assert/strict';
import type { Envelope, EnvelopeAddress } from '../../src/imap/responses/envelope.ts';
import { type FetchValue, fetchResponse } from '../../src/imap/responses/fetch-response.ts';
import { type Response, responseOctets } from '../../src/imap/responses/response-pieces.ts';
import { fetchItems, parseResponses, type ResponseValue } from './imap-response-parser.ts';

/** A response whose octets are all here, as an octet string. */
export function wireText(response: Response): string {
  const octets = responseOctets(response);
  assert.ok(octets);
  return Buffer.from(octets).toString('latin1');
}

/** The items of message 12 as a client reads them. */
export function itemsOf(values: readonly FetchValue[]): ReadonlyMap<string, ResponseValue> {
  const responses = parseResponses(Buffer.from(wireText(fetchResponse(12, values)), 'latin1'));
  assert.equal(responses.length, 1);
  const response = responses[0]!;
  assert.equal(response.kind === 'data' ? response.number : undefined, 12);
  return fetchItems(response);
}

export function text(value: ResponseValue | undefined): string | undefined {
  if (value?.kind === 'nil') return undefined;
  assert.ok(value?.kind === 'string' || value?.kind === 'atom', JSON.stringify(value));
  return value.text;
}

export function list(value: ResponseValue | undefined): readonly ResponseValue[] {
  if (value?.kind === 'nil') return [];
  assert.ok(value?.kind === 'list', JSON.stringify(value));
  return value.items;
}

/** Leaves out what is undefined, as the values have it. */
export function compact<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

const addressOf = (value: ResponseValue): EnvelopeAddress => {
  const [name, route, mailbox, host, ...more] = list(value).map(text);
  assert.equal(more.length, 0);
  return compact({ name, route, mailbox, host }) as EnvelopeAddress;
};

export function envelopeOf(value: ResponseValue | undefined): Envelope {
  const fields = list(value);
  assert.equal(fields.length, 10);
  const addresses = fields
    .slice(2, 8)
    .map((field) => (field.kind === 'nil' ? undefined : list(field).map(addressOf)));
  const [from, sender, replyTo, to, cc, bcc] = addresses;
  const [date, subject, inReplyTo, messageId] = [0, 1, 8, 9].map((at) => text(fields[at]));
  return compact({ date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId }) as Envelope;
}

/** A structure as a client can know it: sizes instead of places, and no difference between none and empty. */
export interface SeenStructure {
  readonly [field: string]: unknown;
}

function parametersOf(value: ResponseValue | undefined): readonly (readonly [string, string])[] {
  const flat = list(value).map((item) => text(item) ?? assert.fail('NIL in parameters'));
  assert.equal(flat.length % 2, 0);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!]);
}

function extensionOf(first: object, rest: readonly ResponseValue[]): SeenStructure {
  const [disposition, language, location, ...more] = rest;
  assert.equal(more.length, 0);
  const shownDisposition = list(disposition);
  return {
    ...first,
    disposition:
      disposition?.kind === 'nil'
        ? undefined
        : { type: text(shownDisposition[0]), params: parametersOf(shownDisposition[1]) },
    language: language?.kind === 'string' ? [language.text] : list(language).map(text),
    location: text(location),
  };
}

/** body, RFC 3501 section 9. */
export function structureOf(value: ResponseValue | undefined, extended: boolean): SeenStructure {
  const items = list(value);
  if (items[0]?.kind === 'list') {
    const parts = items.findIndex((item) => item.kind !== 'list');
    const seen = {
      kind: 'multipart',
      parts: items.slice(0, parts).map((part) => structureOf(part, extended)),
      subtype: text(items[parts]),
    };
    assert.equal(items.length, parts + (extended ? 5 : 1));
    if (!extended) return seen;
    return extensionOf({ ...seen, params: parametersOf(items[parts + 1]) }, items.slice(parts + 2));
  }
  const [type, subtype, params, id, description, encoding, size] = items;
  const kind = kindOf(text(type) ?? '', text(subtype) ?? '');
  const own = kind === 'message' ? 3 : kind === 'text' ? 1 : 0;
  const seen = {
    kind,
    type: text(type),
    subtype: text(subtype),
    params: parametersOf(params),
    id: text(id),
    description: text(description),
    encoding: text(encoding),
    size: Number(text(size)),
    ...(own === 0 ? {} : { lines: Number(text(items[6 + own])) }),
    ...(own === 3 ? { envelope: envelopeOf(items[7]), message: structureOf(items[8], extended) } : {}),
  };
  assert.equal(items.length, 7 + own + (extended ? 4 : 0));
  if (!extended) return seen;
  return extensionOf({ ...seen, md5: text(items[7 + own]) }, items.slice(8 + own));
}

function kindOf(type: string, subtype: string): string {
  if (type.toLowerCase() === 'text') return 'text';
  return `${type}/${subtype}`.toLowerCase() === 'message/rfc822' ? 'message' : 'basic';
}
