import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import { startPop3 } from './support/pop3-fixture.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const credentials = base64('\0alice@example.test\0open  sesame');

describe('USER and PASS', () => {
  it('log in with every space of the password', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    assert.equal(await client.command('PASS open  sesame'), '-ERR USER comes first');
    assert.equal(await client.command('user alice@example.test'), '+OK Send the password');
    assert.equal(await client.command('pass open  sesame'), '+OK 0 messages (0 octets)');
    const facts = sessions[0]!.facts.filter(
      ({ type }) => type === 'Authenticated' || type === 'FolderOpened',
    );
    assert.deepEqual(facts, [
      {
        type: 'Authenticated',
        mechanism: 'USER',
        accountId: 'alice',
        authenticationId: 'alice@example.test',
      },
      { type: 'FolderOpened', accountId: 'alice', folderId: 1, readOnly: false },
    ]);
    for (const command of ['USER a', 'PASS a', `AUTH PLAIN ${credentials}`, 'STLS'])
      assert.equal(await client.command(command), '-ERR Not after login');
  });

  it('begin again with USER after a password that was wrong', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    await client.command('USER alice@example.test');
    assert.equal(await client.command('PASS open sesame'), '-ERR [AUTH] Login or password is wrong');
    assert.equal(await client.command('PASS open  sesame'), '-ERR USER comes first');
    assert.deepEqual(sessions[0]!.facts[0], {
      type: 'AuthenticationFailed',
      mechanism: 'USER',
      login: 'alice@example.test',
    });
    assert.deepEqual(sessions[0]!.facts[1], {
      type: 'CommandRefused',
      verb: 'PASS',
      code: '-ERR',
      enhanced: 'AUTH',
      text: 'Login or password is wrong',
    });
  });

  it('are UTF-8', async (t) => {
    const { greeted } = await startPop3(t);
    const client = await greeted();
    await client.command('USER \xff');
    assert.equal(await client.command('PASS x'), '-ERR Login and password are UTF-8');
  });
});

describe('AUTH PLAIN', () => {
  it('logs in with an initial response', async (t) => {
    const { greeted } = await startPop3(t);
    const client = await greeted();
    assert.equal(await client.command(`AUTH PLAIN ${credentials}`), '+OK 0 messages (0 octets)');
  });

  it('logs in without one', async (t) => {
    const { greeted } = await startPop3(t);
    const client = await greeted();
    assert.equal(await client.command('AUTH PLAIN'), '+ ');
    assert.equal(await client.command(credentials), '+OK 0 messages (0 octets)');
  });

  it('takes a message that is longer than a command line', async (t) => {
    const { greeted } = await startPop3(t);
    const client = await greeted();
    await client.command('AUTH PLAIN');
    const long = base64(`\0alice@example.test\0${'x'.repeat(2_000)}`);
    assert.equal(await client.command(long), '-ERR [AUTH] Login or password is wrong');
    await client.command('AUTH PLAIN');
    assert.equal(await client.command('x'.repeat(13_000)), '-ERR Line too long');
  });

  it('can be cancelled, and refuses what it cannot do', async (t) => {
    const { greeted } = await startPop3(t);
    const client = await greeted();
    assert.equal(await client.command('AUTH PLAIN'), '+ ');
    assert.equal(await client.command('*'), '-ERR Authentication cancelled');
    assert.equal(await client.command('AUTH PLAIN ='), '-ERR Not a PLAIN message in base64');
    assert.equal(await client.command('AUTH CRAM-MD5'), '-ERR Only PLAIN is supported');
    const other = base64('bob@example.test\0alice@example.test\0open  sesame');
    assert.match(await client.command(`AUTH PLAIN ${other}`), /^-ERR \[AUTH\] Nobody may act/);
    assert.equal(await client.lines('AUTH'), 'PLAIN\r\n');
    const self = base64('alice@example.test\0alice@example.test\0open  sesame');
    assert.match(await client.command(`AUTH PLAIN ${self}`), /^\+OK /);
  });

  it('ends with the client that leaves in its middle', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    await client.command('AUTH PLAIN');
    client.finishSending();
    assert.equal(await client.rest(), '');
    assert.equal((await sessions[0]!.closed).reason, 'closed by the client');
  });
});

