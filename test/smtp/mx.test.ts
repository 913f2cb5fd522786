import assert from 'node:assert/strict';
import { test } from 'node:test';
import nodemailer from 'nodemailer';
import { ServiceUnavailable } from '../../src/mail/service-unavailable.ts';
import { contentOf } from './support/fake-services.ts';
import { sendMessage, startSmtp, toAlice } from './support/smtp-fixture.ts';

test('nodemailer delivers a message over STARTTLS', async (t) => {
  const { services, listener } = await startSmtp(t);
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: listener.port,
    requireTLS: true,
    name: 'client.example.org',
    tls: { rejectUnauthorized: false, servername: 'mx.example.test' },
  });
  const sent = await transport.sendMail({
    from: 'sender@example.org',
    to: ['alice@example.test', 'bob@example.test'],
    subject: 'Grüße',
    messageId: '<one@example.org>',
    text: '.dots\n..lead\n.\nthe lines',
  });
  transport.close();

  assert.equal(sent.response, '250 2.0.0 OK: accepted as message-1');
  const [message] = services.messages;
  assert.equal(message?.outcome, 'accepted');
  assert.match(contentOf(message), /\r\n\r\n\.dots\r\n\.\.lead\r\n\.\r\nthe lines\r\n$/);
  assert.deepEqual(
    message?.envelope?.recipients.map((recipient) => recipient.asSent),
    ['<alice@example.test>', '<bob@example.test>'],
  );
  assert.equal(message?.envelope?.protocol, 'ESMTPS');
  assert.equal(message?.envelope?.content.messageIdHeader, '<one@example.org>');
  assert.equal(message?.envelope?.content.size, contentOf(message).length);
});

test('a message is accepted only after the receiver said that it is durable', async (t) => {
  const { services, hello } = await startSmtp(t);
  const { receive } = services.intake;
  const durable = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  services.intake.receive = (info) => {
    const receiver = receive(info);
    return {
      ...receiver,
      async finish(envelope) {
        asked.resolve();
        await durable.promise;
        return receiver.finish(envelope);
      },
    };
  };
  const client = await hello();
  const reply = sendMessage(client, 'Subject: x\r\n\r\nbody\r\n');
  await asked.promise;
  assert.equal(await Promise.race([reply, Promise.resolve('nothing yet')]), 'nothing yet');
  durable.resolve();
  assert.match(await reply, /^250 2\.0\.0 /);
});

test('no relay: a domain that is not ours is refused at RCPT, also from a trusted network', async (t) => {
  const { hello } = await startSmtp(t, { trustedNetworks: ['127.0.0.0/8'] });
  const client = await hello();
  await client.command('MAIL FROM:<sender@example.org>');
  assert.equal(await client.command('RCPT TO:<x@elsewhere.example>'), '550 5.7.1 Relaying denied');
  assert.equal(
    await client.command('RCPT TO:<@example.test:x@elsewhere.example>'),
    '550 5.7.1 Relaying denied',
  );
  assert.equal(await client.command('DATA'), '554 5.5.1 No valid recipients');
});

test('an unknown recipient is refused at RCPT with 550 5.1.1', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  await client.command('MAIL FROM:<sender@example.org>');
  assert.equal(await client.command('RCPT TO:<nobody@example.test>'), '550 5.1.1 No such mailbox here');
  assert.equal(await client.command('RCPT TO:<alice@example.test>'), '250 2.1.5 Recipient OK');
});

test('postmaster is reachable in any case, with and without a domain', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  await client.command('MAIL FROM:<>');
  assert.match(await client.command('RCPT TO:<Postmaster>'), /^250 2\.1\.5 /);
  assert.match(await client.command('RCPT TO:<POSTMASTER@Example.Test>'), /^250 2\.1\.5 /);
  assert.match(await client.command('RCPT TO:<postmaster@[192.0.2.1]>'), /^250 2\.1\.5 /);
  assert.match(await client.command('RCPT TO:<postmaster@elsewhere.example>'), /^550 5\.7\.1 /);
  assert.deepEqual(services.resolved.slice(0, 3), ['postmaster@', 'postmaster@example.test', 'postmaster@']);
});

