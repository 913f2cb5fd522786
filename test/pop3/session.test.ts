import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { limits } from '../../src/limits.ts';
import { startPop3Listener } from '../../src/pop3/listener.ts';
import { startPop3 } from './support/pop3-fixture.ts';

const hello = 'Subject: Hello\r\n\r\nHow are you?\r\n';

describe('CAPA', () => {
  it('lists what there is, before and after login', async (t) => {
    const { greeted, login } = await startPop3(t);
    const client = await greeted();
    const always =
      'TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nIMPLEMENTATION Chancery\r\nUSER\r\nSASL PLAIN\r\n';
    assert.equal(await client.lines('CAPA'), `${always}STLS\r\n`);
    const loggedIn = await login();
    assert.equal(await loggedIn.lines('CAPA'), always);
  });
});

describe('pipelining', () => {
  it('answers commands that come together, in order', async (t) => {
    const { login, mailboxes } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    client.send('STAT\r\nRETR 1\r\nDELE 1\r\nNOOP\r\nQUIT\r\n');
    const rest = await client.rest();
    assert.equal(
      rest,
      `+OK 1 ${hello.length}\r\n+OK ${hello.length} octets\r\n${hello}.\r\n+OK Deleted at QUIT\r\n+OK Nothing done\r\n+OK Bye\r\n`,
    );
    assert.equal(mailboxes.state('alice').folders.get(1)?.messages.length, 0);
  });

  it('answers thousands of commands, and lets others have their turn', async (t) => {
    const { login } = await startPop3(t);
    const client = await login();
    const count = 20_000;
    client.send('NOOP\r\n'.repeat(count));
    client.send('QUIT\r\n');
    const other = await login('bob');
    assert.equal(await other.command('STAT'), '+OK 0 0');
    const rest = await client.rest();
    assert.equal(rest.split('\r\n').length, count + 2);
  });

  it('takes lines that end in LF alone, and lines that come in pieces', async (t) => {
    const { greeted } = await startPop3(t);
    const client = await greeted();
    client.send('NOOP\nCA');
    assert.equal(await client.line(), '-ERR Log in first');
    client.send('PA\r');
    client.send('\n');
    assert.equal(await client.line(), '+OK Capabilities');
  });
});

describe('limits', () => {
  it('skip a line that is too long, however long', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    const { lineOctetsMax } = limits.pop3;
    assert.equal(await client.command(`USER ${'a'.repeat(lineOctetsMax - 7)}`), '+OK Send the password');
    assert.equal(await client.command(`USER ${'a'.repeat(lineOctetsMax - 6)}`), '-ERR Line too long');
    assert.equal(await client.command(`PASS ${'a'.repeat(300_000)}`), '-ERR Line too long');
    assert.equal(await client.command('PASS x'), '-ERR [AUTH] Login or password is wrong');
    assert.deepEqual(sessions[0]!.facts[0], {
      type: 'ProtocolViolated',
      what: 'a line of over 512 octets',
    });
  });

  it('end a session that is idle before login', async (t) => {
    const { greeted, sessions } = await startPop3(t, { beforeLoginMsMax: 30 });
    const client = await greeted();
    assert.equal(await client.rest(), '');
    assert.equal((await sessions[0]!.closed).reason, 'idle for too long');
  });

  it('end a session that is idle after login, without a response and without changes', async (t) => {
    const { greeted, sessions, mailboxes } = await startPop3(t, { idleMsMax: 30 });
    mailboxes.deliver('alice', hello);
    const client = await greeted();
    client.send('USER alice@example.test\r\nPASS open  sesame\r\nDELE 1\r\n');
    assert.match(await client.rest(), /\+OK Deleted at QUIT\r\n$/);
    assert.equal((await sessions[0]!.closed).reason, 'idle for too long');
    assert.deepEqual(mailboxes.executed, []);
  });

  it('give a line its time as a whole, not for each octet', async (t) => {
    const { greeted, sessions } = await startPop3(t, { beforeLoginMsMax: 60 });
    const client = await greeted();
    const drip = setInterval(() => client.send('A'), 5);
    t.after(() => clearInterval(drip));
    await client.rest();
    clearInterval(drip);
    assert.equal((await sessions[0]!.closed).reason, 'idle for too long');
  });

  it('turn away more sessions than there may be', async (t) => {
    const { greeted, connect, sessions } = await startPop3(t, { sessionsMax: 1 });
    const first = await greeted();
    const second = await connect();
    assert.equal(await second.rest(), '-ERR [SYS/TEMP] Too many connections, try again later\r\n');
    assert.deepEqual(sessions[1]!.facts[0], {
      type: 'CommandRefused',
      verb: 'CONNECT',
      code: '-ERR',
      enhanced: 'SYS/TEMP',
      text: 'Too many connections, try again later',
    });
    assert.equal((await sessions[1]!.closed).reason, 'refused: too many sessions');
    await first.command('QUIT');
    await sessions[0]!.closed;
    await greeted();
  });

  it('of sessions per address do not hold for loopback', async (t) => {
    const { greeted } = await startPop3(t, { sessionsPerAddressMax: 1 });
    await greeted();
    await greeted();
  });
});

