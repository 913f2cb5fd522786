import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fetchItems } from '../support/imap-response-parser.ts';
import { textOf } from './support/imap-client.ts';
import { startImap } from './support/imap-fixture.ts';

const hello = 'From: Bob <bob@example.test>\r\nSubject: Hello\r\n\r\nHow are you?\r\n';

describe('an IMAP session from login to logout', () => {
  it('reads, appends, flags, waits and leaves, with everything on record', async (t) => {
    const { mailboxes, sessions, connect, errors } = await startImap(t);
    mailboxes.deliver('alice', hello);
    const client = await connect();
    const greeting = await client.next();
    assert.ok(greeting.kind === 'status' && greeting.status === 'OK');
    assert.match(greeting.code ?? '', /^CAPABILITY IMAP4rev1 .* AUTH=PLAIN$/);
    const login = await client.command('LOGIN alice@example.test "open sesame"');
    assert.match(login.status, /^OK \[CAPABILITY IMAP4rev1 /);

    const selected = await client.command('SELECT inbox');
    assert.equal(selected.status, 'OK [READ-WRITE]');
    assert.equal(selected.data('EXISTS')[0]?.number, 1);
    assert.equal(selected.data('RECENT')[0]?.number, 1);

    const fetched = await client.command('FETCH 1 (FLAGS UID RFC822.SIZE BODY[])');
    assert.equal(fetched.status, 'OK');
    const items = fetchItems(fetched.data('FETCH')[0]!);
    assert.equal(textOf(items.get('BODY[]')), hello);
    assert.equal(textOf(items.get('RFC822.SIZE')), String(hello.length));
    assert.deepEqual(items.get('FLAGS'), {
      kind: 'list',
      items: [
        { kind: 'atom', text: '\\Seen' },
        { kind: 'atom', text: '\\Recent' },
      ],
    });

    const appended = await client.append('INBOX (\\Flagged) "01-Feb-2024 10:00:00 +0200"', hello);
    assert.match(appended.status, /^OK \[APPENDUID \d+ 2\]$/);
    assert.equal(appended.data('EXISTS')[0]?.number, 2);
    const date = await client.command('FETCH 2 INTERNALDATE');
    assert.equal(
      textOf(fetchItems(date.data('FETCH')[0]!).get('INTERNALDATE')),
      ' 1-Feb-2024 10:00:00 +0200',
    );

    const stored = await client.command('STORE 1:2 +FLAGS ($Label1)');
    assert.equal(stored.data('FETCH').length, 2);

    client.send('i1 IDLE\r\n');
    assert.equal((await client.next()).kind, 'continuation');
    mailboxes.deliver('alice', hello);
    const news = await client.next();
    assert.ok(news.kind === 'data' && news.name === 'EXISTS' && news.number === 3);
    client.send('DONE\r\n');
    assert.equal((await client.answer('i1')).status, 'OK');

    const left = await client.command('LOGOUT');
    assert.equal(left.status, 'OK');
    assert.equal(await client.rest(), '');
    const [session] = sessions;
    const end = await session?.closed;
    assert.equal(end?.reason, 'logout');
    assert.ok((end?.octetsOut ?? 0) > 500 && (end?.octetsIn ?? 0) > 200);
    assert.deepEqual(
      session?.facts.map(({ type }) => type),
      ['Authenticated', 'FolderOpened', 'MessagesRead'],
    );
    assert.equal(mailboxes.openCount, 0);
    assert.deepEqual(errors(), []);
  });
});
