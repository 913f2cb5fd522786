import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentOf } from './support/fake-services.ts';
import { sendMessage, startSmtp, toAlice } from './support/smtp-fixture.ts';

test('content is kept exactly as received, with the stuffed dots undone', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  await sendMessage(client, 'A: \xff\x00\x80\r\n\r\n..\r\n...x\r\n\r\n\r\nno\x07\r\n');
  await sendMessage(client, '');
  assert.equal(contentOf(services.messages[0]), 'A: \xff\x00\x80\r\n\r\n.\r\n..x\r\n\r\n\r\nno\x07\r\n');
  assert.equal(contentOf(services.messages[1]), '');
  assert.equal(services.messages[1]?.outcome, 'accepted');
});

const smuggled = 'MAIL FROM:<evil@example.org>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nsmuggled\r\n';

for (const [name, end] of [
  ['LF.LF', '\n.\n'],
  ['LF.CRLF', '\n.\r\n'],
  ['CRLF.LF', '\r\n.\n'],
  ['CR.CR', '\r.\r'],
  ['CR.CRLF', '\r.\r\n'],
  ['CRLF.CR', '\r\n.\r'],
  ['CR.LF', '\r.\n'],
  ['LF.CR', '\n.\r'],
  ['CR CR LF . CRLF', '\r\r\n.\r\r\n'],
  ['CRLF NUL . CRLF with a bare LF', '\r\n\0.\r\n\n'],
  ['LF CR . CRLF', '\n\r.\r\n'],
] as const) {
  test(`${name} ends no message and smuggles none: the whole of it is refused with 550 5.6.0`, async (t) => {
    const { services, hello } = await startSmtp(t);
    const client = await hello();
    assert.equal(
      await sendMessage(client, `Subject: x\r\n\r\nbody${end}${smuggled}`),
      '550 5.6.0 Message contains a bare <CR> or <LF>',
    );
    assert.deepEqual(
      services.messages.map((message) => message.outcome),
      ['aborted'],
    );
    assert.ok(
      services.sessions[0]?.facts.some(
        (fact) => fact.type === 'ProtocolViolated' && fact.what === 'bare CR or LF in message, refused',
      ),
    );
    assert.match(await sendMessage(client, 'next\r\n'), /^250 /);
  });
}

test('for a network that is configured so bare CRs and LFs become CRLF, and that is recorded', async (t) => {
  const { services, hello } = await startSmtp(t, { normalizingNetworks: ['127.0.0.0/8'] });
  const client = await hello();
  assert.match(await sendMessage(client, 'A: 1\nB: 2\r\r\n\nx\n.\ny\n..z\r\n'), /^250 /);
  assert.equal(contentOf(services.messages[0]), 'A: 1\r\nB: 2\r\n\r\n\r\nx\r\n.\r\ny\r\n..z\r\n');
  assert.equal(services.messages[0]?.envelope?.content.newlinesNormalized, true);
  assert.ok(
    services.sessions[0]?.facts.some(
      (fact) => fact.type === 'ProtocolViolated' && fact.what === 'bare CR or LF in message, normalized',
    ),
  );
  // Such a network may end its commands so, too.
  client.send('NOOP\n');
  assert.match(await client.reply(), /^250 /);
});

test('a command that ends in a bare LF is refused', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  client.send('MAIL FROM:<a@example.org>\nNOOP\r\n');
  assert.match(await client.reply(), /^500 5\.5\.2 Commands end with/);
  assert.match(await client.reply(), /^250 /);
});

test('a declared size over the limit is refused at MAIL with 552 5.3.4', async (t) => {
  const { hello } = await startSmtp(t, { sizeMax: 1000 });
  const client = await hello();
  assert.equal(
    await client.command('MAIL FROM:<a@example.org> SIZE=1001'),
    '552 5.3.4 Message exceeds the maximum size of 1000 octets',
  );
  assert.match(await client.command('MAIL FROM:<a@example.org> SIZE=1000'), /^250 /);
});

test('a message over the limit costs no storage past it and gets 552 5.3.4', async (t) => {
  const { services, hello } = await startSmtp(t, { sizeMax: 1000 });
  const client = await hello();
  const line = `${'x'.repeat(98)}\r\n`;
  assert.match(await sendMessage(client, line.repeat(10)), /^250 /);
  assert.match(await sendMessage(client, line.repeat(11)), /^552 5\.3\.4 /);
  assert.equal(services.messages[1]?.outcome, 'aborted');
  assert.ok(contentOf(services.messages[1]).length <= 1000);
  assert.match(await client.command('NOOP'), /^250 /);
});

test('stuffed dots do not count as size', async (t) => {
  const { hello } = await startSmtp(t, { sizeMax: 30 });
  const client = await hello();
  assert.match(await sendMessage(client, '..\r\n'.repeat(10)), /^250 /);
});

