import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inboxId } from '../../events/mailbox.ts';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import { unstuffed } from './support/pop3-client.ts';
import { startPop3 } from './support/pop3-fixture.ts';

const hello = 'From: Bob <bob@example.test>\r\nSubject: Hello\r\n\r\nHow are you?\r\nFine.\r\n';
const dotted = 'Subject: dots\r\n\r\n.\r\n..\r\n.a\r\na.\r\n';

describe('a POP3 session from login to QUIT', () => {
  it('lists, reads, deletes and leaves, with everything on record', async (t) => {
    const { mailboxes, sessions, login, errors } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    mailboxes.deliver('alice', dotted);
    const octets = hello.length + dotted.length;
    const client = await login();
    assert.equal(await client.command('STAT'), `+OK 2 ${octets}`);
    assert.equal(await client.lines('LIST'), `1 ${hello.length}\r\n2 ${dotted.length}\r\n`);
    assert.equal(await client.command('list 2'), `+OK 2 ${dotted.length}`);
    assert.equal(await client.lines('RETR 1'), hello);
    assert.equal(await client.lines('RETR 2'), dotted);
    assert.equal(await client.command('DELE 1'), '+OK Deleted at QUIT');
    assert.equal(await client.command('STAT'), `+OK 1 ${dotted.length}`);
    assert.equal(await client.command('NOOP'), '+OK Nothing done');
    assert.equal(await client.command('QUIT'), '+OK Bye');
    assert.equal(await client.rest(), '');

    const session = sessions[0]!;
    const end = await session.closed;
    assert.equal(end.reason, 'QUIT');
    assert.equal(end.octetsIn, client.socket.bytesWritten);
    assert.equal(end.octetsOut, client.socket.bytesRead);
    assert.deepEqual(
      session.facts.map(({ type }) => type),
      ['Authenticated', 'FolderOpened', 'MessagesRead', 'MessagesRead'],
    );
    assert.deepEqual(
      mailboxes.executed.map(({ command }) => command),
      [
        { type: 'ChangeFlags', folderId: 1, uids: '2', mode: 'add', change: { flags: 1, keywordIds: [] } },
        { type: 'ExpungeMessages', folderId: 1, uids: '1', onlyDeleted: false },
      ],
    );
    assert.equal(mailboxes.openCount, 0);
    assert.deepEqual(errors, []);
  });

  it('serves an empty maildrop', async (t) => {
    const { login } = await startPop3(t);
    const client = await login();
    assert.equal(await client.command('STAT'), '+OK 0 0');
    assert.equal(await client.lines('LIST'), '');
    assert.equal(await client.lines('UIDL'), '');
    assert.equal(await client.command('RETR 1'), '-ERR No such message');
    assert.equal(await client.command('QUIT'), '+OK Bye');
  });

  it('shows the maildrop as it was at login', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    mailboxes.deliver('alice', dotted);
    assert.equal(await client.command('STAT'), `+OK 1 ${hello.length}`);
    assert.equal(await client.command('RETR 2'), '-ERR No such message');
  });

  it('lists more messages than one write takes', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    for (let n = 0; n < 2_100; n++) mailboxes.deliver('alice', 'a\r\n');
    const client = await login();
    const lines = (await client.lines('LIST')).split('\r\n');
    assert.equal(lines.length, 2_101);
    assert.equal(lines[2_099], '2100 3');
  });
});

describe('UIDL', () => {
  it('gives ids that are unique, short, printable, and the same in a later session', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    for (let n = 0; n < 3; n++) mailboxes.deliver('alice', hello);
    const client = await login();
    const ids = (await client.lines('UIDL')).trimEnd().split('\r\n');
    const unique = new Set(ids.map((line) => line.split(' ')[1]));
    assert.equal(unique.size, 3);
    for (const id of unique) assert.match(id ?? '', /^[!-~]{1,70}$/);
    assert.equal(await client.command('UIDL 2'), `+OK ${ids[1]}`);
    await client.command('DELE 1');
    assert.equal(await client.command('UIDL 1'), '-ERR No such message');
    await client.command('QUIT');
    const later = await login();
    const left = (await later.lines('UIDL')).trimEnd().split('\r\n');
    assert.deepEqual(
      left.map((line) => line.split(' ')[1]),
      ids.slice(1).map((line) => line.split(' ')[1]),
    );
  });
});