test('a view that is not known to be current gives 451 4.3.0, never a bounce', async (t) => {
  const { services, hello } = await startSmtp(t);
  services.directory.resolve = async () => {
    throw new ServiceUnavailable('directory view is behind');
  };
  const client = await hello();
  await client.command('MAIL FROM:<sender@example.org>');
  assert.equal(
    await client.command('RCPT TO:<alice@example.test>'),
    '451 4.3.0 Local error, try again later',
  );
});

test('an error without a code is 451 4.3.0 at MAIL, RCPT, DATA and after the data', async (t) => {
  const { services, hello, log } = await startSmtp(t);
  const fail = (): never => {
    throw new TypeError('a bug');
  };
  const client = await hello();
  const { admit, receive } = services.intake;
  const { resolve } = services.directory;
  services.intake.admit = fail;
  assert.match(await client.command('MAIL FROM:<sender@example.org>'), /^451 4\.3\.0 /);
  services.intake.admit = admit;
  await client.command('MAIL FROM:<sender@example.org>');
  services.directory.resolve = fail;
  assert.match(await client.command('RCPT TO:<alice@example.test>'), /^451 4\.3\.0 /);
  services.directory.resolve = resolve;
  await client.command('RCPT TO:<alice@example.test>');
  services.intake.receive = fail;
  assert.match(await client.command('DATA'), /^451 4\.3\.0 /);
  services.intake.receive = (info) => ({ ...receive(info), finish: fail });
  await client.command('DATA');
  client.send('x\r\n.\r\n');
  assert.match(await client.reply(), /^451 4\.3\.0 /);
  services.intake.receive = (info) => ({ ...receive(info), write: fail });
  assert.match(await sendMessage(client, 'body\r\n'), /^451 4\.3\.0 /);
  assert.equal(services.messages.at(-1)?.outcome, 'aborted');
  assert.equal(log.filter((line) => line.level === 'error').length, 5);
});

test('lack of room is refused at MAIL and before 354, not after the data', async (t) => {
  const { services, hello } = await startSmtp(t);
  const full = { code: 452, enhanced: '4.3.1', text: 'Disk full' };
  const { admit } = services.intake;
  const declared: (number | undefined)[] = [];
  services.intake.admit = async (size) => {
    declared.push(size);
    return { kind: 'refused', reply: full };
  };
  const client = await hello();
  assert.equal(await client.command('MAIL FROM:<sender@example.org> SIZE=1000'), '452 4.3.1 Disk full');
  services.intake.admit = admit;
  await client.command('MAIL FROM:<sender@example.org> SIZE=2000');
  await client.command('RCPT TO:<alice@example.test>');
  services.intake.admit = async (size) => {
    declared.push(size);
    return { kind: 'refused', reply: full };
  };
  assert.equal(await client.command('DATA'), '452 4.3.1 Disk full');
  assert.deepEqual(declared, [1000, 2000]);
  assert.equal(services.messages.length, 0);
});

test('recipients that differ only in case, or not at all, stay one entry for each RCPT', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  await client.command('MAIL FROM:<Sender@Example.ORG> SIZE=20 BODY=8BITMIME');
  await client.command('RCPT TO:<alice@example.test>');
  await client.command('RCPT TO:<Alice@EXAMPLE.test>');
  await client.command('RCPT TO:<@relay.example:alice@example.test>');
  await client.command('RCPT TO:<"o brien"@example.test>');
  await client.command('RCPT TO:<both@example.test>');
  await client.command('DATA');
  client.send('hello\r\n.\r\n');
  await client.reply();

  const envelope = services.messages[0]?.envelope;
  assert.deepEqual(envelope?.recipients, [
    {
      asSent: '<alice@example.test>',
      localPart: 'alice',
      domain: 'example.test',
      parameters: [],
      accountIds: ['alice'],
    },
    {
      asSent: '<Alice@EXAMPLE.test>',
      localPart: 'Alice',
      domain: 'example.test',
      parameters: [],
      accountIds: ['alice'],
    },
    {
      asSent: '<@relay.example:alice@example.test>',
      localPart: 'alice',
      domain: 'example.test',
      parameters: [],
      accountIds: ['alice'],
    },
    {
      asSent: '<"o brien"@example.test>',
      localPart: 'o brien',
      domain: 'example.test',
      parameters: [],
      accountIds: ['o brien'],
    },
    {
      asSent: '<both@example.test>',
      localPart: 'both',
      domain: 'example.test',
      parameters: [],
      accountIds: ['alice', 'bob'],
    },
  ]);
  assert.deepEqual(envelope?.reversePath, {
    asSent: '<Sender@Example.ORG>',
    address: { localPart: 'Sender', domain: 'example.org' },
    parameters: ['SIZE=20', 'BODY=8BITMIME'],
    declaredSize: 20,
    body: '8BITMIME',
  });
});

