import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentOf } from './support/fake-services.ts';
import { sendMessage, startSmtp, toAlice } from './support/smtp-fixture.ts';

const stranger = '192.0.2.7';
const proxies = ['127.0.0.1'];

test('a session records its peer, what it said, each refusal as sent, and how it ended', async (t) => {
  const { services, hello, listener } = await startSmtp(t, { proxies, earlyTalkerPauseMs: 0 });
  const client = await hello({ as: stranger });
  await client.command('MAIL FROM:<a@example.org>');
  await client.command('RCPT TO:<nobody@example.test>');
  await client.command('AUTH PLAIN');
  await client.command('QUIT');
  const { info, facts, closed } = services.sessions[0] ?? assert.fail();
  assert.deepEqual(info.peer, { address: stranger, port: 40000 });
  assert.equal(info.proxy?.address, '127.0.0.1');
  assert.deepEqual(info.local, { address: '127.0.0.1', port: listener.port });
  assert.deepEqual([info.listener, info.protocol, info.implicitTls], ['test', 'smtp', false]);
  assert.deepEqual(facts, [
    { type: 'ClientIdentified', verb: 'EHLO', name: 'client.example.org' },
    {
      type: 'CommandRefused',
      verb: 'RCPT',
      code: '550',
      enhanced: '5.1.1',
      text: 'No such mailbox here',
    },
    { type: 'CommandRefused', verb: 'AUTH', code: '502', enhanced: '5.5.1', text: 'Command not implemented' },
  ]);
  const { reason, octetsIn, octetsOut } = await closed;
  assert.equal(reason, 'QUIT');
  assert.equal(
    octetsIn,
    'EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<nobody@example.test>\r\nAUTH PLAIN\r\nQUIT\r\n'
      .length,
  );
  assert.ok(octetsOut > 150);
});

test('a session that the client just ends is recorded as that', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  client.end();
  assert.equal((await services.sessions[0]?.closed)?.reason, 'closed by the peer');
});

test('an unknown peer that talks before the greeting is refused', async (t) => {
  const { services, connect } = await startSmtp(t, { proxies, earlyTalkerPauseMs: 60_000 });
  const client = await connect({ as: stranger });
  client.send('EHLO me\r\n');
  assert.equal(await client.rest(), '554 5.5.1 Talked before the greeting\r\n');
  const { facts, closed } = services.sessions[0] ?? assert.fail();
  assert.equal((await closed).reason, 'early talker');
  assert.deepEqual(facts[0], { type: 'ProtocolViolated', what: 'talked before the greeting' });
});

test('an unknown peer that waits is greeted', async (t) => {
  const { connect } = await startSmtp(t, { proxies, earlyTalkerPauseMs: 5 });
  const client = await connect({ as: stranger });
  assert.match(await client.reply(), /^220 /);
});

test('nobody else waits for the greeting: not loopback, not a trusted network, not submission', async (t) => {
  const pause = { proxies, earlyTalkerPauseMs: 60_000 };
  const mx = await startSmtp(t, { ...pause, trustedNetworks: ['192.0.2.0/24'] });
  assert.match(await (await mx.connect({ as: '127.0.0.9' })).reply(), /^220 /);
  assert.match(await (await mx.connect({ as: stranger })).reply(), /^220 /);
  const submission = await startSmtp(t, { ...pause, mode: 'submission' });
  assert.match(await (await submission.connect({ as: stranger })).reply(), /^220 /);
});

test('over the limit of sessions the next gets 421 4.3.2', async (t) => {
  const { services, connect, hello } = await startSmtp(t, { sessionsMax: 2 });
  const first = await hello();
  await hello();
  assert.match(await (await connect()).rest(), /^421 4\.3\.2 /);
  await first.command('QUIT');
  await first.rest();
  await services.sessions[0]?.closed;
  await services.sessions[2]?.closed;
  assert.match(await (await connect()).reply(), /^220 /);
  assert.deepEqual(
    services.sessions[2]?.facts.map((fact) => fact.type === 'CommandRefused' && fact.verb),
    ['CONNECT'],
  );
});

