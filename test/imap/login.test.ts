import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { limits } from '../../src/limits.ts';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import type { ImapClient, Status } from './support/imap-client.ts';
import { startImap } from './support/imap-fixture.ts';

const plain = (login: string, password: string, authorizationId = ''): string =>
  Buffer.from(`${authorizationId}\0${login}\0${password}`).toString('base64');
const alice = plain('alice@example.test', 'open sesame');

async function greeting(client: ImapClient): Promise<Status> {
  const response = await client.next();
  assert.ok(response.kind === 'status');
  return response;
}

describe('login', () => {
  it('takes LOGIN with literals, and PLAIN with and without an initial response', async (t) => {
    const { connect, sessions } = await startImap(t);
    const one = await connect();
    await greeting(one);
    one.send('a LOGIN {18+}\r\nalice@example.test {11}\r\n');
    assert.equal((await one.next()).kind, 'continuation');
    one.send('open sesame\r\n');
    assert.match((await one.answer('a')).status, /^OK \[CAPABILITY/);
    assert.equal((await one.command('LOGIN a b')).reply.status, 'BAD');
    const two = await connect();
    await greeting(two);
    assert.match((await two.command(`AUTHENTICATE PLAIN ${alice}`)).status, /^OK/);
    const three = await connect();
    await greeting(three);
    three.send('a AUTHENTICATE PLAIN\r\n');
    assert.deepEqual(await three.next(), { kind: 'continuation', text: '' });
    three.send(`${alice}\r\n`);
    assert.match((await three.answer('a')).status, /^OK/);
    assert.deepEqual(sessions[1]?.facts, [
      {
        type: 'Authenticated',
        mechanism: 'PLAIN',
        accountId: 'alice',
        authenticationId: 'alice@example.test',
      },
    ]);
  });

  it('can be cancelled and refused, and ends the connection at the third failure', async (t) => {
    const { connect, sessions } = await startImap(t);
    const client = await connect();
    await greeting(client);
    client.send('a AUTHENTICATE PLAIN\r\n*\r\n');
    assert.equal((await client.answer('a')).reply.status, 'BAD');
    client.send('b AUTHENTICATE PLAIN\r\n!\r\n');
    assert.equal((await client.answer('b')).reply.status, 'BAD');
    assert.equal((await client.command('AUTHENTICATE CRAM-MD5')).status, 'NO [CANNOT]');
    assert.equal(
      (await client.command('LOGIN alice@example.test wrong')).status,
      'NO [AUTHENTICATIONFAILED]',
    );
    const forBob = plain('alice@example.test', 'open sesame', 'bob@example.test');
    assert.equal((await client.command(`AUTHENTICATE PLAIN ${forBob}`)).status, 'NO [AUTHORIZATIONFAILED]');
    assert.equal((await client.command('LOGIN nobody pass')).status, 'NO [AUTHENTICATIONFAILED]');
    assert.match(await client.rest(), /^\* BYE /);
    assert.equal((await sessions[0]?.closed)?.reason, 'too many failed logins');
    const failures = sessions[0]?.facts.filter(({ type }) => type === 'AuthenticationFailed');
    assert.equal(failures?.length, 3);
  });

  it('is temporarily refused where logins are slowed down or a service fails', async (t) => {
    const { connect, mailboxes } = await startImap(t, {
      answer: (login) => (login === 'slow' ? { kind: 'throttled', retryAfterMs: 5 } : undefined),
    });
    const client = await connect();
    await greeting(client);
    assert.equal((await client.command('LOGIN slow pass')).status, 'NO [UNAVAILABLE]');
    mailboxes.before = () => {
      throw new ServiceUnavailable('the log is late');
    };
    assert.equal((await client.command('LOGIN alice@example.test "open sesame"')).status, 'NO [UNAVAILABLE]');
    mailboxes.before = () => undefined;
    assert.match((await client.command('LOGIN alice@example.test "open sesame"')).status, /^OK/);
  });

  it('is needed before anything else', async (t) => {
    const { connect, sessions } = await startImap(t);
    const client = await connect();
    await greeting(client);
    for (const command of ['SELECT INBOX', 'LIST "" *', 'FETCH 1 FLAGS', 'IDLE', 'ENABLE X']) {
      assert.equal((await client.command(command)).reply.status, 'BAD', command);
    }
    assert.equal((await client.append('INBOX', 'x')).reply.status, 'BAD');
    assert.deepEqual(sessions[0]?.facts[0], {
      type: 'CommandRefused',
      verb: 'SELECT',
      code: 'BAD',
      text: 'Log in first',
    });
    assert.equal((await client.command('NOOP')).status, 'OK');
  });
});

describe('TLS', () => {
  it('begins with STARTTLS, and what was injected before it is dropped', async (t) => {
    const { connect, sessions } = await startImap(t);
    const client = await connect();
    assert.match((await greeting(client)).code ?? '', / STARTTLS AUTH=PLAIN$/);
    client.send('a STARTTLS\r\nb LOGIN alice@example.test "open sesame"\r\n');
    assert.equal((await client.answer('a')).status, 'OK');
    await client.startTls();
    const capability = await client.command('CAPABILITY');
    assert.doesNotMatch(capability.octets, /STARTTLS/);
    assert.match((await client.command(`AUTHENTICATE PLAIN ${alice}`)).status, /^OK/);
    assert.equal((await client.command('STARTTLS')).reply.status, 'BAD');
    const facts = sessions[0]?.facts.map(({ type }) => type);
    assert.deepEqual(facts?.slice(0, 3), ['ProtocolViolated', 'TlsEstablished', 'Authenticated']);
  });

  it('is there from the first octet where the listener says so', async (t) => {
    const { connect, sessions } = await startImap(t, { implicitTls: true });
    const client = await connect({ tls: true });
    assert.match((await greeting(client)).code ?? '', / AUTH=PLAIN$/);
    assert.equal((await client.command('LOGOUT')).status, 'OK');
    assert.ok(sessions[0]?.facts.some(({ type }) => type === 'TlsEstablished'));
    const wrong = await connect();
    wrong.send('a NOOP\r\n');
    await wrong.rest();
    await sessions[1]?.closed;
    assert.equal(sessions[1]?.facts[0]?.type, 'TlsFailed');
  });

  it('is needed for a login from another machine', async (t) => {
    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    if (outside === undefined) return t.diagnostic('this machine has no address but loopback');
    const { connect } = await startImap(t, { host: '0.0.0.0' });
    const client = await connect({ host: outside, localAddress: outside });
    assert.match((await greeting(client)).code ?? '', / STARTTLS LOGINDISABLED$/);
    const refused = await client.command('LOGIN alice@example.test "open sesame"');
    assert.equal(refused.status, 'NO [PRIVACYREQUIRED]');
  });
});

describe('the limits of a listener', () => {
  it('holds sessions and their time, and says BYE', async (t) => {
    const { connect, login, sessions } = await startImap(t, {
      sessionsMax: 2,
      beforeLoginMsMax: 60,
      idleMsMax: 150,
      sweepMs: 10,
    });
    const silent = await connect();
    const reader = await login();
    const third = await connect();
    assert.match(await third.rest(), /^\* BYE \[UNAVAILABLE\] Too many connections\r\n$/);
    assert.match(await silent.rest(), /\* BYE Autologout/);
    reader.send('a IDLE\r\n');
    assert.match(await reader.rest(), /\+ idling\r\n\* BYE Autologout/);
    assert.equal((await sessions[0]?.closed)?.reason, 'idle');
  });

  it('ends a session of nothing but bad commands, and one that floods', async (t) => {
    const { connect, sessions } = await startImap(t);
    const client = await connect();
    await greeting(client);
    client.send('x\r\n'.repeat(limits.imap.badCommandsMax));
    assert.match(await client.rest(), /\* BYE Too many bad commands\r\n$/);
    const flooding = await connect();
    await greeting(flooding);
    flooding.send('y'.repeat(200_000));
    assert.match(await flooding.rest(), /\* BYE /);
    assert.equal((await sessions[1]?.closed)?.reason, 'too much input that is no command');
  });

  it('ends all sessions when it closes', async (t) => {
    const { listener, login, sessions, mailboxes } = await startImap(t);
    const idling = await login();
    idling.send('a IDLE\r\n');
    await idling.next();
    const waiting = await login();
    await listener.close();
    assert.match(await idling.rest(), /^\* BYE Server shutting down\r\n$/);
    assert.match(await waiting.rest(), /^\* BYE Server shutting down\r\n$/);
    assert.equal((await sessions[0]?.closed)?.reason, 'listener closed');
    assert.equal(mailboxes.openCount, 0);
  });
});

describe('a fault of ours', () => {
  it('is NO [SERVERBUG] and logged, and the session goes on', async (t) => {
    const { select, mailboxes, errors } = await startImap(t);
    const client = await select();
    mailboxes.before = () => {
      throw new TypeError('a bug');
    };
    assert.equal((await client.command('LIST "" *')).status, 'NO [SERVERBUG]');
    mailboxes.before = () => {
      throw new ServiceUnavailable('the log is late');
    };
    assert.equal((await client.command('NOOP')).status, 'NO [UNAVAILABLE]');
    assert.equal((await client.command('STATUS INBOX (MESSAGES)')).status, 'NO [UNAVAILABLE]');
    mailboxes.before = () => undefined;
    assert.equal((await client.command('NOOP')).status, 'OK');
    assert.equal(errors().length, 3);
  });

  it('ends a session that idles when nobody knows the mailbox any more', async (t) => {
    const { select, mailboxes } = await startImap(t);
    const client = await select();
    client.send('a IDLE\r\n');
    await client.next();
    mailboxes.before = () => {
      throw new ServiceUnavailable('the log is late');
    };
    mailboxes.deliver('alice', 'x');
    assert.match(await client.rest(), /^\* BYE The mailbox is not available now/);
  });

  it('cuts the connection when a message is erased while it leaves', async (t) => {
    const { select, mailboxes, sessions } = await startImap(t);
    mailboxes.deliver('alice', 'z'.repeat(3_000_000));
    const client = await select();
    client.socket.pause();
    client.send('a FETCH 1 BODY.PEEK[]\r\n');
    while (!sessions[0]?.facts.some(({ type }) => type === 'MessagesRead')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    mailboxes.erase('alice', 1, 1);
    client.socket.resume();
    const rest = await client.rest();
    assert.ok(rest.length < 3_000_000 && !rest.includes('\r\na '));
    assert.match((await sessions[0]?.closed)?.reason ?? '', /middle of a literal/);
  });
});
