/** A log, a key store and a blob store in a directory of their own, and a hand that writes mail into them. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Actor, type Codec, createCodec } from '../../events/codec.ts';
import type { DomainEvent } from '../../events/domain-event.ts';
import type { Appended, EventLog } from '../../events/event-log.ts';
import { newId } from '../../events/ids.ts';
import { accountScope } from '../../events/scope-keys.ts';
import { mailboxStream, messageStream } from '../../events/streams.ts';
import { openSqliteBlobStore } from '../../src/blobs/sqlite/open-sqlite-blob-store.ts';
import { type ContentStore, createContentStore } from '../../src/content/content-store.ts';
import { createKeyRing, type KeyRing } from '../../src/keys/key-ring.ts';
import { openSqliteKeyStore } from '../../src/keys/sqlite/open-sqlite-key-store.ts';
import { openSqliteLog } from '../../src/log/sqlite/open-sqlite-log.ts';

export interface StoresOnDisk {
  readonly directory: string;
  readonly log: EventLog;
  readonly codec: Codec;
  readonly keys: KeyRing;
  readonly contents: ContentStore;
  /** What the views are opened with. */
  readonly reading: {
    readonly directory: string;
    readonly keys: { readonly path: string; readonly masterKey: Uint8Array };
    readonly blobs: { readonly path: string };
  };
  append(stream: string, events: readonly DomainEvent[], by?: Actor): Promise<Appended>;
  close(): Promise<void>;
}

export async function openStoresOnDisk(
  directory: string,
  masterKey = randomBytes(32),
): Promise<StoresOnDisk> {
  const paths = { keys: join(directory, 'keys.db'), blobs: join(directory, 'blobs.db') };
  const keyStore = await openSqliteKeyStore({ path: paths.keys, masterKey });
  const blobs = await openSqliteBlobStore({ path: paths.blobs });
  const log = await openSqliteLog({ path: join(directory, 'log', 'log.db') });
  const keys = createKeyRing(keyStore);
  const codec = createCodec(keys);
  return {
    directory,
    log,
    codec,
    keys,
    contents: createContentStore({ keys, blobs }),
    reading: {
      directory: join(directory, 'views'),
      keys: { path: paths.keys, masterKey },
      blobs: { path: paths.blobs },
    },
    async append(stream, events, by = 'system') {
      const meta = { correlationId: 'test', causationId: 'test', at: Date.now(), by };
      const sealed = [];
      for (const event of events) sealed.push(await codec.encode(stream, newId(), event, meta));
      return log.append(stream, 'any', sealed);
    },
    async close() {
      await log.close();
      await blobs.close();
      await keyStore.close();
    },
  };
}

/** An account with a mailbox that has an inbox. */
export async function openMailbox(stores: StoresOnDisk, accountId: string): Promise<void> {
  await stores.append(mailboxStream(accountId), [
    { type: 'MailboxOpened', data: { accountId, modseqBase: 0, uidValidityBase: 0 } },
    {
      type: 'FolderCreated',
      data: { folderId: 1, parentId: null, uidValidity: 1, label: { name: 'INBOX' } },
    },
  ]);
}

export interface DeliveredMail {
  readonly messageId: string;
  readonly accepted: Appended;
  readonly delivered: Appended;
}

/** Takes a message in and delivers it into the account's inbox at the given UID. */
export async function deliverMail(
  stores: StoresOnDisk,
  accountId: string,
  uid: number,
  text: string,
): Promise<DeliveredMail> {
  const messageId = newId();
  const octets = Buffer.from(text, 'latin1');
  const writer = stores.contents.receive(messageId);
  await writer.write(octets);
  const stored = await writer.finish();
  const blob = { kind: 'blob' as const, offset: 0, length: octets.byteLength };
  const accepted = await stores.append(messageStream(messageId), [
    {
      type: 'MessageAccepted',
      data: {
        ...{ sessionId: newId(), origin: 'mx', newlinesNormalized: false, size: octets.byteLength },
        content: stored,
        segments: [blob],
        recipients: [{ accountIds: [accountId] }],
        envelope: {
          reversePath: { asSent: '<sender@out.test>', address: 'sender@out.test' },
          parameters: [],
          helo: 'out.test',
          protocol: 'ESMTP',
          peerAddress: '192.0.2.9',
        },
        inline: [],
        summary: { messageIdHeader: `<${messageId}@out.test>`, subject: 'a secret matter' },
        forwardPaths: [
          {
            scope: accountScope(accountId),
            value: { asSent: '<p@example.test>', address: 'p@example.test', parameters: [] },
          },
        ],
      },
    },
  ]);
  const deliveredTo = 'Delivered-To: p@example.test\r\n';
  const returnPath = 'Return-Path: <sender@out.test>\r\n';
  const delivered = await stores.append(mailboxStream(accountId), [
    {
      type: 'MessageDelivered',
      data: {
        ...{ messageId, blobId: stored.blobId, sourceIndex: accepted.firstIndex, skippedSources: [] },
        ...{ folderId: 1, uid, size: deliveredTo.length + returnPath.length + octets.byteLength },
        internalDate: 1_000,
        segments: [
          { kind: 'inline', length: deliveredTo.length },
          { kind: 'inline', length: returnPath.length },
          blob,
        ],
        addressed: deliveredTo,
        inline: [returnPath],
      },
    },
  ]);
  return { messageId, accepted, delivered };
}
