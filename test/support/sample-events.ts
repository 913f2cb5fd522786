/** One well-formed event of every type, with the stream it stands on. */
import type { DomainEvent } from '../../events/domain-event.ts';
import { accountScope, messageScope } from '../../events/scope-keys.ts';

const id = (n: number): string => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
export const aliceId = id(1);
export const bobId = id(2);
const messageId = id(3);
const blobId = id(4);
const sessionId = id(5);
const domainId = id(6);

const directory = 'directory-main';
const session = `session-${sessionId}`;
const message = `message-${messageId}`;
const mailbox = `mailbox-${aliceId}`;
const queue = `queue-${id(7)}`;

const content = { messageId, blobId, length: 120, sealedLength: 148, chunkRoot: 'ab'.repeat(32) };
const segments = [
  { kind: 'inline' as const, length: 30 },
  { kind: 'blob' as const, offset: 0, length: 120 },
];
const item = { messageId, accountId: aliceId };

export const sampleEvents: readonly (readonly [stream: string, event: DomainEvent])[] = [
  [directory, { type: 'InstallationFounded', data: { installationId: id(8) } }],
  [directory, { type: 'DomainAdded', data: { domainId, name: 'example.test' } }],
  [directory, { type: 'DomainRemoved', data: { domainId } }],
  [
    directory,
    {
      type: 'AccountAdded',
      data: {
        accountId: aliceId,
        domainId,
        role: 'user',
        identity: { localPart: 'alice', displayName: 'Alice Ä.' },
      },
    },
  ],
  [directory, { type: 'AccountRemoved', data: { accountId: aliceId } }],
  [
    directory,
    { type: 'PasswordChanged', data: { accountId: aliceId, credential: { hash: '$argon2id$v=19$...' } } },
  ],
  [
    directory,
    {
      type: 'AliasAdded',
      data: {
        aliasId: id(9),
        domainId,
        targets: [aliceId, bobId],
        address: [
          { scope: accountScope(aliceId), value: { localPart: 'sales' } },
          { scope: accountScope(bobId), value: { localPart: 'sales' } },
        ],
      },
    },
  ],
  [directory, { type: 'AliasRemoved', data: { aliasId: id(9) } }],
  [
    session,
    {
      type: 'SessionOpened',
      data: {
        protocol: 'imap',
        listener: 'imaps',
        implicitTls: true,
        openedAt: 1_700_000_000_000,
        peer: { address: '192.0.2.1', port: 50_000, localAddress: '192.0.2.2', localPort: 993 },
      },
    },
  ],
  [session, { type: 'ClientIdentified', data: { verb: 'EHLO', client: { name: 'client.example' } } }],
  [
    session,
    {
      type: 'TlsEstablished',
      data: {
        version: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        indication: { serverName: 'mail.example.test' },
      },
    },
  ],
  [session, { type: 'TlsEstablished', data: { version: 'TLSv1.2', cipher: 'ECDHE-RSA-AES128-GCM-SHA256' } }],
  [session, { type: 'TlsFailed', data: { failure: { reason: 'no shared cipher' } } }],
  [
    session,
    {
      type: 'Authenticated',
      data: {
        mechanism: 'PLAIN',
        readerId: aliceId,
        who: { authenticationId: 'alice@example.test', address: '192.0.2.1' },
      },
    },
  ],
  [session, { type: 'AuthenticationFailed', data: { mechanism: 'LOGIN', loginTag: 'cd'.repeat(32) } }],
  [
    session,
    {
      type: 'CommandRefused',
      data: { verb: 'RCPT', code: '550', enhanced: '5.1.1', reply: { text: 'No such mailbox here' } },
    },
  ],
  [session, { type: 'ProtocolViolated', data: { what: 'talked first' } }],
  [
    session,
    {
      type: 'FolderOpened',
      data: { readerId: aliceId, accountId: aliceId, readOnly: true, act: { folderId: 1 } },
    },
  ],
  [
    session,
    {
      type: 'MessagesRead',
      data: { readerId: aliceId, accountId: aliceId, act: { folderId: 1, uids: '1:3,7', part: 'BODY[]' } },
    },
  ],
  [
    session,
    {
      type: 'SessionClosed',
      data: {
        reason: 'quit',
        octetsIn: 1,
        octetsOut: 2,
        messagesAccepted: 3,
        refusalsUncounted: 4,
        readsRepeated: 5,
      },
    },
  ],
  [
    session,
    {
      type: 'SilentConnectionsCounted',
      data: { listener: 'smtp', minute: 1_700_000_040_000, connections: 12 },
    },
  ],
  [
    session,
    {
      type: 'IdleLoginsCounted',
      data: { readerId: aliceId, hour: 1_699_999_200_000, logins: 3, from: { addresses: ['192.0.2.1'] } },
    },
  ],
  [
    message,
    {
      type: 'MessageAccepted',
      data: {
        sessionId,
        origin: 'submission',
        submitterId: bobId,
        content,
        newlinesNormalized: false,
        size: 150,
        segments,
        recipients: [{ accountIds: [aliceId] }, { accountIds: [aliceId, bobId] }],
        envelope: {
          reversePath: { asSent: '<Bob@example.test>', address: 'Bob@example.test' },
          parameters: [
            { keyword: 'SIZE', value: '120' },
            { keyword: 'BODY', value: '8BITMIME' },
          ],
          helo: 'client.example',
          protocol: 'ESMTPSA',
          peerAddress: '192.0.2.1',
        },
        inline: ['Received: from client.example\r\n'],
        summary: {
          messageIdHeader: '<1@example.test>',
          subject: 'Gr\u00fc\u00dfe \u0000\u00ff',
          from: 'bob@example.test',
        },
        forwardPaths: [
          {
            scope: accountScope(aliceId),
            value: { asSent: '<alice@example.test>', address: 'alice@example.test', parameters: [] },
          },
          {
            scope: messageScope(messageId),
            value: { asSent: '<all@example.test>', address: 'all@example.test', parameters: [] },
          },
        ],
      },
    },
  ],
  [mailbox, { type: 'MailboxOpened', data: { accountId: aliceId, modseqBase: 0, uidValidityBase: 7 } }],
  [
    mailbox,
    {
      type: 'FolderCreated',
      data: { folderId: 1, parentId: null, uidValidity: 8, label: { name: 'INBOX' } },
    },
  ],
  [
    mailbox,
    {
      type: 'FolderCreated',
      data: { folderId: 2, parentId: 1, uidValidity: 9, specialUse: 'Sent', label: { name: 'Gesendet' } },
    },
  ],
  [mailbox, { type: 'FolderRenamed', data: { folderId: 2, parentId: null, label: { name: 'Sent' } } }],
  [mailbox, { type: 'FolderDeleted', data: { folderId: 2, keptAsParent: true } }],
  [mailbox, { type: 'FolderRestored', data: { folderId: 2, uidValidity: 10 } }],
  [mailbox, { type: 'FolderSubscribed', data: { subscriptionId: 1, label: { path: 'Sent' } } }],
  [mailbox, { type: 'FolderUnsubscribed', data: { subscriptionId: 1 } }],
  [mailbox, { type: 'KeywordDeclared', data: { keywordId: 0, label: { name: '$Forwarded' } } }],
  [
    mailbox,
    {
      type: 'MessageDelivered',
      data: {
        messageId,
        blobId,
        sourceIndex: 12,
        skippedSources: [],
        folderId: 1,
        uid: 1,
        size: 150,
        internalDate: 1_700_000_000_000,
        segments,
        addressed: 'Delivered-To: alice@example.test\r\n',
        inline: ['Return-Path: <Bob@example.test>\r\n'],
      },
    },
  ],
  [
    mailbox,
    {
      type: 'DeliveryRefused',
      data: { messageId, sourceIndex: 13, skippedSources: [11], reason: 'over-quota' },
    },
  ],
  [
    mailbox,
    {
      type: 'MessagesAppended',
      data: {
        folderId: 1,
        firstUid: 2,
        messages: [
          {
            content,
            size: 120,
            internalDate: 1_600_000_000_000,
            internalOffset: -90,
            segments: [{ kind: 'blob', offset: 0, length: 120 }],
            flags: 5,
            keywordIds: [0],
          },
        ],
      },
    },
  ],
  [
    mailbox,
    { type: 'MessagesCopied', data: { sourceFolderId: 1, targetFolderId: 2, uids: '1:2', firstUid: 1 } },
  ],
  [
    mailbox,
    { type: 'MessagesMoved', data: { sourceFolderId: 2, targetFolderId: 1, uids: '1', firstUid: 3 } },
  ],
  [
    mailbox,
    { type: 'MessagesFlagged', data: { folderId: 1, uids: '1:3', mode: 'add', flags: 1, keywordIds: [0] } },
  ],
  [mailbox, { type: 'MessagesExpunged', data: { folderId: 1, uids: '2' } }],
  [mailbox, { type: 'MailboxClosed', data: { note: 'left' } }],
  [
    queue,
    {
      type: 'DeliveryEnqueued',
      data: { ...item, sourceIndex: 12, dueAt: 1_700_000_005_000, reason: 'the mailbox did not take it' },
    },
  ],
  [queue, { type: 'DeliveryAttempted', data: { ...item, attempt: 1 } }],
  [
    queue,
    { type: 'DeliveryDeferred', data: { ...item, attempt: 1, dueAt: 1_700_000_010_000, reason: 'closed' } },
  ],
  [queue, { type: 'DeliveryCompleted', data: item }],
  [queue, { type: 'DeliveryFailed', data: { ...item, reason: 'too old' } }],
  [queue, { type: 'DeliveryCancelled', data: { ...item, reason: 'erased' } }],
  [queue, { type: 'QueuePaused', data: { reason: 'restore' } }],
  [queue, { type: 'QueueResumed', data: {} }],
  ['dispatch-main', { type: 'DispatchProgressed', data: { next: 42 } }],
];
