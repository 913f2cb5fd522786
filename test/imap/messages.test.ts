import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import { fetchItems, type ParsedResponse } from '../support/imap-response-parser.ts';
import type { ImapClient } from './support/imap-client.ts';
import { startImap } from './support/imap-fixture.ts';

/** Responses in short: `3 EXISTS`, `2 EXPUNGE`, `1 FETCH \Seen`. */
function short(response: ParsedResponse): string {
  if (response.kind !== 'data')
    return response.kind === 'status' ? `${response.status} ${response.code}` : '+';
  const head = `${response.number ?? ''} ${response.name}`.trim();
  if (response.name !== 'FETCH') return head;
  const flags = fetchItems(response).get('FLAGS');
  const names = flags?.kind === 'list' ? flags.items.map((each) => ('text' in each ? each.text : '')) : [];
  return [head, ...names.filter((name) => name !== '\\Recent')].join(' ');
}

const news = async (client: ImapClient, command = 'NOOP'): Promise<string[]> =>
  (await client.command(command)).untagged.map(short).filter((each) => !each.endsWith('RECENT'));

const message = (n: number): string => `Subject: ${n}\r\n\r\nbody ${n}\r\n`;

describe('STORE', () => {
  it('changes flags and keywords, and tells them', async (t) => {
    const { mailboxes, select } = await startImap(t);
    mailboxes.deliver('alice', message(1));
    mailboxes.deliver('alice', message(2));
    const client = await select();
    assert.deepEqual(await news(client, 'STORE 1:2 FLAGS (\\Seen $Work)'), [
      'FLAGS',
      'OK PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work \\*)',
      '1 FETCH \\Seen $Work',
      '2 FETCH \\Seen $Work',
    ]);
    assert.deepEqual(await news(client, 'STORE 1 +FLAGS ($work \\Flagged)'), [
      '1 FETCH \\Flagged \\Seen $Work',
    ]);
    assert.deepEqual(await news(client, 'UID STORE 2 -FLAGS \\Seen $Work $Unknown'), ['2 FETCH']);
    assert.deepEqual(await news(client, 'STORE 2 -FLAGS.SILENT (\\Deleted)'), []);
    assert.deepEqual(await news(client, 'STORE 2 +FLAGS.SILENT (\\Deleted)'), []);
    assert.deepEqual(await news(client), []);
    assert.deepEqual(await news(client, 'UID STORE 77 +FLAGS \\Seen'), []);
    assert.equal((await client.command('STORE 3 +FLAGS \\Seen')).reply.status, 'BAD');
    assert.equal((await client.command('STORE 1 +FLAGS \\Recent')).reply.status, 'BAD');
    assert.equal((await client.command(`STORE 1 +FLAGS ${'k'.repeat(129)}`)).status, 'NO [LIMIT]');
    await client.command('EXAMINE INBOX');
    assert.equal((await client.command('STORE 1 +FLAGS \\Seen')).status, 'NO [READ-ONLY]');
  });

  it('stops offering new keywords when an account has 256', async (t) => {
    const { mailboxes, select } = await startImap(t);
    mailboxes.deliver('alice', message(1));
    const client = await select();
    const many = Array.from({ length: 256 }, (_, n) => `k${n}`).join(' ');
    assert.equal((await client.command(`STORE 1 FLAGS.SILENT (${many})`)).status, 'OK');
    assert.equal((await client.command('STORE 1 +FLAGS (one-more)')).status, 'NO [LIMIT]');
    assert.ok(!(await client.command('SELECT INBOX')).octets.includes('\\\\*'));
  });
});

