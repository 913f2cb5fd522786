import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { newId } from '../../events/ids.ts';
import { messageScope } from '../../events/scope-keys.ts';
import { mailboxStream, sessionStream } from '../../events/streams.ts';
import { projectionNames } from '../../projections/catalogue.ts';
import { createSilentLogger } from '../../src/logger.ts';
import { replayView } from '../../src/views/replay.ts';
import { openSqliteView } from '../../src/views/sqlite/view-file.ts';
import { openViews, type Views, type ViewsOptions } from '../../src/views/views.ts';
import { ViewsUnavailable } from '../../src/views/views-unavailable.ts';
import { deliverMail, openMailbox, openStoresOnDisk, type StoresOnDisk } from '../support/stores-on-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const timeoutMs = 20_000;

interface World {
  readonly stores: StoresOnDisk;
  readonly accountId: string;
  open(options?: Partial<ViewsOptions>): Promise<Views>;
}

async function world(t: TestContext): Promise<World> {
  const stores = await openStoresOnDisk(await temporaryDirectory(t));
  const opened: Views[] = [];
  t.after(async () => {
    for (const views of opened) await views.close();
    await stores.close();
  });
  const accountId = newId();
  await openMailbox(stores, accountId);
  return {
    stores,
    accountId,
    async open(options = {}) {
      const { log, reading } = stores;
      const views = await openViews({ ...reading, log, logger: createSilentLogger(), ...options });
      opened.push(views);
      return views;
    },
  };
}

const hasFault =
  (...faults: readonly string[]) =>
  (error: unknown): boolean =>
    error instanceof ViewsUnavailable && faults.includes(error.fault);

test('every view catches up with the log and follows it', async (t) => {
  const { stores, accountId, open } = await world(t);
  const before = await deliverMail(stores, accountId, 1, 'Subject: one\r\n\r\nHello\r\n');
  const views = await open();
  await views.waitFor(before.delivered.lastIndex + 1, { timeoutMs });
  const after = await deliverMail(stores, accountId, 2, 'Subject: two\r\n\r\nHello\r\n');
  await views.whenCurrent({ timeoutMs });
  assert.equal(views.appliedUpTo(), await stores.log.head());

  const messages = await views.query('mailbox', 'messages', accountId, 1, 1, 10);
  assert.deepEqual(
    messages.map(({ uid, messageId }) => [uid, messageId]),
    [
      [1, before.messageId],
      [2, after.messageId],
    ],
  );
  const trace = await views.query('trace', 'message', after.messageId);
  assert.deepEqual(
    trace?.entries.map(({ type }) => type),
    ['MessageAccepted', 'MessageDelivered'],
  );
  const origin = before.delivered.lastRevision;
  const [facts] = await views.query('facts', 'find', accountId, [{ origin, ordinal: 0 }]);
  assert.equal(facts?.facts?.envelope.subject, 'one');
});

test('a read is traced to the message that lay there, and to its reader', async (t) => {
  const { stores, accountId, open } = await world(t);
  const { messageId } = await deliverMail(stores, accountId, 7, 'Subject: x\r\n\r\n');
  const [readerId, sessionId] = [newId(), newId()];
  await stores.append(sessionStream(sessionId), [
    { type: 'MessagesRead', data: { readerId, accountId, act: { folderId: 1, uids: '7', part: 'BODY[]' } } },
  ]);
  const views = await open();
  await views.whenCurrent({ timeoutMs });
  const [read] = await views.query('access', 'byMessage', messageId, 10);
  assert.deepEqual([read?.readerId, read?.sessionId, read?.accountId], [readerId, sessionId, accountId]);
  const trace = await views.query('trace', 'message', messageId);
  assert.deepEqual(trace?.entries.at(-1)?.detail, { readerId, folderId: 1, part: 'BODY[]', uid: 7 });
});

test('facts that no view has got to are computed on the spot', async (t) => {
  const { stores, accountId, open } = await world(t);
  const { head, readAll, readStream } = stores.log;
  const following = { stop: async () => undefined, done: Promise.resolve() };
  // A log whose events never reach the views.
  const views = await open({ log: { head, readAll, readStream, follow: () => following } });
  const { delivered } = await deliverMail(stores, accountId, 1, 'Subject: now\r\n\r\nHi\r\n');
  const origin = delivered.lastRevision;
  const found = await views.facts(accountId, [
    { origin: origin + 5, ordinal: 0 },
    { origin, ordinal: 0 },
    { origin, ordinal: 3 },
  ]);
  assert.equal(views.appliedUpTo('facts'), 0);
  assert.equal(found[0], undefined);
  assert.equal(found[1]?.facts?.envelope.subject, 'now');
  assert.equal(found[1]?.facts?.size, 30 + 32 + 20);
  assert.equal(found[2], undefined);
  await assert.rejects(views.whenCurrent({ projection: 'facts', timeoutMs: 5 }), hasFault('late'));
});

test('the views go on where they were, and a lost or broken file is made anew', async (t) => {
  const { stores, accountId, open } = await world(t);
  for (let uid = 1; uid <= 5; uid++) await deliverMail(stores, accountId, uid, `Subject: ${uid}\r\n\r\n`);
  const first = await open();
  await first.whenCurrent({ timeoutMs });
  await first.close();
  const file = (name: string): string => join(stores.reading.directory, `${name}.db`);
  rmSync(file('trace'));
  writeFileSync(file('access'), 'this was a database once, '.repeat(500));
  truncateSync(file('mailbox'), 0);
  await deliverMail(stores, accountId, 6, 'Subject: 6\r\n\r\n');
  const second = await open();
  await second.whenCurrent({ timeoutMs });
  assert.equal((await second.query('mailbox', 'messages', accountId, 1, 1, 10)).length, 6);
  for (const projection of ['mailbox', 'trace', 'access'] as const) {
    const result = await replayView({ ...stores.reading, log: stores.log, projection });
    assert.deepEqual([projection, result.difference], [projection, undefined]);
  }
});