test('twice the size limit ends the connection', async (t) => {
  const { services, hello } = await startSmtp(t, { sizeMax: 1000 });
  const client = await hello();
  await toAlice(client);
  await client.command('DATA');
  client.send('x'.repeat(2001));
  assert.match(await client.rest(), /^552 5\.3\.4 /);
  assert.equal((await services.sessions[0]?.closed)?.reason, 'twice the size limit');
  assert.equal(services.messages[0]?.outcome, 'aborted');
});

test('the DATA deadline ends the connection', async (t) => {
  const { services, hello } = await startSmtp(t, { dataMsMax: 20 });
  const client = await hello();
  await toAlice(client);
  await client.command('DATA');
  client.send('x\r\n');
  assert.equal(await client.rest(), '421 4.4.2 Message took too long, closing connection\r\n');
  assert.equal((await services.sessions[0]?.closed)?.reason, 'DATA deadline');
  assert.equal(services.messages[0]?.outcome, 'aborted');
});

test('a message that breaks off is aborted, and never accepted', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  await toAlice(client);
  await client.command('DATA');
  client.send('half a message\r\n.');
  await client.drained();
  client.destroy();
  await services.sessions[0]?.closed;
  assert.equal(services.messages[0]?.outcome, 'aborted');
});

test('a message whose end was seen is taken to its end though the client is gone', async (t) => {
  const { services, hello } = await startSmtp(t);
  const { receive } = services.intake;
  const finishing = Promise.withResolvers<void>();
  const durable = Promise.withResolvers<void>();
  services.intake.receive = (info) => {
    const receiver = receive(info);
    return {
      ...receiver,
      async finish(envelope) {
        finishing.resolve();
        await durable.promise;
        return receiver.finish(envelope);
      },
    };
  };
  const client = await hello();
  await toAlice(client);
  await client.command('DATA');
  client.send('whole\r\n.\r\n');
  await finishing.promise;
  client.destroy();
  durable.resolve();
  await services.sessions[0]?.closed;
  assert.equal(services.messages[0]?.outcome, 'accepted');
});

test('a hundred Received fields are a loop: 554 5.4.6', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  const received = 'Received: from a by b;\r\n\tMon, 23 Nov 2026 09:17:47 +0000\r\n';
  assert.match(await sendMessage(client, `${received.repeat(99)}\r\nReceived: in the body\r\n`), /^250 /);
  assert.match(await sendMessage(client, `${received.repeat(100)}\r\nx\r\n`), /^554 5\.4\.6 /);
  assert.equal(services.messages[0]?.envelope?.content.receivedCount, 99);
  assert.equal(services.messages[1]?.outcome, 'aborted');
});

test('an incoming Return-Path is found, so that final delivery can hide it', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  await sendMessage(client, 'A: 1\r\nReturn-Path:\r\n <x@example.org>\r\nB: 2\r\n\r\nx\r\n');
  const [message] = services.messages;
  const ranges = message?.envelope?.content.returnPaths ?? [];
  const cut = ranges.map(({ offset, length }) => contentOf(message).slice(offset, offset + length));
  assert.deepEqual(cut, ['Return-Path:\r\n <x@example.org>\r\n']);
});

test('the Received field says who, how, with what and for whom', async (t) => {
  const now = (): Date => new Date('2026-11-23T09:17:47Z');
  const { services, hello } = await startSmtp(t, { now });
  const client = await hello();
  await sendMessage(client, 'x\r\n');
  assert.equal(
    services.messages[0]?.envelope?.traceHeader,
    'Received: from client.example.org ([127.0.0.1])\r\n' +
      '\tby mx.example.test (Chancery) with ESMTP id message-1\r\n' +
      '\tfor <alice@example.test>;\r\n' +
      '\tMon, 23 Nov 2026 09:17:47 +0000\r\n',
  );
});

test('a receiver that is slow holds the client back', async (t) => {
  const { services, hello } = await startSmtp(t);
  const { receive } = services.intake;
  const go = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  services.intake.receive = (info) => {
    const receiver = receive(info);
    return {
      ...receiver,
      async write(chunk) {
        started.resolve();
        await go.promise;
        await receiver.write(chunk);
      },
    };
  };
  const client = await hello();
  await toAlice(client);
  await client.command('DATA');
  const line = `${'x'.repeat(998)}\r\n`;
  for (let count = 0; count < 30; count += 1) client.send(line.repeat(1000));
  client.send('.\r\n');
  await started.promise;
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(services.messages[0]?.chunks.length, 0);
  go.resolve();
  assert.match(await client.reply(), /^250 /);
  assert.equal(services.messages[0]?.envelope?.content.size, 30_000_000);
});

test('a flood of dots and empty lines arrives whole', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  assert.match(await sendMessage(client, '..\r\n'.repeat(500_000) + '\r\n'.repeat(500_000)), /^250 /);
  assert.equal(services.messages[0]?.envelope?.content.size, 500_000 * 3 + 500_000 * 2);
  // One write for what came together, not one for each line.
  assert.ok((services.messages[0]?.chunks.length ?? 0) < 2000);
});
