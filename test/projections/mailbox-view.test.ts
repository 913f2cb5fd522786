import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredEvent } from '../../events/codec.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { accountScope, messageScope } from '../../events/scope-keys.ts';
import { formatUidRanges, iterateUidSet, parseUidSet } from '../../events/uid-set.ts';
import { createMailboxView } from '../../projections/mailbox-view/mailbox-view.ts';
import { mailboxQueries } from '../../projections/mailbox-view/queries.ts';
import { splitBulkEvent } from '../../projections/mailbox-view/split-bulk-event.ts';
import { eraseScope, eventScript, testId } from '../support/event-script.ts';
import { storyContent } from '../support/event-story.ts';
import { built, projectionOptions } from '../support/view-building.ts';

const accountId = testId(1);
const folder = (folderId: number, name: string): MailboxEvent => ({
  type: 'FolderCreated',
  data: { folderId, parentId: null, uidValidity: folderId, label: { name } },
});
const appended = (firstUid: number, ...numbers: readonly number[]): MailboxEvent => ({
  type: 'MessagesAppended',
  data: {
    folderId: 1,
    firstUid,
    messages: numbers.map((number) => ({
      content: storyContent(testId(number)),
      ...{ size: 10, internalDate: 5, internalOffset: 60, flags: 1, keywordIds: [] },
      segments: [{ kind: 'blob', offset: 0, length: 10 }],
    })),
  },
});

function script(...more: readonly MailboxEvent[]): StoredEvent[] {
  const { add, events } = eventScript();
  const opened = { type: 'MailboxOpened', data: { accountId, modseqBase: 100, uidValidityBase: 0 } } as const;
  const all = [opened, folder(1, 'INBOX'), folder(2, 'Done'), appended(1, 11, 12, 13), ...more];
  for (const event of all) add(`mailbox-${accountId}`, event);
  return events;
}

const view = async (...more: readonly MailboxEvent[]) =>
  (await built(createMailboxView(projectionOptions), script(...more))).database;
const uidsAndIds = (db: Awaited<ReturnType<typeof view>>, folderId: number) =>
  mailboxQueries.messages(db, accountId, folderId, 1, 100).map(({ uid, messageId }) => [uid, messageId]);

test('a move takes the message away here and gives it a new UID there', async () => {
  const db = await view({
    type: 'MessagesMoved',
    data: { sourceFolderId: 1, targetFolderId: 2, uids: '1,3', firstUid: 1 },
  });
  assert.deepEqual(uidsAndIds(db, 1), [[2, testId(12)]]);
  assert.deepEqual(uidsAndIds(db, 2), [
    [1, testId(11)],
    [2, testId(13)],
  ]);
  const [inbox, done] = mailboxQueries.folders(db, accountId);
  assert.deepEqual([inbox?.octets, inbox?.messages, inbox?.uidNext], [10, 1, 4]);
  // modseq = base + revision + 1, for both folders of a move.
  assert.deepEqual([inbox?.highestModseq, done?.highestModseq], [105, 105]);
});

test('a flag change shows in flags, keywords and modseq of the named messages only', async () => {
  const db = await view(
    { type: 'KeywordDeclared', data: { keywordId: 0, label: { name: 'todo' } } },
    {
      type: 'MessagesFlagged',
      data: { folderId: 1, uids: '2:3', mode: 'replace', flags: 2, keywordIds: [0] },
    },
  );
  assert.deepEqual(
    mailboxQueries.messages(db, accountId, 1, 1, 100).map((row) => [row.flags, row.keywordIds, row.modseq]),
    [
      [1, [], 104],
      [2, [0], 106],
      [2, [0], 106],
    ],
  );
  assert.equal(mailboxQueries.folders(db, accountId)[0]?.unseen, 2);
});

