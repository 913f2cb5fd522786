import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import { fetchItems } from '../support/imap-response-parser.ts';
import { generateNastyMessages } from '../support/nasty-messages.ts';
import { type Answer, textOf } from './support/imap-client.ts';
import { startImap } from './support/imap-fixture.ts';

const mixed = [
  'From: Bob <bob@example.test>',
  'To: alice@example.test',
  'Subject: Parts',
  'X-Long: one',
  ' two',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  'preamble',
  '--b',
  'Content-Type: text/plain',
  '',
  'first part',
  '--b',
  'Content-Type: message/rfc822',
  '',
  'Subject: Inner',
  '',
  'inner body',
  '--b--',
  '',
].join('\r\n');

function items(answer: Answer, number = 0) {
  const response = answer.data('FETCH')[number];
  assert.ok(response, `no FETCH response ${number} in ${answer.octets}`);
  return fetchItems(response);
}

const names = (answer: Answer): string[] =>
  answer.untagged.map((each) => ('name' in each ? each.name : each.kind));

describe('SELECT and EXAMINE', () => {
  it('tell what a client has to know', async (t) => {
    const { mailboxes, login } = await startImap(t);
    for (let n = 0; n < 3; n += 1) mailboxes.deliver('alice', mixed);
    const client = await login();
    const selected = await client.command('SELECT INBOX');
    const codes = selected.untagged.flatMap((each) => (each.kind === 'status' ? [each.code] : []));
    assert.deepEqual(codes.slice(0, 2), [
      'PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)',
      'UNSEEN 1',
    ]);
    assert.match(codes[2] ?? '', /^UIDVALIDITY \d+$/);
    assert.equal(codes[3], 'UIDNEXT 4');
    assert.equal(selected.data('RECENT')[0]?.number, 3);
    const examined = await client.command('EXAMINE INBOX');
    assert.equal(examined.status, 'OK [READ-ONLY]');
    assert.equal(examined.data('RECENT')[0]?.number, 0);
  });

  it('leave nothing selected when they fail', async (t) => {
    const { select } = await startImap(t);
    const client = await select();
    assert.equal((await client.command('SELECT Nowhere')).status, 'NO [NONEXISTENT]');
    assert.equal((await client.command('FETCH 1 FLAGS')).reply.status, 'BAD');
  });

  it('claim recent messages only for a session that may write', async (t) => {
    const { mailboxes, login, select } = await startImap(t);
    mailboxes.deliver('alice', mixed);
    const reader = await login();
    assert.equal((await reader.command('EXAMINE INBOX')).data('RECENT')[0]?.number, 1);
    const first = await select();
    const second = await login();
    assert.equal((await second.command('SELECT INBOX')).data('RECENT')[0]?.number, 0);
    mailboxes.deliver('alice', mixed);
    const told = await first.command('NOOP');
    assert.deepEqual(names(told), ['EXISTS', 'RECENT']);
    assert.equal(told.data('RECENT')[0]?.number, 2);
    assert.equal((await second.command('NOOP')).data('RECENT')[0]?.number, 0);
    assert.deepEqual((await first.command('SEARCH RECENT')).octets.match(/"text":"\d"/g)?.length, 2);
    assert.deepEqual((await second.command('SEARCH RECENT')).data('SEARCH')[0]?.values, []);
  });
});

