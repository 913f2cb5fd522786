import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredEvent } from '../../events/codec.ts';
import { accountScope, activityScope, messageScope, peerScope } from '../../events/scope-keys.ts';
import { createAccess } from '../../projections/access/access.ts';
import { accessQueries } from '../../projections/access/queries.ts';
import { traceQueries } from '../../projections/trace/queries.ts';
import { createTrace } from '../../projections/trace/trace.ts';
import { eraseScope, eventScript, scriptStart, testId } from '../support/event-script.ts';
import { storyContent } from '../support/event-story.ts';
import { built, projectionOptions } from '../support/view-building.ts';

const [accountId, readerId, messageId] = [testId(1), testId(2), testId(10)];
const [inSession, readSession] = [testId(20), testId(21)];
const mailbox = `mailbox-${accountId}`;

function script(): StoredEvent[] {
  const { add, events } = eventScript();
  const peer = { address: '192.0.2.1', port: 1, localAddress: '192.0.2.2', localPort: 25 };
  add(`session-${inSession}`, {
    type: 'SessionOpened',
    data: { protocol: 'smtp', listener: 'mx', implicitTls: false, openedAt: 0, peer },
  });
  add(`session-${inSession}`, {
    type: 'CommandRefused',
    data: { verb: 'RCPT', code: '550', enhanced: '5.1.1', reply: { text: 'no such mailbox' } },
  });
  add(mailbox, { type: 'MailboxOpened', data: { accountId, modseqBase: 0, uidValidityBase: 0 } });
  for (const [folderId, name] of [
    [1, 'INBOX'],
    [2, 'Done'],
  ] as const)
    add(mailbox, {
      type: 'FolderCreated',
      data: { folderId, parentId: null, uidValidity: 1, label: { name } },
    });
  add(`message-${messageId}`, {
    type: 'MessageAccepted',
    data: {
      ...{ sessionId: inSession, origin: 'mx', newlinesNormalized: false, size: 120 },
      content: storyContent(messageId),
      segments: [],
      recipients: [{ accountIds: [accountId] }],
      envelope: {
        reversePath: { asSent: '<Ann@Out.test>', address: 'Ann@out.test' },
        parameters: [{ keyword: 'SIZE', value: '100' }],
        ...{ helo: 'out.test', protocol: 'ESMTP', peerAddress: '192.0.2.1' },
      },
      inline: [],
      summary: { messageIdHeader: '<one@out.test>', subject: 'Hello' },
      forwardPaths: [
        {
          scope: accountScope(accountId),
          value: { asSent: '<Bob@Example.test>', address: 'Bob@example.test', parameters: [] },
        },
      ],
    },
  });
  const queued = { messageId, accountId };
  add('queue-local', {
    type: 'DeliveryEnqueued',
    data: { ...queued, sourceIndex: 5, dueAt: 0, reason: 'mailbox busy' },
  });
  add('queue-local', { type: 'DeliveryAttempted', data: { ...queued, attempt: 1 } });
  add(mailbox, {
    type: 'MessageDelivered',
    data: {
      ...{ messageId, blobId: messageId, sourceIndex: 5, skippedSources: [], folderId: 1, uid: 4 },
      ...{ size: 130, internalDate: 0, segments: [], addressed: '', inline: [] },
    },
  });
  add('queue-local', { type: 'DeliveryCompleted', data: queued });
  const read = (uids: string, part: string) =>
    add(`session-${readSession}`, {
      type: 'MessagesRead',
      data: { readerId, accountId, act: { folderId: 1, uids, part } },
    });
  read('1:4', 'BODY[]');
  add(mailbox, {
    type: 'MessagesFlagged',
    data: { folderId: 1, uids: '4', mode: 'add', flags: 1, keywordIds: [] },
  });
  add(mailbox, {
    type: 'MessagesCopied',
    data: { sourceFolderId: 1, targetFolderId: 2, uids: '4', firstUid: 9 },
  });
  add(mailbox, { type: 'MessagesExpunged', data: { folderId: 1, uids: '4' } });
  // Nothing lies there any more.
  read('4', 'BODY[1]');
  add(mailbox, { type: 'FolderDeleted', data: { folderId: 2, keptAsParent: false } });
  return events;
}

const trace = async (events = script()) => (await built(createTrace(projectionOptions), events)).database;
const access = async (events = script()) => (await built(createAccess(projectionOptions), events)).database;

test('a message is traced from its session to its end', async () => {
  const found = traceQueries.message(await trace(), messageId);
  assert.deepEqual(
    found?.entries.map(({ type, detail }) => [type, detail]),
    [
      ['MessageAccepted', { origin: 'mx', size: 120, recipients: 1 }],
      ['DeliveryEnqueued', { queueId: 'local', sourceIndex: 5, dueAt: 0, reason: 'mailbox busy' }],
      ['DeliveryAttempted', { queueId: 'local', attempt: 1 }],
      ['MessageDelivered', { folderId: 1, uid: 4, size: 130 }],
      ['DeliveryCompleted', { queueId: 'local' }],
      ['MessagesRead', { readerId, folderId: 1, part: 'BODY[]', uid: 4 }],
      ['MessagesFlagged', { folderId: 1, mode: 'add', flags: 1, keywordIds: [], uid: 4 }],
      ['MessagesCopied', { fromFolderId: 1, fromUid: 4, folderId: 2, uid: 9 }],
      ['MessagesExpunged', { folderId: 1, uid: 4 }],
      ['FolderDeleted', { folderId: 2, uid: 9 }],
    ],
  );
  assert.deepEqual(
    found?.session.map(({ type, personal }) => [type, Object.keys(personal ?? {})]),
    [
      ['SessionOpened', ['peer']],
      ['CommandRefused', ['reply']],
    ],
  );
  assert.equal(found?.message.subject, 'Hello');
  assert.equal(found?.recipients[0]?.address, 'Bob@example.test');
});

