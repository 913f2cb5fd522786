import assert from 'node:assert/strict';
import { test } from 'node:test';
import nodemailer from 'nodemailer';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import { contentOf } from './support/fake-services.ts';
import { base64, plain, sendMessage, startSmtp } from './support/smtp-fixture.ts';

const stranger = '192.0.2.7';
const behindProxy = { mode: 'submission', proxies: ['127.0.0.1'] } as const;

for (const method of ['PLAIN', 'LOGIN'] as const) {
  for (const implicitTls of [false, true]) {
    test(`nodemailer submits with AUTH ${method} over ${implicitTls ? 'TLS' : 'STARTTLS'}`, async (t) => {
      const { services, listener } = await startSmtp(t, { mode: 'submission', implicitTls });
      const transport = nodemailer.createTransport({
        host: '127.0.0.1',
        port: listener.port,
        secure: implicitTls,
        requireTLS: true,
        auth: { user: 'alice', pass: 'open sesame' },
        authMethod: method,
        tls: { rejectUnauthorized: false },
      });
      await transport.sendMail({
        from: 'alice@example.test',
        to: 'bob@example.test',
        subject: 'x',
        text: 'hello',
      });
      transport.close();
      const envelope = services.messages[0]?.envelope;
      assert.match(contentOf(services.messages[0]), /\r\n\r\nhello\r\n$/);
      assert.equal(envelope?.protocol, 'ESMTPSA');
      assert.deepEqual(envelope?.authenticated, { accountId: 'alice', name: 'alice@example.test' });
      assert.match(envelope?.tls?.version ?? '', /^TLSv1\.[23]$/);
      assert.match(envelope?.traceHeader ?? '', /with ESMTPSA id message-1\r\n.*tls TLS_[A-Z0-9_]+;/s);
      const { facts, info } = services.sessions[0] ?? assert.fail();
      assert.equal(info.implicitTls, implicitTls);
      assert.equal(info.protocol, 'submission');
      assert.ok(facts.some((fact) => fact.type === 'TlsEstablished' && fact.version.startsWith('TLSv1.')));
      assert.ok(facts.some((fact) => fact.type === 'Authenticated' && fact.mechanism === method));
    });
  }
}