test('over the limit for an address the next from there gets 421 4.7.0', async (t) => {
  const { connect } = await startSmtp(t, { proxies, sessionsPerAddressMax: 1, earlyTalkerPauseMs: 0 });
  assert.match(await (await connect({ as: stranger })).reply(), /^220 /);
  assert.match(await (await connect({ as: stranger })).rest(), /^421 4\.7\.0 /);
  assert.match(await (await connect({ as: '192.0.2.8' })).reply(), /^220 /);
});

test('when no session can be opened the peer gets 421, and the listener lives on', async (t) => {
  const { services, connect } = await startSmtp(t);
  const { openSession } = services;
  services.openSession = () => {
    throw new TypeError('a bug');
  };
  assert.match(await (await connect()).rest(), /^421 4\.3\.0 /);
  services.openSession = openSession;
  assert.match(await (await connect()).reply(), /^220 /);
});

test('an idle client is told 421 4.4.2', async (t) => {
  const { services, hello } = await startSmtp(t, { idleMsMax: 30 });
  const client = await hello();
  assert.equal(await client.rest(), '421 4.4.2 Idle for too long, closing connection\r\n');
  assert.equal((await services.sessions[0]?.closed)?.reason, 'idle');
});

test('a client that waits for us is not idle', async (t) => {
  const { services, hello } = await startSmtp(t, { idleMsMax: 20 });
  const client = await hello();
  const { resolve } = services.directory;
  services.directory.resolve = async (localPart, domain) => {
    await new Promise((wake) => setTimeout(wake, 100));
    return resolve(localPart, domain);
  };
  await client.command('MAIL FROM:<a@example.org>');
  assert.match(await client.command('RCPT TO:<alice@example.test>'), /^250 /);
});

test('a line that is too long is refused, and one without end ends the connection', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  assert.match(await client.command(`NOOP ${'x'.repeat(3000)}`), /^500 5\.5\.2 Line too long/);
  assert.match(await client.command(`NOOP ${'x'.repeat(30_000)}`), /^500 5\.5\.2 Line too long/);
  assert.match(await client.command('NOOP'), /^250 /);
  client.send('x'.repeat(200_000));
  assert.match(await client.rest(), /^421 4\.7\.0 /);
});

test('a command that comes octet by octet is a command', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  for (const octet of 'MAIL FROM:<a@example.org>\r\n') {
    client.send(octet);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(await client.reply(), /^250 2\.1\.0 /);
});

test('a closing listener tells idle clients 421 and lets a message that is under way end', async (t) => {
  const { services, hello, listener } = await startSmtp(t, { closeGraceMs: 60_000 });
  const idle = await hello();
  const busy = await hello();
  await toAlice(busy);
  await busy.command('DATA');
  const closed = listener.close();
  assert.equal(await idle.rest(), '421 4.3.2 Service is shutting down, closing connection\r\n');
  busy.send('the end\r\n.\r\n');
  assert.match(await busy.rest(), /^250 [^\n]*\n421 4\.3\.2 [^\n]*\n$/);
  await closed;
  assert.equal(contentOf(services.messages[0]), 'the end\r\n');
  assert.deepEqual(
    await Promise.all(services.sessions.map(async (session) => (await session.closed).reason)),
    ['listener closed', 'listener closed'],
  );
});

test('a closing listener cuts off who does not end within the grace', async (t) => {
  const { services, hello, listener } = await startSmtp(t, { closeGraceMs: 20 });
  const busy = await hello();
  await toAlice(busy);
  await busy.command('DATA');
  await listener.close();
  assert.equal(services.messages[0]?.outcome, 'aborted');
});

test('a bug in one session ends that session only', async (t) => {
  const { services, hello, log } = await startSmtp(t);
  const broken = await hello();
  const healthy = await hello();
  const facts = services.sessions[0]?.facts ?? assert.fail();
  facts.push = () => {
    throw new TypeError('a bug');
  };
  broken.send('NONSENSE\r\n');
  await broken.rest();
  assert.match(await sendMessage(healthy, 'x\r\n'), /^250 /);
  assert.ok(log.some((line) => line.level === 'error'));
});