describe('a listener', () => {
  it('speaks TLS from the first octet where it should', async (t) => {
    const { greeted, login, sessions } = await startPop3(t, { implicitTls: true });
    const client = await greeted({ tls: true });
    assert.doesNotMatch(await client.lines('CAPA'), /STLS/);
    assert.equal(await client.command('STLS'), '-ERR TLS is active already');
    const other = await login('alice', { tls: true });
    assert.equal(await other.command('QUIT'), '+OK Bye');
    assert.equal(sessions[0]!.facts[0]?.type, 'TlsEstablished');
    assert.equal(sessions[0]!.info.implicitTls, true);
  });

  it('turns away in silence over TLS, and survives what is no handshake', async (t) => {
    const { greeted, connect, sessions } = await startPop3(t, { implicitTls: true, sessionsMax: 1 });
    const clear = await connect();
    clear.send('USER alice@example.test\r\n');
    await clear.rest();
    assert.equal((await sessions[0]!.closed).reason, 'TLS handshake failed');
    await greeted({ tls: true });
    const refused = await connect();
    assert.equal(await refused.rest(), '');
    assert.equal(sessions[2]!.facts[0]?.type, 'CommandRefused');
  });

  it('needs a certificate for TLS, and a port that is free', async (t) => {
    const { services, listener } = await startPop3(t);
    const options = { listener: 'x', name: 'x', host: '127.0.0.1', port: listener.port };
    const logger = { error: () => undefined };
    await assert.rejects(startPop3Listener({ ...options, implicitTls: true }, services, logger), RangeError);
    await assert.rejects(startPop3Listener(options, services, logger), { code: 'EADDRINUSE' });
  });

  it('closes: who waits is let go, what is under way may end, nothing marked is changed', async (t) => {
    const { login, listener, mailboxes, sessions } = await startPop3(t, { closeGraceMs: 5_000 });
    mailboxes.deliver('alice', hello);
    mailboxes.deliver('bob', hello);
    const idle = await login('alice');
    await idle.command('DELE 1');
    const busy = await login('bob');
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    mailboxes.before = (call) => {
      if (call !== 'content') return;
      isAsked();
      return held;
    };
    busy.send('RETR 1\r\nDELE 1\r\nQUIT\r\n');
    await asked;
    const closing = listener.close();
    assert.equal(await idle.rest(), '');
    letGo();
    assert.equal(await busy.rest(), `+OK ${hello.length} octets\r\n${hello}.\r\n`);
    await closing;
    for (const { closed } of sessions) assert.equal((await closed).reason, 'listener closed');
    assert.deepEqual(mailboxes.executed, []);
    await assert.rejects(once(connect(listener.port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  });

  it('cuts off at the end of its grace, also in a handshake', async (t) => {
    const { login, greeted, listener, mailboxes } = await startPop3(t, { closeGraceMs: 30 });
    mailboxes.deliver('alice', `Subject: long\r\n\r\n${'0123456789\r\n'.repeat(2_000_000)}`);
    const stalled = await login('alice', { lazy: true });
    stalled.socket.pause();
    stalled.send('RETR 1\r\n');
    const shaking = await greeted();
    await shaking.command('STLS');
    await listener.close();
    assert.equal(mailboxes.openCount, 0);
  });

  it('survives a session that cannot be opened', async (t) => {
    const { connect, errors } = await startPop3(t, {
      openSession: () => {
        throw new Error('no session today');
      },
    });
    const client = await connect();
    assert.equal(await client.rest(), '');
    assert.equal(errors.length, 1);
  });

  it('ends only the session that a bug is in', async (t) => {
    const { login, greeted, mailboxes, errors, sessions } = await startPop3(t);
    mailboxes.deliver('alice', hello);
    const client = await login();
    const other = await greeted();
    mailboxes.before = () => {
      throw new TypeError('a bug');
    };
    assert.equal(await client.command('RETR 1'), '-ERR [SYS/TEMP] Internal error, closing');
    assert.equal(await client.rest(), '');
    assert.equal((await sessions[0]!.closed).reason, 'internal error');
    assert.equal(errors.length, 1);
    assert.match(await other.command('CAPA'), /^\+OK/);
  });
});