test('a view of another log is made anew', async (t) => {
  const [one, other] = [await world(t), await world(t)];
  await deliverMail(one.stores, one.accountId, 1, 'Subject: one\r\n\r\n');
  await deliverMail(other.stores, other.accountId, 1, 'Subject: other\r\n\r\n');
  const views = await one.open();
  await views.whenCurrent({ timeoutMs });
  await views.close();
  const moved = await openViews({
    ...other.stores.reading,
    directory: one.stores.reading.directory,
    log: other.stores.log,
    logger: createSilentLogger(),
  });
  t.after(() => moved.close());
  await moved.whenCurrent({ timeoutMs });
  assert.deepEqual(await moved.query('mailbox', 'folders', one.accountId), []);
  assert.equal((await moved.query('mailbox', 'messages', other.accountId, 1, 1, 10)).length, 1);
});

test('replay names the first difference of a live view that was changed by hand', async (t) => {
  const { stores, accountId, open } = await world(t);
  for (let uid = 1; uid <= 3; uid++) await deliverMail(stores, accountId, uid, `Subject: ${uid}\r\n\r\n`);
  const views = await open();
  await views.whenCurrent({ timeoutMs });
  await views.close();
  const tampered = openSqliteView({ path: join(stores.reading.directory, 'mailbox.db') });
  tampered.run('UPDATE messages SET flags = 9 WHERE uid = 2');
  tampered.close();
  const progress: [number, number][] = [];
  const result = await replayView({
    ...stores.reading,
    log: stores.log,
    projection: 'mailbox',
    onProgress: (done, total) => progress.push([done, total]),
  });
  assert.notEqual(result.leftDigest, result.rightDigest);
  assert.deepEqual(result.difference, {
    table: 'messages',
    key: { account_id: accountId, folder_id: 1, uid: 2 },
    kind: 'both',
    columns: [{ column: 'flags', left: 9, right: 0 }],
  });
  assert.deepEqual(progress.at(-1), [8, 8]);
});

test('an erased message leaves no trace of itself in any file of the views', async (t) => {
  const { stores, accountId, open } = await world(t);
  const secret = randomBytes(12).toString('hex');
  const { messageId } = await deliverMail(stores, accountId, 1, `Subject: ${secret}\r\n\r\nHello\r\n`);
  await deliverMail(stores, accountId, 2, 'Subject: other\r\n\r\nHello\r\n');
  const views = await open();
  await views.whenCurrent({ timeoutMs });
  const found = (): string[] =>
    readdirSync(stores.reading.directory).filter((name) => {
      const octets = readFileSync(join(stores.reading.directory, name));
      return octets.includes(secret) || octets.includes(`${messageId}@out.test`);
    });
  assert.notDeepEqual(found(), []);
  await stores.keys.destroy(messageScope(messageId));
  await views.purge(messageScope(messageId));
  assert.deepEqual(found(), []);
  for (const projection of projectionNames) {
    const { difference } = await replayView({ ...stores.reading, log: stores.log, projection });
    assert.deepEqual([projection, difference], [projection, undefined]);
  }
});

test('an event that cannot be applied stops the views that need it, and no other', async (t) => {
  const { stores, accountId, open } = await world(t);
  const views = await open();
  await deliverMail(stores, accountId, 1, 'Subject: x\r\n\r\n');
  await views.whenCurrent({ timeoutMs });
  // No decider would write this: the folder was never created.
  await stores.append(mailboxStream(accountId), [
    { type: 'FolderRenamed', data: { folderId: 99, parentId: null, label: { name: 'x' } } },
  ]);
  await assert.rejects(views.whenCurrent({ projection: 'mailbox', timeoutMs }), hasFault('broken'));
  await assert.rejects(views.query('mailbox', 'folders', accountId), hasFault('broken'));
  await views.whenCurrent({ projection: 'directory', timeoutMs });
  await views.whenCurrent({ projection: 'facts', timeoutMs });
  const broken = views.status().filter((each) => each.broken !== undefined);
  assert.deepEqual(broken.map(({ name }) => name).sort(), ['access', 'mailbox', 'trace']);
  assert.match(broken[0]?.broken ?? '', /event \d+: .*folder 99/);
});

test('a worker that ends is started again, and goes on where its views are', async (t) => {
  const { stores, accountId, open } = await world(t);
  const threads: Worker[] = [];
  const views = await open({ onThread: (thread) => threads.push(thread) });
  const { delivered } = await deliverMail(stores, accountId, 1, 'Subject: x\r\n\r\n');
  await views.waitFor(delivered.lastIndex + 1, { timeoutMs });
  await threads[0]?.terminate();
  await assert.rejects(views.query('queue', 'queues'), hasFault('crashed'));
  await deliverMail(stores, accountId, 2, 'Subject: y\r\n\r\n');
  await views.whenCurrent({ timeoutMs });
  assert.equal(threads.length, 2);
  assert.equal((await views.query('mailbox', 'messages', accountId, 1, 1, 10)).length, 2);
});

test('a question that no view knows is refused, and after close every question', async (t) => {
  const { open } = await world(t);
  const views = await open();
  await assert.rejects(views.query('mailbox', 'toString' as 'revision', 'x'), hasFault('failed'));
  const waiting = assert.rejects(views.waitFor(1_000_000, { timeoutMs }), hasFault('closed'));
  await views.close();
  await waiting;
  await assert.rejects(views.query('queue', 'queues'), hasFault('closed'));
  await assert.rejects(views.waitFor(1_000_000, { timeoutMs }), hasFault('closed'));
});