test('a deleted folder takes its messages along; one that stays as a parent is empty', async () => {
  const gone = await view({ type: 'FolderDeleted', data: { folderId: 1, keptAsParent: false } });
  assert.deepEqual(uidsAndIds(gone, 1), []);
  assert.deepEqual(
    mailboxQueries.folders(gone, accountId).map(({ folderId }) => folderId),
    [2],
  );
  const kept = await view({ type: 'FolderDeleted', data: { folderId: 1, keptAsParent: true } });
  const [parent] = mailboxQueries.folders(kept, accountId);
  assert.deepEqual([parent?.selectable, parent?.messages, parent?.octets], [false, 0, 0]);
});

test('pages of messages begin where they are asked to', async () => {
  const db = await view();
  const uids = (from: number, limit: number) =>
    mailboxQueries.messages(db, accountId, 1, from, limit).map(({ uid }) => uid);
  assert.deepEqual([uids(2, 10), uids(1, 2), uids(4, 10)], [[2, 3], [1, 2], []]);
});

test('with the account erased everything is there but the names', async () => {
  const more: readonly MailboxEvent[] = [
    { type: 'KeywordDeclared', data: { keywordId: 0, label: { name: 'todo' } } },
    { type: 'FolderSubscribed', data: { subscriptionId: 1, label: { path: 'Done' } } },
  ];
  const events = eraseScope(script(...more), accountScope(accountId));
  const { database } = await built(createMailboxView(projectionOptions), events);
  assert.deepEqual(
    mailboxQueries.folders(database, accountId).map(({ name, messages }) => [name, messages]),
    [
      [null, 3],
      [null, 0],
    ],
  );
  assert.deepEqual({ ...mailboxQueries.keywords(database, accountId)[0] }, { keywordId: 0, name: null });
  assert.equal(mailboxQueries.subscriptions(database, accountId)[0]?.path, null);
});

test('with a message erased its row stays', async () => {
  const events = eraseScope(script(), messageScope(testId(12)));
  const { database } = await built(createMailboxView(projectionOptions), events);
  assert.equal(uidsAndIds(database, 1).length, 3);
});

test('a bulk event comes in pieces that together name the same messages, in order', () => {
  const { add } = eventScript();
  const uids = '1:7,9,12:20';
  for (const uidsMax of [1, 2, 3, 7, 16, 17, 100]) {
    const moved = add('mailbox-x', {
      type: 'MessagesMoved',
      data: { sourceFolderId: 1, targetFolderId: 2, uids, firstUid: 40 },
    }) as StoredEvent<MailboxEvent>;
    const targets = new Map<number, number>();
    for (const { event } of splitBulkEvent(moved, uidsMax)) {
      assert.ok(event.type === 'MessagesMoved');
      const named = [...iterateUidSet(parseUidSet(event.data.uids))];
      assert.ok(named.length <= uidsMax);
      for (const [n, uid] of named.entries()) targets.set(uid, event.data.firstUid + n);
    }
    const all = [...iterateUidSet(parseUidSet(uids))];
    assert.deepEqual(
      [...targets],
      all.map((uid, n) => [uid, 40 + n]),
    );
  }
  assert.equal(formatUidRanges(parseUidSet(uids)), uids);
});

test('a change to more messages than one piece holds is applied as a whole', async () => {
  const batches = 30;
  const size = 1000;
  const all = Array.from({ length: batches }, (_, batch) =>
    appended(4 + batch * size, ...Array.from({ length: size }, (_each, n) => 1000 + batch * size + n)),
  );
  const last = 3 + batches * size;
  const db = await view(
    ...all,
    {
      type: 'MessagesFlagged',
      data: { folderId: 1, uids: `1:${last}`, mode: 'add', flags: 4, keywordIds: [] },
    },
    {
      type: 'MessagesMoved',
      data: { sourceFolderId: 1, targetFolderId: 2, uids: `2:${last}`, firstUid: 1 },
    },
  );
  const [inbox, done] = mailboxQueries.folders(db, accountId);
  assert.deepEqual([inbox?.messages, done?.messages, done?.uidNext], [1, last - 1, last]);
  const [end] = mailboxQueries.messages(db, accountId, 2, last - 1, 1);
  assert.deepEqual([end?.uid, end?.flags, end?.messageId], [last - 1, 5, testId(1000 + batches * size - 1)]);
});