test('the 1,001st recipient gets 452 4.5.3 and the first 1,000 get the message', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  await client.command('MAIL FROM:<sender@example.org>');
  client.send('RCPT TO:<alice@example.test>\r\n'.repeat(1001));
  for (let count = 0; count < 1000; count += 1) assert.match(await client.reply(), /^250 /);
  assert.equal(await client.reply(), '452 4.5.3 Too many recipients in one transaction');
  await client.command('DATA');
  client.send('x\r\n.\r\n');
  await client.reply();
  assert.equal(services.messages[0]?.envelope?.recipients.length, 1000);
});

test('somebody who tries names until one exists is cut off', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  await client.command('MAIL FROM:<sender@example.org>');
  client.send('RCPT TO:<nobody@example.test>\r\n'.repeat(150));
  const replies = (await client.rest()).split('\r\n').filter((line) => line !== '');
  assert.equal(replies.length, 101);
  assert.match(replies.at(-1) ?? '', /^421 4\.7\.0 /);
});

test('unknown MAIL and RCPT parameters are refused with 555 5.5.4', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  for (const parameter of ['SMTPUTF8', 'RET=HDRS', 'ENVID=x', 'AUTH=<>', 'REQUIRETLS', 'FOO=bar']) {
    assert.match(await client.command(`MAIL FROM:<a@example.org> ${parameter}`), /^555 5\.5\.4 /, parameter);
  }
  await client.command('MAIL FROM:<a@example.org>');
  assert.match(await client.command('RCPT TO:<alice@example.test> NOTIFY=NEVER'), /^555 5\.5\.4 /);
});

test('UTF-8 addresses are refused while SMTPUTF8 is not spoken', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  assert.match(await client.command('MAIL FROM:<j\xc3\xb6rg@example.org>'), /^553 5\.6\.7 /);
  await client.command('MAIL FROM:<joerg@example.org>');
  assert.match(await client.command('RCPT TO:<alice@ex\xc3\xa4mple.test>'), /^553 5\.6\.7 /);
});

test('EHLO announces what is honoured and nothing else', async (t) => {
  const { connect } = await startSmtp(t, { sizeMax: 12345 });
  const client = await connect();
  assert.equal(await client.reply(), '220 mx.example.test ESMTP Chancery');
  assert.deepEqual((await client.command('EHLO me')).split('\n'), [
    '250-mx.example.test',
    '250-PIPELINING',
    '250-SIZE 12345',
    '250-8BITMIME',
    '250-ENHANCEDSTATUSCODES',
    '250 STARTTLS',
  ]);
  assert.equal(await client.command('HELO me'), '250 mx.example.test');
});

test('a listener without a certificate offers no STARTTLS and does none', async (t) => {
  const { connect } = await startSmtp(t, { tls: undefined });
  const client = await connect();
  await client.reply();
  assert.doesNotMatch(await client.command('EHLO me'), /STARTTLS/);
  assert.match(await client.command('STARTTLS'), /^502 5\.5\.1 /);
});

