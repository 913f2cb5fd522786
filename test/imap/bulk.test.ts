import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limits } from '../../src/limits.ts';
import { fetchItems } from '../support/imap-response-parser.ts';
import { textOf } from './support/imap-client.ts';
import { startImap } from './support/imap-fixture.ts';

describe('large answers', () => {
  it('leave in turns, so that another session is answered in between', async (t) => {
    const { mailboxes, select } = await startImap(t);
    const count = limits.imap.messagesPerTurnMax * 8;
    for (let n = 0; n < count; n += 1) mailboxes.deliver('alice', 'x');
    const [client, other] = [await select(), await select()];
    await client.command('UID STORE 2:3 +FLAGS.SILENT \\Deleted');
    await client.command('EXPUNGE');
    let turns = 0;
    let isDone = false;
    const answered = client.command('FETCH 1:* (FLAGS UID)').then((answer) => {
      isDone = true;
      return answer;
    });
    while (!isDone) {
      await other.command('CAPABILITY');
      turns += 1;
    }
    assert.ok(turns > 2, `${turns} commands of another session`);
    const fetched = (await answered).data('FETCH');
    assert.equal(fetched.length, count - 2);
    const second = fetched[1];
    assert.ok(second?.number === 2);
    assert.equal(textOf(fetchItems(second).get('UID')), '4');
    const news = await other.command('NOOP');
    assert.deepEqual(
      news.untagged.map((each) => ('name' in each ? `${each.number} ${each.name}` : '')),
      ['3 EXPUNGE', '2 EXPUNGE'],
    );
    assert.equal((await other.command('SEARCH 1:* UNSEEN')).data('SEARCH')[0]?.values.length, count - 2);
  });

  it('wait for a client that does not read, and come whole when it does', async (t) => {
    const { mailboxes, select } = await startImap(t);
    const message = `Subject: big\r\n\r\n${'0123456789abcdef'.repeat(65_536)}`;
    mailboxes.deliver('alice', message);
    for (let copies = 0; copies < 23; copies += 1) {
      mailboxes.execute('alice', { type: 'CopyMessages', folderId: 1, targetFolderId: 1, uids: '1' });
    }
    const client = await select();
    const reads: number[] = [];
    mailboxes.before = (call) => {
      if (call === 'content') reads.push(1);
    };
    client.socket.pause();
    client.send('a FETCH 1:24 BODY.PEEK[]\r\n');
    while (reads.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const readWhilePaused = reads.length;
    // The kernel buffers some megabytes, not 24.
    assert.ok(readWhilePaused < 24, `${readWhilePaused} messages read for a client that reads none`);
    client.socket.resume();
    const answer = await client.answer('a');
    assert.equal(answer.data('FETCH').length, 24);
    for (const each of answer.data('FETCH')) {
      assert.equal(textOf(fetchItems(each).get('BODY[]')), message);
    }
    assert.equal(reads.length, 24);
  });

  it('of APPEND stream into the store', async (t) => {
    const { login, mailboxes } = await startImap(t);
    const client = await login();
    const message = Buffer.alloc(8 * 1024 * 1024, 'line of text\r\n');
    const appended = await client.append('Sent (\\Seen)', message);
    assert.match(appended.status, /^OK \[APPENDUID/);
    assert.ok(message.equals(mailboxes.octets('alice', 3, 1)));
  });
});