test('a message is found by Message-ID and by either address, in any case of letters', async () => {
  const db = await trace();
  const ids = (found: readonly { messageId: string }[]) => found.map((each) => each.messageId);
  for (const header of ['<one@out.test>', 'one@out.test'])
    assert.deepEqual(ids(traceQueries.byMessageIdHeader(db, header, 5)), [messageId]);
  for (const address of ['ann@OUT.test', 'bob@example.TEST'])
    assert.deepEqual(ids(traceQueries.byAddress(db, address, 5)), [messageId]);
  assert.deepEqual(traceQueries.byAddress(db, 'nobody@out.test', 5), []);
  assert.equal(traceQueries.message(db, testId(99)), undefined);
});

test('a found message is looked up by an index, not by reading all of them', async () => {
  const db = await trace();
  const plan = (sql: string): string =>
    db
      .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, 'x')
      .map(({ detail }) => detail)
      .join('; ');
  assert.match(plan('SELECT 1 FROM messages WHERE sender = ? COLLATE NOCASE'), /messages_by_sender/);
  assert.match(plan('SELECT 1 FROM recipients WHERE address = ? COLLATE NOCASE'), /recipients_by_address/);
  assert.match(plan("SELECT 1 FROM messages WHERE message_id_header IN (?, 'y')"), /messages_by_header/);
});

test('an erased message keeps its timeline, without what was said in it', async () => {
  const db = await trace(eraseScope(script(), messageScope(messageId)));
  const found = traceQueries.message(db, messageId);
  assert.equal(found?.entries.length, 10);
  assert.deepEqual([found?.envelope, found?.message.sender, found?.message.subject], [null, null, null]);
  assert.equal(found?.recipients[0]?.address, 'Bob@example.test');
  assert.deepEqual(traceQueries.byAddress(db, 'ann@out.test', 5), []);
  assert.deepEqual(traceQueries.byMessageIdHeader(db, 'one@out.test', 5), []);
});

test('an erased account, day or month of activity takes its own part and nothing else', async () => {
  const account = await trace(eraseScope(script(), accountScope(accountId)));
  assert.equal(traceQueries.message(account, messageId)?.recipients[0]?.address, null);
  assert.equal(traceQueries.folderName(await trace(), accountId, 1), 'INBOX');
  assert.equal(traceQueries.folderName(account, accountId, 1), null);

  const day = await trace(eraseScope(script(), peerScope(scriptStart)));
  assert.deepEqual(
    traceQueries.message(day, messageId)?.session.map(({ personal }) => personal),
    [null, null],
  );
  const month = activityScope(readerId, scriptStart + 24 * 3_600_000);
  const activity = await trace(eraseScope(script(), month));
  const types = traceQueries.message(activity, messageId)?.entries.map(({ type }) => type);
  assert.equal(types?.includes('MessagesRead'), false);
  assert.equal(types?.length, 9);
});

test('access tells who read a message, and what a person did', async () => {
  const db = await access();
  const [read, ...more] = accessQueries.byMessage(db, messageId, 10);
  assert.deepEqual(more, []);
  assert.deepEqual(
    [read?.readerId, read?.accountId, read?.sessionId, read?.personal],
    [readerId, accountId, readSession, { act: { folderId: 1, uids: '1:4', part: 'BODY[]' } }],
  );
  assert.equal(accessQueries.byReader(db, readerId, 10).length, 2);
  assert.equal(accessQueries.byReader(db, readerId, 1).length, 1);
  assert.equal(accessQueries.byAccount(db, accountId, 10).length, 2);
  assert.deepEqual(
    accessQueries.messagesOf(db, read?.logIndex ?? -1).map((each) => ({ ...each })),
    [{ messageId, uid: 4 }],
  );
});

test('who read outlives who was read; past the retention of activity only the fact of an act is left', async () => {
  const readErased = await access(
    eraseScope(eraseScope(script(), accountScope(accountId)), messageScope(messageId)),
  );
  assert.equal(accessQueries.byMessage(readErased, messageId, 10).length, 1);
  const month = activityScope(readerId, scriptStart + 24 * 3_600_000);
  const forgotten = await access(eraseScope(script(), month));
  assert.deepEqual(accessQueries.byMessage(forgotten, messageId, 10), []);
  const acts = accessQueries.byReader(forgotten, readerId, 10);
  assert.deepEqual(
    acts.map(({ type, personal }) => [type, personal]),
    [
      ['MessagesRead', null],
      ['MessagesRead', null],
    ],
  );
});