test('commands that are jokes, holes or not spoken here are refused', async (t) => {
  const { hello } = await startSmtp(t);
  for (const [line, expected] of [
    ['WIZ secret', /^500 5\.5\.2 /],
    ['DEBUG', /^500 5\.5\.2 /],
    ['SHELL', /^500 5\.5\.2 /],
    ['KILL', /^500 5\.5\.2 /],
    ['', /^500 5\.5\.2 /],
    ['constructor', /^500 5\.5\.2 /],
    ['EXPN staff', /^502 5\.5\.1 /],
    ['XCLIENT ADDR=192.0.2.9', /^502 5\.5\.1 /],
    ['BDAT 5 LAST', /^502 5\.5\.1 /],
    ['AUTH PLAIN', /^502 5\.5\.1 /],
    ['VRFY alice', /^252 2\.5\.2 /],
    ['VRFY', /^501 5\.5\.2 /],
    ['HELP', /^214 2\.0\.0 /],
    ['NOOP whatever', /^250 2\.0\.0 /],
    ['RSET', /^250 2\.0\.0 /],
    ['RSET now', /^501 5\.5\.4 /],
    ['MAIL', /^501 5\.5\.2 /],
    ['EHLO', /^501 5\.5\.2 /],
    ['MAIL FROM:<a@example.org>\x00', /^500 5\.5\.2 /],
    ['QUIT', /^221 2\.0\.0 /],
  ] as const) {
    const client = await hello();
    assert.match(await client.command(line), expected, line);
    client.destroy();
  }
});

test('commands out of sequence get 503', async (t) => {
  const { connect } = await startSmtp(t);
  const client = await connect();
  await client.reply();
  assert.match(await client.command('MAIL FROM:<a@example.org>'), /^503 5\.5\.1 .*EHLO/);
  await client.command('HELO me');
  assert.match(await client.command('RCPT TO:<alice@example.test>'), /^503 5\.5\.1 .*MAIL/);
  assert.match(await client.command('DATA'), /^503 5\.5\.1 .*MAIL/);
  await client.command('MAIL FROM:<a@example.org>');
  assert.match(await client.command('DATA'), /^503 5\.5\.1 .*RCPT/);
  assert.match(await client.command('MAIL FROM:<b@example.org>'), /^503 5\.5\.1 /);
  await client.command('EHLO again');
  assert.match(await client.command('RCPT TO:<alice@example.test>'), /^503 5\.5\.1 .*MAIL/);
});

test('after ten bad commands the connection ends with 421', async (t) => {
  const { services, hello } = await startSmtp(t);
  const client = await hello();
  client.send('NONSENSE\r\n'.repeat(20));
  const replies = (await client.rest()).split('\r\n').filter((line) => line !== '');
  assert.equal(replies.length, 10);
  assert.match(replies[9] ?? '', /^421 4\.7\.0 Too many errors/);
  assert.equal((await services.sessions[0]?.closed)?.reason, 'too many bad commands');
});

test('a web page that makes a browser talk to the port is cut off', async (t) => {
  const { services, connect } = await startSmtp(t);
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@example.org>\r\n');
  assert.match(await client.rest(), /^220 [^\n]*\r\n421 4\.7\.0 [^\n]*\r\n$/);
  assert.ok(services.sessions[0]?.facts.some((fact) => fact.type === 'ProtocolViolated'));
});

test('pipelined commands are answered in order, and so is what follows a message', async (t) => {
  const { services, connect } = await startSmtp(t);
  const client = await connect();
  await client.reply();
  const transaction = 'MAIL FROM:<a@example.org>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n';
  client.send(`EHLO me\r\n${transaction}one\r\n.\r\n${transaction}two\r\n.\r\nQUIT\r\n`);
  const codes = (await client.rest()).match(/^\d{3}(?= )/gm);
  assert.deepEqual(codes, ['250', '250', '250', '354', '250', '250', '250', '354', '250', '221']);
  assert.deepEqual(services.messages.map(contentOf), ['one\r\n', 'two\r\n']);
});

test('a transaction ends with its message: the next needs its own MAIL', async (t) => {
  const { hello } = await startSmtp(t);
  const client = await hello();
  await sendMessage(client, 'x\r\n');
  assert.match(await client.command('RCPT TO:<alice@example.test>'), /^503 /);
  await toAlice(client);
  await client.command('RSET');
  assert.match(await client.command('DATA'), /^503 /);
});