test('without a login MAIL is refused with 530 5.7.0', async (t) => {
  const { hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  assert.equal(await client.command('MAIL FROM:<alice@example.test>'), '530 5.7.0 Authentication required');
});

test('in clear from elsewhere AUTH is neither announced nor accepted', async (t) => {
  const { services, connect } = await startSmtp(t, behindProxy);
  const client = await connect({ as: stranger });
  await client.reply();
  assert.doesNotMatch(await client.command('EHLO me'), /AUTH/);
  assert.match(await client.command(`AUTH PLAIN ${plain('alice', 'open sesame')}`), /^538 5\.7\.11 /);
  assert.match(await client.command('AUTH LOGIN'), /^538 5\.7\.11 /);
  assert.match(await client.command('MAIL FROM:<alice@example.test>'), /^530 5\.7\.0 .*STARTTLS/);
  assert.deepEqual(services.logins, []);
  assert.match(await client.command('STARTTLS'), /^220 2\.0\.0 /);
  await client.upgrade();
  assert.match(await client.command('EHLO me'), /AUTH PLAIN LOGIN/);
  assert.match(await client.command(`AUTH PLAIN ${plain('alice', 'open sesame')}`), /^235 2\.7\.0 /);
});

test('a loopback connection counts as secured', async (t) => {
  const { hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  assert.match(await client.command('EHLO me'), /AUTH PLAIN LOGIN/);
  assert.match(await client.command(`AUTH PLAIN ${plain('alice', 'open sesame')}`), /^235 /);
  assert.doesNotMatch(await client.command('EHLO me'), /AUTH/);
  assert.match(await sendMessage(client, 'x\r\n'), /^553 5\.7\.1 |^503 /);
});

test('AUTH answers every step, and every malformed one, by RFC 4954', async (t) => {
  const { hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  assert.match(await client.command('AUTH'), /^501 5\.5\.2 /);
  assert.match(await client.command('AUTH SCRAM-SHA-1'), /^504 5\.5\.4 /);
  assert.match(await client.command('AUTH PLAIN !!!'), /^501 5\.5\.2 /);
  assert.match(await client.command('AUTH PLAIN ='), /^501 5\.5\.2 /);
  assert.equal(await client.command('AUTH PLAIN'), '334 ');
  assert.match(await client.command('*'), /^501 5\.7\.0 /);
  assert.equal(await client.command('AUTH LOGIN'), '334 VXNlcm5hbWU6');
  assert.equal(await client.command(base64('alice')), '334 UGFzc3dvcmQ6');
  assert.match(await client.command('*'), /^501 5\.7\.0 /);
  assert.equal(await client.command('AUTH PLAIN'), '334 ');
  assert.match(await client.command('A'.repeat(12_300)), /^500 5\.5\.6 /);
  assert.match(await client.command(`auth login ${base64('alice')}`), /^334 /);
  assert.match(await client.command(base64('open sesame')), /^235 2\.7\.0 /);
  assert.match(await client.command('AUTH PLAIN'), /^503 5\.5\.1 /);
});

test('acting as somebody else is a failed login', async (t) => {
  const { hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  assert.match(await client.command(`AUTH PLAIN ${plain('alice', 'open sesame', 'bob')}`), /^535 5\.7\.8 /);
  assert.match(await client.command(`AUTH PLAIN ${plain('alice', 'open sesame', 'alice')}`), /^235 /);
});

test('three failed logins end the connection', async (t) => {
  const { services, hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  const guess = `AUTH PLAIN ${plain('alice', 'guess')}`;
  assert.equal(await client.command(guess), '535 5.7.8 Authentication credentials invalid');
  assert.equal(await client.command(guess), '535 5.7.8 Authentication credentials invalid');
  assert.equal(await client.command(guess), '421 4.7.0 Too many failed logins, closing connection');
  assert.equal(await client.rest(), '');
  const { facts, closed } = services.sessions[0] ?? assert.fail();
  assert.equal(facts.filter((fact) => fact.type === 'AuthenticationFailed').length, 3);
  assert.equal((await closed).reason, 'too many failed logins');
});

test('a throttled login gets 454 4.7.0, and three of them end the connection too', async (t) => {
  const { hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  const guess = `AUTH PLAIN ${plain('flooder', 'x')}`;
  assert.match(await client.command(guess), /^454 4\.7\.0 Too many failed logins lately/);
  assert.match(await client.command(guess), /^454 /);
  assert.match(await client.command(guess), /^421 /);
});

test('a fault of ours at AUTH is 454 4.7.0, never 535', async (t) => {
  const { services, hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  for (const error of [new ServiceUnavailable('view behind'), new TypeError('a bug')]) {
    services.authenticate = async () => {
      throw error;
    };
    assert.equal(
      await client.command(`AUTH PLAIN ${plain('alice', 'open sesame')}`),
      '454 4.7.0 Temporary authentication failure',
    );
  }
});

test('the sender must belong to the account; the null sender of a receipt may pass', async (t) => {
  const { hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  await client.command(`AUTH PLAIN ${plain('alice', 'open sesame')}`);
  assert.match(await client.command('MAIL FROM:<bob@example.test>'), /^553 5\.7\.1 /);
  assert.match(await client.command('MAIL FROM:<Alice@example.test> AUTH=<>'), /^250 /);
  await client.command('RSET');
  assert.match(await client.command('MAIL FROM:<>'), /^250 /);
});

test('a remote recipient gets 550 5.7.1 while there is no way out', async (t) => {
  const { hello } = await startSmtp(t, { mode: 'submission' });
  const client = await hello();
  await client.command(`AUTH PLAIN ${plain('alice', 'open sesame')}`);
  await client.command('MAIL FROM:<alice@example.test>');
  assert.match(await client.command('RCPT TO:<x@elsewhere.example>'), /^550 5\.7\.1 /);
  assert.match(await client.command('RCPT TO:<bob@example.test>'), /^250 /);
});

test('what stands in clear behind STARTTLS is discarded and recorded', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  client.send('STARTTLS\r\nMAIL FROM:<injected@example.org>\r\n');
  assert.match(await client.reply(), /^220 /);
  await client.upgrade();
  assert.match(await client.command('MAIL FROM:<a@example.org>'), /^503 .*EHLO/);
  await client.command('EHLO me');
  assert.match(await client.command('RCPT TO:<alice@example.test>'), /^503 .*MAIL/);
  assert.match(await client.command('STARTTLS'), /^503 /);
  const violations = services.sessions[0]?.facts.filter((fact) => fact.type === 'ProtocolViolated');
  assert.deepEqual(violations, [
    { type: 'ProtocolViolated', what: '34 octets in clear behind STARTTLS, discarded' },
  ]);
});

for (const implicitTls of [false, true]) {
  test(`a handshake that fails is recorded, ${implicitTls ? 'implicit TLS' : 'STARTTLS'}`, async (t) => {
    const { services, connect } = await startSmtp(t, { implicitTls });
    const client = await connect();
    if (!implicitTls) {
      await client.reply();
      await client.command('STARTTLS');
    }
    client.send('this is no ClientHello\r\n');
    await client.rest();
    const { facts, closed } = services.sessions[0] ?? assert.fail();
    await closed;
    assert.ok(facts.some((fact) => fact.type === 'TlsFailed'));
  });
}

test('a handshake that does not come is ended', async (t) => {
  const { services, connect } = await startSmtp(t, { implicitTls: true, tlsHandshakeMsMax: 20 });
  const client = await connect();
  assert.equal(await client.rest(), '');
  const { facts, closed } = services.sessions[0] ?? assert.fail();
  await closed;
  assert.deepEqual(facts, [{ type: 'TlsFailed', reason: 'TLS handshake time-out' }]);
});