describe('TOP', () => {
  it('sends the header, the empty line and so many lines', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    mailboxes.deliver('alice', 'Subject: no body\r\n');
    const client = await login();
    const header = hello.slice(0, hello.indexOf('How'));
    assert.equal(await client.lines('TOP 1 0'), header);
    assert.equal(await client.lines('TOP 1 1'), `${header}How are you?\r\n`);
    assert.equal(await client.lines('TOP 1 9999999999'), hello);
    assert.equal(await client.lines('TOP 2 0'), 'Subject: no body\r\n');
    assert.equal(await client.command('TOP 1'), '-ERR TOP needs a message number and a number of lines');
    assert.equal(await client.command('TOP 3 0'), '-ERR No such message');
  });
});

describe('reading', () => {
  it('is on record before the octets leave, as far as it was not read before in the session', async (t) => {
    const { mailboxes, sessions, login } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    const session = sessions[0]!;
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    mailboxes.before = (call) => {
      if (call !== 'recordRead') return;
      isAsked();
      return held;
    };
    client.send('TOP 1 1\r\n');
    await asked;
    const before = client.socket.bytesRead;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(client.socket.bytesRead, before);
    letGo();
    assert.equal(await client.line(), '+OK Top of the message');
    assert.equal(session.flushed, session.facts.length);
    await client.rawLines();
    await client.lines('TOP 1 0');
    await client.lines('TOP 1 1');
    await client.lines('TOP 1 2');
    await client.lines('RETR 1');
    await client.lines('RETR 1');
    await client.lines('TOP 1 50');
    const reads = session.facts.filter((fact) => fact.type === 'MessagesRead');
    assert.deepEqual(
      reads.map(({ uids, part, folderId, accountId }) => [accountId, folderId, uids, part]),
      [
        ['alice', inboxId, '1', 'TOP 1'],
        ['alice', inboxId, '1', 'TOP 2'],
        ['alice', inboxId, '1', 'RETR'],
      ],
    );
  });

  it('does not happen when it cannot be recorded', async (t) => {
    const { mailboxes, login, sessions } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    mailboxes.before = (call) => {
      if (call === 'recordRead') throw new ServiceUnavailable('the log is late');
    };
    assert.equal(await client.command('RETR 1'), '-ERR [SYS/TEMP] Not available now, try again later');
    mailboxes.before = () => undefined;
    assert.equal(await client.lines('RETR 1'), hello);
    assert.equal(sessions[0]!.facts.filter(({ type }) => type === 'MessagesRead').length, 1);
  });

  it('tells what was expunged by others, what was erased, and what cannot be read now', async (t) => {
    const { mailboxes, login, sessions } = await startPop3(t);
    for (let n = 0; n < 3; n++) mailboxes.deliver('alice', hello);
    const client = await login();
    mailboxes.execute('alice', { type: 'ExpungeMessages', folderId: 1, uids: '1', onlyDeleted: false });
    mailboxes.erase('alice', 1, 2);
    assert.equal(await client.command('RETR 1'), '-ERR Another session has deleted the message');
    const erased = '-ERR [SYS/PERM] The content of the message has been erased';
    assert.equal(await client.command('RETR 2'), erased);
    assert.equal(await client.command('TOP 2 0'), erased);
    mailboxes.before = (call) => {
      if (call === 'content') throw new ServiceUnavailable('no view');
    };
    assert.match(await client.command('RETR 3'), /^-ERR \[SYS\/TEMP\] /);
    mailboxes.before = () => undefined;
    assert.equal(await client.lines('RETR 3'), hello);
    // What could not be sent was not read.
    const reads = sessions[0]!.facts.flatMap((fact) => (fact.type === 'MessagesRead' ? [fact.uids] : []));
    assert.deepEqual(reads, ['3']);
    assert.equal(await client.command('STAT'), `+OK 3 ${3 * hello.length}`);
  });

  it('that breaks off in the middle ends the connection without an end that looks whole', async (t) => {
    const { mailboxes, login, sessions, errors } = await startPop3(t);
    const uid = mailboxes.deliver('alice', `Subject: long\r\n\r\n${'0123456789\r\n'.repeat(2_000_000)}`);
    const client = await login('alice', { lazy: true });
    client.send('RETR 1\r\n');
    assert.match(await client.line(), /^\+OK /);
    client.socket.pause();
    mailboxes.erase('alice', 1, uid);
    const octets = await client.rest();
    assert.ok(!octets.includes('\r\n.\r\n'));
    assert.equal((await sessions[0]!.closed).reason, 'a response broke off');
    assert.equal(errors.length, 1);
  });

  it('waits for a client that takes its time', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    const long = `Subject: long\r\n\r\n${'0123456789\r\n'.repeat(500_000)}`;
    mailboxes.deliver('alice', long);
    const client = await login('alice', { lazy: true });
    client.socket.pause();
    client.send('RETR 1\r\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await client.line(), `+OK ${long.length} octets`);
    assert.ok(unstuffed(await client.rawLines()) === long);
  });

  it('gives up a client that takes nothing', async (t) => {
    const { mailboxes, greeted, sessions } = await startPop3(t, { idleMsMax: 100 });
    mailboxes.deliver('alice', `Subject: long\r\n\r\n${'0123456789\r\n'.repeat(2_000_000)}`);
    const client = await greeted({ lazy: true });
    client.socket.pause();
    client.send('USER alice@example.test\r\nPASS open  sesame\r\nRETR 1\r\n');
    const { reason, octetsOut } = await sessions[0]!.closed;
    assert.equal(reason, 'the client takes no more');
    // What the buffers between took, not the message.
    assert.ok(octetsOut < 20_000_000);
  });
});

