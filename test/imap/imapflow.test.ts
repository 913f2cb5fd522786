import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ImapFlow } from 'imapflow';
import { startImap } from './support/imap-fixture.ts';

const message = 'From: Bob <bob@example.test>\r\nSubject: Hello\r\n\r\nHow are you?\r\n';

describe('imapflow, a client that people use', () => {
  it('lists, appends, reads, flags, searches, moves and hears of new mail', async (t) => {
    const { listener, mailboxes, errors } = await startImap(t);
    mailboxes.deliver('alice', message);
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: listener.port,
      secure: false,
      tls: { rejectUnauthorized: false },
      auth: { user: 'alice@example.test', pass: 'open sesame' },
      logger: false,
    });
    await client.connect();
    assert.equal(client.secureConnection, true, 'it upgrades with STARTTLS');
    const listed = await client.list();
    assert.deepEqual(listed.map(({ path, specialUse }) => `${path} ${specialUse}`).sort(), [
      'Drafts \\Drafts',
      'INBOX \\Inbox',
      'Sent \\Sent',
      'Trash \\Trash',
    ]);
    await client.mailboxCreate(['Projects', 'Käse']);
    const lock = await client.getMailboxLock('INBOX');
    try {
      const appended = await client.append('INBOX', message, ['\\Seen', 'Custom']);
      assert.ok(appended !== false && appended.uid === 2);
      const fetched = await client.fetchOne('1', {
        source: true,
        envelope: true,
        bodyStructure: true,
        flags: true,
      });
      assert.ok(fetched !== false);
      assert.equal(fetched.source?.toString(), message);
      assert.equal(fetched.envelope?.subject, 'Hello');
      assert.equal(fetched.bodyStructure?.type, 'text/plain');
      assert.ok(await client.messageFlagsAdd('1', ['\\Flagged']));
      assert.deepEqual(await client.search({ flagged: true, subject: 'hello' }), [1]);
      assert.deepEqual(await client.search({ body: 'HOW ARE' }, { uid: true }), [1, 2]);
      const moved = await client.messageMove('1', 'Projects/Käse');
      assert.ok(moved !== false && moved.uidMap?.get(1) === 1);
      const arrived = new Promise((resolve) => client.once('exists', resolve));
      const idling = client.idle();
      mailboxes.deliver('alice', message);
      assert.deepEqual(await arrived, { path: 'INBOX', count: 2, prevCount: 1 });
      await client.noop();
      await idling;
      assert.ok(await client.messageDelete('1:*'));
    } finally {
      lock.release();
    }
    const status = await client.status('Projects/Käse', { messages: true, unseen: true, uidNext: true });
    assert.ok(status !== false);
    assert.deepEqual([status.messages, status.uidNext], [1, 2]);
    await client.logout();
    assert.deepEqual(errors(), []);
  });
});