describe('FETCH', () => {
  it('gives every section and partial range as it stands in the message', async (t) => {
    const { mailboxes, select } = await startImap(t);
    mailboxes.deliver('alice', mixed);
    const client = await select();
    const section = async (name: string): Promise<string | null> => {
      const answer = await client.command(`FETCH 1 BODY.PEEK${name}`);
      assert.equal(answer.status, 'OK', name);
      const [value] = [...items(answer).values()];
      return textOf(value);
    };
    const bodyStart = mixed.indexOf('preamble');
    assert.equal(await section('[]'), mixed);
    assert.equal(await section('[HEADER]'), mixed.slice(0, bodyStart));
    assert.equal(await section('[TEXT]'), mixed.slice(bodyStart));
    assert.equal(await section('[1]'), 'first part');
    assert.equal(await section('[1.MIME]'), 'Content-Type: text/plain\r\n\r\n');
    assert.equal(await section('[2]'), 'Subject: Inner\r\n\r\ninner body');
    assert.equal(await section('[2.HEADER]'), 'Subject: Inner\r\n\r\n');
    assert.equal(await section('[2.TEXT]'), 'inner body');
    assert.equal(await section('[2.1]'), 'inner body');
    assert.equal(await section('[9]'), '');
    assert.equal(
      await section('[HEADER.FIELDS (SUBJECT x-long)]'),
      'Subject: Parts\r\nX-Long: one\r\n two\r\n\r\n',
    );
    assert.match((await section('[HEADER.FIELDS.NOT (subject)]')) ?? '', /^From: Bob.*b\r\n\r\n$/s);
    assert.equal(await section('[]<5.7>'), mixed.slice(5, 12));
    assert.equal(await section('[]<100000.7>'), '');
    assert.equal(await section('[HEADER.FIELDS (SUBJECT)]<2.4>'), 'Subject: Parts\r\n\r\n'.slice(2, 6));
    const old = await client.command('FETCH 1 (RFC822.HEADER RFC822.TEXT RFC822)');
    assert.equal(textOf(items(old).get('RFC822')), mixed);
    const partial = await client.command('FETCH 1 BODY[]<5.7>');
    assert.equal(textOf(items(partial).get('BODY[]<5>')), mixed.slice(5, 12));
  });

  it('tells envelope, structure and macros', async (t) => {
    const { mailboxes, select } = await startImap(t);
    mailboxes.deliver('alice', mixed, Date.UTC(2024, 1, 3, 4, 5, 6));
    const client = await select();
    const all = items(await client.command('FETCH 1 ALL'));
    assert.deepEqual([...all.keys()], ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']);
    assert.equal(textOf(all.get('INTERNALDATE')), ' 3-Feb-2024 04:05:06 +0000');
    const full = items(await client.command('FETCH 1 (BODY BODYSTRUCTURE)'));
    assert.ok(JSON.stringify(full.get('BODYSTRUCTURE')).includes('"Inner"'));
    const byUid = items(await client.command('UID FETCH 1:* FLAGS'));
    assert.deepEqual([...byUid.keys()], ['UID', 'FLAGS']);
  });

  it('sets \\Seen with the bodies it gives, and says so, unless it peeks or may not', async (t) => {
    const { mailboxes, select, login } = await startImap(t);
    mailboxes.deliver('alice', mixed);
    const client = await select();
    await client.command('FETCH 1 (BODY.PEEK[] RFC822.HEADER)');
    const reader = await login();
    await reader.command('EXAMINE INBOX');
    await reader.command('FETCH 1 BODY[]');
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.flagsAt(0), 0);
    const read = await client.command('FETCH 1 BODY[TEXT]');
    assert.deepEqual([...items(read).keys()], ['BODY[TEXT]', 'FLAGS']);
    assert.equal(read.data('FETCH').length, 1);
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.flagsAt(0), 1);
  });

  it('puts the first read of a part on record before its octets leave', async (t) => {
    const { mailboxes, select, sessions } = await startImap(t);
    for (let n = 0; n < 3; n += 1) mailboxes.deliver('alice', mixed);
    const client = await select();
    const reads = () => sessions[0]?.facts.filter((fact) => fact.type === 'MessagesRead') ?? [];
    await client.command('FETCH 1:2 (ENVELOPE BODYSTRUCTURE RFC822.SIZE)');
    assert.deepEqual(reads(), []);
    await client.command('FETCH 1:2 BODY.PEEK[1]');
    await client.command('FETCH 1:3 (BODY.PEEK[1] BODY.PEEK[HEADER.FIELDS (To From)])');
    await client.command('FETCH 1:3 (BODY.PEEK[1] BODY[HEADER.FIELDS (From To)])');
    assert.deepEqual(
      reads().map((fact) => [fact.uids, fact.part]),
      [
        ['1:2', 'BODY[1]'],
        ['1:3', 'BODY[1] BODY[HEADER.FIELDS (FROM TO)]'],
      ],
    );
    mailboxes.before = (call) => {
      if (call === 'recordRead') throw new ServiceUnavailable('the log is late');
    };
    const refused = await client.command('FETCH 1 BODY[]');
    assert.equal(refused.status, 'NO [UNAVAILABLE]');
    assert.deepEqual(refused.data('FETCH'), []);
  });

  it('refuses what there is not, and passes over UIDs that there are not', async (t) => {
    const { mailboxes, select } = await startImap(t);
    const empty = await select();
    assert.equal((await empty.command('FETCH 1:* FLAGS')).status, 'OK');
    mailboxes.deliver('alice', mixed);
    await empty.command('NOOP');
    assert.equal((await empty.command('FETCH 2 FLAGS')).reply.status, 'BAD');
    assert.equal((await empty.command('UID FETCH 5:9 FLAGS')).status, 'OK');
    assert.equal((await empty.command('UID FETCH 5:* FLAGS')).data('FETCH').length, 1);
    assert.equal((await empty.command('FETCH 1 MODSEQ')).reply.status, 'BAD');
    assert.equal((await empty.command('FETCH 1 FLAGS (CHANGEDSINCE 1)')).reply.status, 'BAD');
    assert.equal((await empty.command('FETCH $ FLAGS')).reply.status, 'BAD');
  });

  it('shows an erased message without content and goes on', async (t) => {
    const { mailboxes, select } = await startImap(t);
    mailboxes.deliver('alice', mixed);
    mailboxes.deliver('alice', mixed);
    mailboxes.erase('alice', 1, 1);
    const client = await select();
    const answer = await client.command('FETCH 1:2 (ENVELOPE BODYSTRUCTURE BODY.PEEK[] RFC822.SIZE)');
    assert.equal(answer.status, 'OK');
    assert.equal(textOf(items(answer, 0).get('BODY[]')), null);
    assert.equal(textOf(items(answer, 1).get('BODY[]')), mixed);
    assert.deepEqual((await client.command('SEARCH TEXT inner')).data('SEARCH')[0]?.values, [
      { kind: 'atom', text: '2' },
    ]);
  });

  it('gives back the nastiest messages octet for octet, NUL as 0x80', async (t) => {
    const { mailboxes, select, errors } = await startImap(t);
    const messages = generateNastyMessages(3, 60);
    const client = await select();
    for (const { bytes, name } of messages) {
      const appended = await client.append('INBOX', bytes);
      assert.match(appended.status, /^OK \[APPENDUID /, name);
    }
    const answer = await client.command(
      'FETCH 1:* (UID RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[1])',
    );
    assert.equal(answer.status, 'OK');
    assert.equal(answer.data('FETCH').length, messages.length);
    for (const [n, { name, bytes }] of messages.entries()) {
      const text = Buffer.from(bytes).toString('latin1');
      assert.equal(textOf(items(answer, n).get('BODY[]')), text.replaceAll('\0', '\x80'), name);
      assert.equal(textOf(items(answer, n).get('RFC822.SIZE')), String(bytes.length), name);
      assert.deepEqual(Buffer.from(mailboxes.octets('alice', 1, n + 1)), Buffer.from(bytes), name);
    }
    assert.deepEqual(errors(), []);
  });
});