describe('a login', () => {
  it('that fails for the third time ends the session', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    for (let n = 0; n < 3; n++) {
      const reply = await client.command(`AUTH PLAIN ${base64('\0alice@example.test\0wrong')}`);
      assert.equal(reply, '-ERR [AUTH] Login or password is wrong');
    }
    assert.equal(await client.rest(), '');
    assert.equal((await sessions[0]!.closed).reason, 'too many failed logins');
    assert.equal(sessions[0]!.facts.filter(({ type }) => type === 'AuthenticationFailed').length, 3);
  });

  it('that fails is answered after a pause', async (t) => {
    const { greeted } = await startPop3(t, { failedLoginDelayMs: 50 });
    const client = await greeted();
    const began = performance.now();
    await client.command(`AUTH PLAIN ${base64('\0alice@example.test\0wrong')}`);
    // Timers may be a millisecond early.
    assert.ok(performance.now() - began >= 48);
  });

  it('that is slowed down says that it is not the password', async (t) => {
    const { greeted, sessions } = await startPop3(t, {
      answer: () => ({ kind: 'throttled', retryAfterMs: 1_000 }),
    });
    const client = await greeted();
    const reply = await client.command(`AUTH PLAIN ${credentials}`);
    assert.equal(reply, '-ERR [LOGIN-DELAY] Too many failed logins, try again later');
    assert.ok(sessions[0]!.facts.every(({ type }) => type !== 'AuthenticationFailed'));
  });

  it('finds the maildrop in use as long as another session holds it', async (t) => {
    const { login, greeted, mailboxes, sessions } = await startPop3(t);
    const first = await login();
    const second = await greeted();
    const inUse = '-ERR [IN-USE] Another session holds the maildrop';
    assert.equal(await second.command(`AUTH PLAIN ${credentials}`), inUse);
    assert.equal(await second.command('STAT'), '-ERR Log in first');
    await login('bob');
    await first.command('QUIT');
    assert.match(await second.command(`AUTH PLAIN ${credentials}`), /^\+OK /);
    assert.equal(mailboxes.openCount, 2);
    assert.equal((await sessions[0]!.closed).reason, 'QUIT');
  });

  for (const call of ['open', 'current'] as const) {
    it(`is refused for now when the mailbox cannot answer (${call}), and holds nothing`, async (t) => {
      const { greeted, mailboxes, services, errors } = await startPop3(t);
      const client = await greeted();
      mailboxes.before = (each) => {
        if (each === call) throw new ServiceUnavailable('the view is late');
      };
      const reply = await client.command(`AUTH PLAIN ${credentials}`);
      assert.equal(reply, '-ERR [SYS/TEMP] Not available now, try again later');
      assert.equal(services.heldMaildrops.size, 0);
      assert.equal(mailboxes.openCount, 0);
      assert.equal(errors.length, 1);
      mailboxes.before = () => undefined;
      assert.match(await client.command(`AUTH PLAIN ${credentials}`), /^\+OK /);
    });
  }
});

describe('STLS', () => {
  it('secures the session and forgets what was said in clear', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    assert.match(await client.lines('CAPA'), /^STLS\r$/m);
    await client.command('USER alice@example.test');
    assert.equal(await client.command('STLS'), '+OK Begin TLS');
    await client.startTls();
    assert.equal(await client.command('PASS open  sesame'), '-ERR USER comes first');
    assert.equal(await client.command('STLS'), '-ERR TLS is active already');
    assert.doesNotMatch(await client.lines('CAPA'), /STLS/);
    assert.match(await client.command(`AUTH PLAIN ${credentials}`), /^\+OK /);
    assert.equal(await client.command('QUIT'), '+OK Bye');
    const fact = sessions[0]!.facts[0]!;
    assert.ok(fact.type === 'TlsEstablished');
    assert.match(fact.version, /^TLSv1\.[23]$/);
    assert.equal(fact.serverName, 'pop.example.test');
    assert.equal((await sessions[0]!.closed).reason, 'QUIT');
  });

  it('discards what was injected behind it', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    const injected = `AUTH PLAIN ${credentials}\r\nDELE 1\r\nQUIT\r\n`;
    client.send(`STLS\r\n${injected}`);
    assert.equal(await client.line(), '+OK Begin TLS');
    await client.startTls();
    assert.equal(await client.command('STAT'), '-ERR Log in first');
    assert.deepEqual(sessions[0]!.facts[0], {
      type: 'ProtocolViolated',
      what: `${injected.length} octets in clear behind STLS, discarded`,
    });
  });

  it('puts a handshake that fails on record, and the server goes on', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    await client.command('STLS');
    client.send('this is no ClientHello\r\n');
    await client.rest();
    assert.equal((await sessions[0]!.closed).reason, 'TLS handshake failed');
    assert.equal(sessions[0]!.facts[0]?.type, 'TlsFailed');
    await greeted();
  });

  it('does not wait for a handshake of a client that has closed its side', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const behind = await greeted();
    behind.send('STLS\r\n');
    behind.finishSending();
    assert.equal(await behind.rest(), '+OK Begin TLS\r\n');
    const later = await greeted();
    await later.command('STLS');
    later.finishSending();
    await later.rest();
    for (const { closed } of sessions) assert.equal((await closed).reason, 'TLS handshake failed');
  });

  it('waits for a handshake only so long', async (t) => {
    const { greeted, sessions } = await startPop3(t, { tlsHandshakeMsMax: 30 });
    const client = await greeted();
    await client.command('STLS');
    await client.rest();
    assert.deepEqual(sessions[0]!.facts[0], { type: 'TlsFailed', reason: 'TLS handshake time-out' });
  });

  it('is not offered without a certificate', async (t) => {
    const { greeted } = await startPop3(t, { tls: undefined });
    const client = await greeted();
    assert.doesNotMatch(await client.lines('CAPA'), /STLS/);
    assert.equal(await client.command('STLS'), '-ERR TLS is not available');
  });
});

describe('a password', () => {
  it('is not taken in clear from another machine, and is over TLS', async (t) => {
    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    if (outside === undefined) {
      t.diagnostic('this machine has no address beside loopback: nothing to connect from');
      return;
    }
    const { greeted } = await startPop3(t, { host: '0.0.0.0' });
    const client = await greeted({ host: outside });
    const capabilities = await client.lines('CAPA');
    assert.doesNotMatch(capabilities, /USER|SASL/);
    assert.match(capabilities, /^STLS\r$/m);
    const needsTls = '-ERR Start TLS first: passwords are not taken in clear';
    assert.equal(await client.command('USER alice@example.test'), needsTls);
    assert.equal(await client.command(`AUTH PLAIN ${credentials}`), needsTls);
    assert.equal(await client.lines('AUTH'), '');
    await client.command('STLS');
    await client.startTls();
    assert.match(await client.lines('CAPA'), /^USER\r\nSASL PLAIN\r$/m);
    assert.match(await client.command(`AUTH PLAIN ${credentials}`), /^\+OK /);
  });
});
