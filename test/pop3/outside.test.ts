/** A client from another machine, without one: the conversation over lines in memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { converse } from '../../src/pop3/conversation.ts';
import { settingsOf } from '../../src/pop3/options.ts';
import type { Pop3SessionInfo } from '../../src/pop3/ports.ts';
import type { Pop3Session } from '../../src/pop3/session.ts';
import type { Wire } from '../../src/pop3/wire.ts';
import { createFakeMailboxes } from '../support/fake-mailboxes.ts';
import { createFakeLogins, createFakeSessions } from '../support/fake-sessions.ts';

interface Talk {
  readonly said: string;
  readonly verbs: readonly string[];
}

async function talk(address: string, tls: boolean, commands: readonly string[]): Promise<Talk> {
  let said = '';
  const lines = [...commands];
  const unused = (): never => assert.fail('not for this test');
  const wire: Wire = {
    octetsIn: 0,
    octetsOut: 0,
    async readLine() {
      const text = lines.shift();
      return text === undefined ? { kind: 'closed' } : { kind: 'line', text };
    },
    async write(octets) {
      said += typeof octets === 'string' ? octets : Buffer.from(octets).toString('latin1');
    },
    listen: unused,
    discardClear: unused,
    startTls: unused,
    stopReading: unused,
    finish: unused,
    destroy: unused,
  };
  const peer = { address, port: 40_000 };
  const { openSession, sessions } = createFakeSessions<Pop3SessionInfo>();
  const info = { listener: 'test', protocol: 'pop3', peer, local: peer, implicitTls: false } as const;
  const mailboxes = createFakeMailboxes();
  mailboxes.add('alice');
  const session: Pop3Session = {
    settings: settingsOf({ listener: 'test', name: 'pop.example.test', host: address, port: 0 }),
    services: {
      openSession,
      authenticate: createFakeLogins(new Map([['alice', 'secret']])),
      mailboxes,
      heldMaildrops: new Set(),
    },
    logger: { error: unused },
    recorder: openSession(info),
    peer,
    wire,
    tls,
    user: undefined,
    maildrop: undefined,
    failedLogins: 0,
    badCommands: 0,
  };
  await converse(session);
  const verbs = sessions[0]!.facts.flatMap((fact) => (fact.type === 'CommandRefused' ? [fact.verb] : []));
  return { said, verbs };
}

const plain = `AUTH PLAIN ${Buffer.from('\0alice@example.test\0secret').toString('base64')}`;

describe('a client from another machine', () => {
  for (const address of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1']) {
    it(`may not log in in clear (${address})`, async () => {
      const { said, verbs } = await talk(address, false, [
        'CAPA',
        'USER alice@example.test',
        'PASS secret',
        plain,
      ]);
      assert.doesNotMatch(said, /SASL|^USER/m);
      assert.equal(said.match(/^-ERR Start TLS first/gm)?.length, 2);
      assert.deepEqual(verbs, ['USER', 'PASS', 'AUTH']);
    });
  }

  it('may over TLS', async () => {
    const { said } = await talk('192.0.2.1', true, ['CAPA', plain]);
    assert.match(said, /^USER\r\nSASL PLAIN\r\n\.\r\n\+OK 0 messages/m);
  });
});

describe('a client from this machine', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
    it(`may log in in clear (${address})`, async () => {
      const { said } = await talk(address, false, [plain]);
      assert.equal(said, '+OK 0 messages (0 octets)\r\n');
    });
  }
});
