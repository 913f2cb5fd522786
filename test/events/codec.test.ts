import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { CorruptEvent, createCodec, type EventMeta } from '../../events/codec.ts';
import { definitions } from '../../events/domain-event.ts';
import { defineEvent, type EventDefinition, erased, isErased } from '../../events/event-definition.ts';
import type { NewEvent, RecordedEvent } from '../../events/event-log.ts';
import { accountScope, messageScope } from '../../events/scope-keys.ts';
import { createMemoryKeys } from '../support/memory-keys.ts';
import { aliceId, sampleEvents } from '../support/sample-events.ts';

const eventId = '01900000-0000-7000-8000-0000000000ff';
const meta: EventMeta = { correlationId: 'c', causationId: 'd', at: 1_700_000_000_000, by: 'system' };
/** As a store gives it back: other octets of the same value, so that nothing is answered from what was just written. */
const recorded = (event: NewEvent, stream: string): RecordedEvent => ({
  ...event,
  data: Buffer.from(event.data),
  metadata: Buffer.from(event.metadata),
  stream,
  index: 5,
  revision: 3,
});

const accepted = sampleEvents.find(([, event]) => event.type === 'MessageAccepted');
assert.ok(accepted !== undefined);
const [acceptedStream, acceptedEvent] = accepted;