describe('COPY, MOVE and EXPUNGE', () => {
  it('tell the UIDs that messages had and have', async (t) => {
    const { mailboxes, select } = await startImap(t);
    for (let n = 1; n <= 4; n += 1) mailboxes.deliver('alice', message(n));
    const client = await select();
    assert.match((await client.command('COPY 1:2 Sent')).status, /^OK \[COPYUID \d+ 1:2 1:2\]$/);
    assert.match((await client.command('UID COPY 3,9 Sent')).status, /^OK \[COPYUID \d+ 3 3\]$/);
    assert.equal((await client.command('UID COPY 99 Sent')).status, 'OK');
    assert.equal((await client.command('COPY 1 Nowhere')).status, 'NO [TRYCREATE]');
    const moved = await client.command('MOVE 2,4 Trash');
    assert.equal(moved.status, 'OK');
    assert.match(short(moved.untagged[0]!), /^OK COPYUID \d+ 2,4 1:2$/);
    assert.deepEqual(moved.untagged.slice(1).map(short), ['4 EXPUNGE', '2 EXPUNGE']);
    assert.equal((await client.command('MOVE 1 Nowhere')).status, 'NO [TRYCREATE]');
    await client.command('STORE 1:2 +FLAGS.SILENT \\Deleted');
    assert.deepEqual(await news(client, 'UID EXPUNGE 3'), ['2 EXPUNGE']);
    assert.deepEqual(await news(client, 'EXPUNGE'), ['1 EXPUNGE']);
    assert.deepEqual(await news(client, 'EXPUNGE'), []);
    await client.command('EXAMINE Sent');
    for (const command of ['EXPUNGE', 'MOVE 1 Trash', 'UID EXPUNGE 1']) {
      assert.equal((await client.command(command)).status, 'NO [READ-ONLY]', command);
    }
  });

  it('CLOSE removes silently, UNSELECT and a read-only CLOSE nothing', async (t) => {
    const { mailboxes, select } = await startImap(t);
    mailboxes.deliver('alice', message(1));
    const client = await select();
    await client.command('STORE 1 +FLAGS \\Deleted');
    assert.equal((await client.command('UNSELECT')).status, 'OK');
    await client.command('EXAMINE INBOX');
    await client.command('CLOSE');
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.length, 1);
    await client.command('SELECT INBOX');
    const closed = await client.command('CLOSE');
    assert.deepEqual([closed.status, closed.untagged], ['OK', []]);
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.length, 0);
    assert.equal((await client.command('CHECK')).reply.status, 'BAD');
  });
});

describe('two sessions on one mailbox', () => {
  it('hear of each other only when message numbers may change', async (t) => {
    const { mailboxes, select } = await startImap(t);
    for (let n = 1; n <= 5; n += 1) mailboxes.deliver('alice', message(n));
    const [one, two] = [await select(), await select()];
    await one.command('STORE 2,4 +FLAGS.SILENT \\Deleted');
    await one.command('EXPUNGE');
    // Numbers stay: no EXPUNGE during FETCH, STORE and SEARCH.
    assert.deepEqual(await news(two, 'FETCH 5 FLAGS'), ['5 FETCH']);
    assert.deepEqual(await news(two, 'STORE 5 +FLAGS \\Seen'), ['5 FETCH \\Seen']);
    assert.equal((await two.command('FETCH 1:* UID')).status, 'NO [EXPUNGEISSUED]');
    assert.equal((await two.command('STORE 2 +FLAGS \\Seen')).status, 'NO [EXPUNGEISSUED]');
    assert.equal((await two.command('COPY 1:2 Sent')).status, 'NO [EXPUNGEISSUED]');
    assert.deepEqual(await news(two, 'SEARCH ALL'), ['SEARCH']);
  });

  it('gets EXPUNGE with UID commands, NOOP and CHECK', async (t) => {
    const { mailboxes, select } = await startImap(t);
    for (let n = 1; n <= 5; n += 1) mailboxes.deliver('alice', message(n));
    const [one, two] = [await select(), await select()];
    await one.command('STORE 2,4 +FLAGS.SILENT \\Deleted');
    assert.deepEqual(await news(two), ['2 FETCH \\Deleted', '4 FETCH \\Deleted']);
    await one.command('EXPUNGE');
    assert.deepEqual(await news(two, 'UID FETCH 5 UID'), ['4 EXPUNGE', '2 EXPUNGE', '3 FETCH']);
    mailboxes.deliver('alice', message(6));
    assert.deepEqual(await news(two, 'CHECK'), ['4 EXISTS']);
    await one.command('UID STORE 6 +FLAGS \\Deleted');
    await one.command('EXPUNGE');
    assert.deepEqual(await news(two), ['4 EXPUNGE']);
    assert.deepEqual(await news(two), []);
  });

  it('is told flags and arrivals after any of its commands', async (t) => {
    const { mailboxes, select } = await startImap(t);
    mailboxes.deliver('alice', message(1));
    const [one, two] = [await select(), await select()];
    await one.command('STORE 1 +FLAGS (\\Flagged $New)');
    mailboxes.deliver('alice', message(2));
    assert.deepEqual(await news(two, 'FETCH 1 UID'), [
      '1 FETCH',
      'FLAGS',
      'OK PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $New \\*)',
      '2 EXISTS',
      '1 FETCH \\Flagged $New',
    ]);
  });

  it('is told at once while it idles', async (t) => {
    const { mailboxes, select } = await startImap(t);
    for (let n = 1; n <= 3; n += 1) mailboxes.deliver('alice', message(n));
    const [one, two] = [await select(), await select()];
    two.send('i IDLE\r\n');
    assert.equal((await two.next()).kind, 'continuation');
    await one.command('STORE 2 +FLAGS \\Deleted');
    assert.equal(short(await two.next()), '2 FETCH \\Deleted');
    await one.command('EXPUNGE');
    assert.equal(short(await two.next()), '2 EXPUNGE');
    mailboxes.deliver('alice', message(4));
    assert.equal(short(await two.next()), '3 EXISTS');
    assert.equal(short(await two.next()), '1 RECENT');
    two.send('done\r\n');
    assert.equal((await two.answer('i')).status, 'OK');
    two.send('j IDLE\r\n');
    await two.next();
    two.send('NOOP\r\n');
    assert.equal((await two.answer('j')).reply.status, 'BAD');
  });

  it('ends when its mailbox is deleted by the other', async (t) => {
    const { login, select, sessions } = await startImap(t);
    const one = await login();
    await one.command('CREATE Short');
    const two = await select('Short');
    await one.command('DELETE Short');
    two.send('x NOOP\r\n');
    const bye = await two.next();
    assert.ok(bye.kind === 'status' && bye.status === 'BYE');
    assert.equal((await sessions[1]?.closed)?.reason, 'selected folder deleted');
    const own = await select('Sent');
    assert.equal((await own.command('DELETE Sent')).status, 'OK');
    assert.equal((await own.command('CHECK')).reply.status, 'BAD');
  });
});