describe('the maildrop', () => {
  it('is not changed by a connection that drops, and is free again', async (t) => {
    const { mailboxes, login, sessions } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    await client.lines('RETR 1');
    await client.command('DELE 1');
    client.destroy();
    assert.equal((await sessions[0]!.closed).reason, 'closed by the client');
    assert.deepEqual(mailboxes.executed, []);
    assert.equal(mailboxes.openCount, 0);
    const again = await login();
    assert.equal(await again.command('STAT'), `+OK 1 ${hello.length}`);
  });

  it('is as before after RSET', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    await client.lines('RETR 1');
    await client.command('DELE 1');
    assert.equal(await client.command('DELE 1'), '-ERR No such message');
    assert.equal(await client.command('RETR 1'), '-ERR No such message');
    assert.equal(await client.command('STAT'), '+OK 0 0');
    assert.equal(await client.command('RSET'), `+OK 1 messages (${hello.length} octets)`);
    assert.equal(await client.command('STAT'), `+OK 1 ${hello.length}`);
    await client.command('QUIT');
    assert.deepEqual(mailboxes.executed, []);
  });

  it('marks nothing as seen for TOP, nor what was seen before', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    mailboxes.deliver('alice', hello);
    mailboxes.execute('alice', {
      type: 'ChangeFlags',
      folderId: 1,
      uids: '2',
      mode: 'add',
      change: { flags: 1, keywordIds: [] },
    });
    const client = await login();
    await client.lines('TOP 1 5');
    await client.lines('RETR 2');
    await client.command('QUIT');
    assert.deepEqual(mailboxes.executed, []);
  });

  it('tells at QUIT when the change is not known to be durable', async (t) => {
    const { mailboxes, login, sessions, errors } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    await client.command('DELE 1');
    mailboxes.before = (call) => {
      if (call === 'execute') throw new ServiceUnavailable('the log is gone');
    };
    assert.match(await client.command('QUIT'), /^-ERR \[SYS\/TEMP\] /);
    assert.equal(await client.rest(), '');
    assert.equal((await sessions[0]!.closed).reason, 'update failed');
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.length, 1);
    assert.equal(errors.length, 1);
    mailboxes.before = () => undefined;
    await login();
  });

  it('tells at QUIT when the mailbox has been closed', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    await client.command('DELE 1');
    mailboxes.execute('alice', { type: 'CloseMailbox' });
    assert.match(await client.command('QUIT'), /^-ERR \[SYS\/PERM\] /);
  });

  it('leaves alone what others have expunged meanwhile', async (t) => {
    const { mailboxes, login } = await startPop3(t);
    for (let n = 0; n < 3; n++) mailboxes.deliver('alice', hello);
    const client = await login();
    await client.command('DELE 1');
    await client.command('DELE 2');
    mailboxes.execute('alice', { type: 'ExpungeMessages', folderId: 1, uids: '1', onlyDeleted: false });
    assert.equal(await client.command('QUIT'), '+OK Bye');
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.uidAt(0), 3);
  });
});