describe('the codec', () => {
  test('has a sample of every event type there is', () => {
    const sampled = new Set(sampleEvents.map(([, event]) => event.type));
    assert.deepEqual(
      [...definitions.keys()].filter((type) => !sampled.has(type as never)),
      [],
    );
  });

  for (const [n, [stream, event]] of sampleEvents.entries()) {
    test(`gives back what was encoded: ${event.type} (${n})`, async () => {
      const codec = createCodec(createMemoryKeys());
      const stored = await codec.decode(recorded(await codec.encode(stream, eventId, event, meta), stream));
      assert.deepEqual(stored.event, event);
      assert.deepEqual(
        {
          at: stored.at,
          by: stored.by,
          correlationId: stored.correlationId,
          causationId: stored.causationId,
        },
        meta,
      );
    });
  }

  test('gives back any text in a sealed field', async () => {
    const codec = createCodec(createMemoryKeys());
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'binary' }),
        async (localPart, displayName) => {
          const data = {
            accountId: aliceId,
            domainId: aliceId,
            role: 'user',
            identity: { localPart, displayName },
          } as const;
          const event = { type: 'AccountAdded', data } as const;
          const encoded = await codec.encode('directory-main', eventId, event, meta);
          assert.deepEqual((await codec.decode(recorded(encoded, 'directory-main'))).event, event);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('keeps personal data out of the stored octets', async () => {
    const codec = createCodec(createMemoryKeys());
    for (const [stream, event] of sampleEvents) {
      const { data, metadata } = await codec.encode(stream, eventId, event, meta);
      const text = Buffer.concat([data, metadata]).toString('latin1');
      for (const secret of [
        'alice',
        'Bob@',
        'client.example',
        '192.0.2.1',
        'Gesendet',
        '$Forwarded',
        '$argon2id',
        'sales',
      ]) {
        assert.equal(text.includes(secret), false, `${event.type} shows ${secret}`);
      }
    }
  });

  test('names the event when one bit has flipped, wherever', async () => {
    const codec = createCodec(createMemoryKeys());
    const event = await codec.encode(acceptedStream, eventId, acceptedEvent, meta);
    const all = event.data.length + event.metadata.length;
    await fc.assert(
      fc.asyncProperty(fc.nat(all * 8 - 1), async (bit) => {
        const data = Buffer.from(event.data);
        const metadata = Buffer.from(event.metadata);
        const at = bit >> 3;
        const target = at < data.length ? data : metadata;
        const offset = at < data.length ? at : at - data.length;
        target[offset] = (target[offset] as number) ^ (1 << (bit & 7));
        await assert.rejects(
          codec.decode(recorded({ ...event, data, metadata }, acceptedStream)),
          (error) => {
            assert.ok(error instanceof CorruptEvent);
            assert.deepEqual(error.event, { index: 5, stream: acceptedStream, revision: 3, id: eventId });
            return true;
          },
        );
      }),
      { numRuns: 400 },
    );
  });

  test('refuses an event that was put in another place', async () => {
    const codec = createCodec(createMemoryKeys());
    const event = await codec.encode(acceptedStream, eventId, acceptedEvent, meta);
    await assert.rejects(
      codec.decode(recorded(event, 'message-01900000-0000-7000-8000-0000000000aa')),
      CorruptEvent,
    );
    await assert.rejects(
      codec.decode(recorded({ ...event, type: 'MailboxClosed' }, acceptedStream)),
      CorruptEvent,
    );
    const otherId = '01900000-0000-7000-8000-0000000000ee';
    await assert.rejects(codec.decode(recorded({ ...event, id: otherId }, acceptedStream)), CorruptEvent);
  });

  test('reads as erased what a destroyed key sealed, and the rest as it was', async () => {
    const keys = createMemoryKeys();
    const codec = createCodec(keys);
    const event = await codec.encode(acceptedStream, eventId, acceptedEvent, meta);
    keys.destroy(accountScope(aliceId));
    const first = (await codec.decode(recorded(event, acceptedStream))).event;
    assert.ok(first.type === 'MessageAccepted' && acceptedEvent.type === 'MessageAccepted');
    assert.equal(first.data.forwardPaths[0]?.value, erased);
    assert.deepEqual(first.data.forwardPaths[1], acceptedEvent.data.forwardPaths[1]);
    assert.deepEqual(first.data.envelope, acceptedEvent.data.envelope);
    keys.destroy(messageScope(acceptedEvent.data.content.messageId));
    const second = (await codec.decode(recorded(event, acceptedStream))).event;
    assert.ok(second.type === 'MessageAccepted');
    assert.ok([second.data.envelope, second.data.inline, second.data.summary].every(isErased));
    assert.deepEqual(second.data.recipients, acceptedEvent.data.recipients);
  });

  test('forgets what it has just written when a key is destroyed', async () => {
    const keys = createMemoryKeys();
    const codec = createCodec(keys);
    const stream = `mailbox-${aliceId}`;
    const data = { folderId: 1, parentId: null, uidValidity: 8, label: { name: 'INBOX' } };
    const written = {
      ...(await codec.encode(stream, eventId, { type: 'FolderCreated', data }, meta)),
      stream,
      index: 5,
      revision: 3,
    };
    const label = async (): Promise<unknown> => {
      const { event } = await codec.decode(written);
      return event.type === 'FolderCreated' ? event.data.label : undefined;
    };
    assert.deepEqual(await label(), { name: 'INBOX' });
    keys.destroy(accountScope(aliceId));
    codec.forget();
    assert.equal(await label(), erased);
  });

  test('writes a box that is erased from birth under a destroyed key', async () => {
    const keys = createMemoryKeys();
    keys.destroy(accountScope(aliceId));
    const codec = createCodec(keys);
    const data = { folderId: 1, parentId: null, uidValidity: 8, label: { name: 'INBOX' } };
    const stream = `mailbox-${aliceId}`;
    const event = await codec.encode(stream, eventId, { type: 'FolderCreated', data }, meta);
    const stored = (await codec.decode(recorded(event, stream))).event;
    assert.ok(stored.type === 'FolderCreated');
    assert.equal(stored.data.label, erased);
  });

  test('keeps an unknown type, and a version from the future, and passes them over', async () => {
    const keys = createMemoryKeys();
    const future = defineEvent('MailboxClosed', { version: 9, clear: { why: z.string() } });
    const unheardOf = defineEvent('MessageSung', { version: 1, clear: { key: z.string() } });
    const theirs = new Map(
      [future, unheardOf].map((each) => [each.type, each as unknown as EventDefinition]),
    );
    const newer = createCodec(keys, theirs as ReadonlyMap<string, EventDefinition>);
    const stream = `mailbox-${aliceId}`;
    const codec = createCodec(keys);
    for (const event of [
      { type: 'MailboxClosed', data: { why: 'x' } },
      { type: 'MessageSung', data: { key: 'c' } },
    ]) {
      const stored = await codec.decode(
        recorded(await newer.encode(stream, eventId, event as never, meta), stream),
      );
      assert.equal(stored.event.type, 'Unknown');
      assert.equal(stored.at, meta.at);
    }
  });

  test('brings an old version up through every upcaster', async () => {
    const keys = createMemoryKeys();
    const old = defineEvent('MailboxClosed', { version: 1, clear: { reason: z.string() } });
    const current = defineEvent('MailboxClosed', {
      version: 3,
      clear: { why: z.string(), loud: z.boolean() },
      upcasters: {
        1: ({ reason, ...rest }) => ({ ...rest, why: reason }),
        2: (data) => ({ ...data, loud: false }),
      },
    });
    const codecOf = (definition: typeof old | typeof current) =>
      createCodec(keys, new Map([[definition.type, definition as unknown as EventDefinition]]));
    const stream = `mailbox-${aliceId}`;
    const event = { type: 'MailboxClosed', data: { reason: 'left' } } as never;
    const stored = await codecOf(current).decode(
      recorded(await codecOf(old).encode(stream, eventId, event, meta), stream),
    );
    assert.deepEqual(stored.event, { type: 'MailboxClosed', data: { why: 'left', loud: false } });
  });
});
