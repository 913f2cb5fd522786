import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { startPop3 } from './support/pop3-fixture.ts';

const verbs = 'USER PASS AUTH LIST UIDL RETR DELE TOP STAT RSET NOOP CAPA STLS'.split(' ');
const octet = fc.nat(255).map((value) => String.fromCharCode(value));
const noise = fc.array(octet, { maxLength: 80 }).map((all) => all.join(''));
const nearlyRight = fc
  .tuple(fc.constantFrom(...verbs), fc.constantFrom('', ' ', ' 1', ' 2 0', ' -1', ' 99999999999', ' PLAIN ='))
  .map(([verb, rest]) => `${verb}${rest}\r\n`);
const stream = fc.array(fc.oneof(noise, nearlyRight), { maxLength: 30 }).map((parts) => parts.join(''));

describe('arbitrary octets', () => {
  for (const loggedIn of [false, true]) {
    it(`${loggedIn ? 'after' : 'before'} login are answered or end the session, and break nothing`, async (t) => {
      const { mailboxes, login, greeted, sessions, errors, services } = await startPop3(t, {
        tlsHandshakeMsMax: 20,
      });
      mailboxes.deliver('alice', 'Subject: x\r\n\r\n.\r\n');
      await fc.assert(
        fc.asyncProperty(stream, async (octets) => {
          const client = loggedIn ? await login() : await greeted();
          client.send(octets);
          client.finishSending();
          const answers = await client.rest();
          client.destroy();
          // Behind STLS the server speaks TLS, and says at most that this is none.
          const inClear = answers.replace(/(?<=Begin TLS\r\n)[\s\S]*$/, '');
          assert.ok(inClear === '' || /^(?:\+OK|\+ |-ERR)[\s\S]*\r\n$/.test(inClear), inClear);
          await sessions.at(-1)!.closed;
          assert.equal(services.heldMaildrops.size, 0);
        }),
        { numRuns: 80 },
      );
      assert.deepEqual(errors, []);
      assert.deepEqual(mailboxes.executed, []);
      assert.equal(mailboxes.openCount, 0);
      assert.equal(await (await login()).command('STAT'), '+OK 1 17');
    });
  }

  it('in an endless line cost no memory, and the next command is answered', async (t) => {
    const { greeted } = await startPop3(t);
    const client = await greeted();
    for (let n = 0; n < 20; n++) client.send('x'.repeat(64 * 1024));
    assert.equal(await client.command(''), '-ERR Line too long');
    assert.match(await client.lines('CAPA'), /PIPELINING/);
  });

  it('that are no commands end the session after a while', async (t) => {
    const { greeted, sessions } = await startPop3(t);
    const client = await greeted();
    client.send('GET / HTTP/1.1\r\n'.repeat(40));
    assert.equal((await client.rest()).match(/-ERR/g)?.length, 20);
    assert.equal((await sessions[0]!.closed).reason, 'too many bad commands');
    // A stray line may hold a password: none of it goes on record.
    assert.doesNotMatch(JSON.stringify(sessions[0]!.facts), /HTTP/);
  });
});

describe('pipelined commands', () => {
  it('are answered in order, also to a client that has finished sending', async (t) => {
    const { mailboxes, greeted } = await startPop3(t);
    mailboxes.deliver('alice', 'a: b\r\n\r\nc\r\n');
    const client = await greeted();
    client.send('USER alice@example.test\r\nPASS open  sesame\r\nSTAT\r\nDELE 1\r\nQUIT\r\n');
    client.finishSending();
    assert.equal(
      await client.rest(),
      '+OK Send the password\r\n+OK 1 messages (11 octets)\r\n+OK 1 11\r\n+OK Deleted at QUIT\r\n+OK Bye\r\n',
    );
    assert.equal(mailboxes.executed.length, 1);
  });
});