describe('APPEND', () => {
  it('refuses before the message is sent what cannot be taken', async (t) => {
    const { login, mailboxes } = await startImap(t, { sizeMax: 1000 });
    const client = await login();
    assert.equal((await client.append('Nowhere', 'x')).status, 'NO [TRYCREATE]');
    assert.equal((await client.append('INBOX', 'x'.repeat(1001))).status, 'NO [TOOBIG]');
    assert.equal((await client.append('INBOX (\\Bad)', 'x')).reply.status, 'BAD');
    assert.match((await client.append('INBOX', 'x'.repeat(1000))).status, /APPENDUID/);
    client.send(`a APPEND INBOX {1001+}\r\n${'x'.repeat(1001)}\r\nb NOOP\r\n`);
    assert.equal((await client.answer('a')).status, 'NO [TOOBIG]');
    assert.equal((await client.answer('b')).status, 'OK');
    client.send('c APPEND INBOX (\\Seen $Kept) {3+}\r\nabc\r\n');
    assert.match((await client.answer('c')).status, /APPENDUID \d+ 2/);
    client.send('d APPEND INBOX {3+}\r\nabc {3+}\r\nabc\r\n');
    assert.equal((await client.answer('d')).reply.status, 'BAD');
    client.send('e APPEND INBOX {3+}\r\nabc trailing\r\n');
    assert.equal((await client.answer('e')).reply.status, 'BAD');
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.length, 2);
  });

  it('answers a store that fails half way temporarily, and goes on', async (t) => {
    const { login, mailboxes } = await startImap(t);
    const client = await login();
    mailboxes.before = (call) => {
      if (call === 'execute') throw new ServiceUnavailable('the log is late');
    };
    assert.equal((await client.append('INBOX', 'hello')).status, 'NO [UNAVAILABLE]');
    mailboxes.failWrites = true;
    client.send(`a APPEND INBOX {300000}\r\n`);
    assert.equal((await client.next()).kind, 'continuation');
    client.send('y'.repeat(300_000));
    client.send('\r\nb NOOP\r\n');
    assert.equal((await client.answer('a')).status, 'NO [UNAVAILABLE]');
    assert.equal((await client.answer('b')).status, 'OK');
  });
});
