import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseResponses } from '../support/imap-response-parser.ts';
import { startImap } from './support/imap-fixture.ts';

const commands = [
  'CAPABILITY',
  'NOOP',
  'CHECK',
  'ID NIL',
  'ENABLE X',
  'NAMESPACE',
  'LOGIN alice@example.test "open sesame"',
  'AUTHENTICATE PLAIN\r\n*',
  'LIST "" *',
  'LSUB "" %',
  'LIST (SPECIAL-USE) "" (a b) RETURN (CHILDREN)',
  'CREATE x/y',
  'DELETE x/y',
  'RENAME x z',
  'SUBSCRIBE {1+}\r\nx',
  'UNSUBSCRIBE x',
  'STATUS INBOX (MESSAGES UIDNEXT)',
  'SELECT INBOX',
  'EXAMINE INBOX',
  'APPEND INBOX (\\Seen) "01-Feb-2024 10:00:00 +0200" {5+}\r\nhello',
  'APPEND Nowhere {5+}\r\nhello',
  'FETCH 1:* (FLAGS BODY[HEADER.FIELDS (Subject)]<0.5> ENVELOPE)',
  'UID FETCH * FULL',
  'FETCH 1 BODY[1.2.MIME]',
  'STORE 1 +FLAGS (\\Seen k)',
  'UID STORE 1:9 -FLAGS.SILENT \\Deleted',
  'COPY 1 INBOX',
  'MOVE 1 Trash',
  'UID MOVE 1:* Sent',
  'EXPUNGE',
  'UID EXPUNGE 1:*',
  'SEARCH OR (TEXT a) NOT SUBJECT {1+}\r\nb',
  'UID SEARCH CHARSET UTF-8 BODY x SINCE 1-Feb-2024',
  'IDLE\r\nDONE',
  'IDLE\r\nnonsense',
  'CLOSE',
  'UNSELECT',
];

/** A command as it is, or with one thing wrong somewhere. */
const nearValid = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...commands) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...commands),
        fc.nat(60),
        fc.nat(4),
        fc.constantFrom('', '(', ')', '"', '{9}', '\0', '\r', '\n', '*', ' ', '\xff', '4294967296'),
      )
      .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut)),
  },
);

describe('streams of nearly valid commands', () => {
  it('are answered in the grammar of IMAP, and the server lives', async (t) => {
    const { connect, mailboxes, errors, sessions } = await startImap(t);
    await fc.assert(
      fc.asyncProperty(
        fc.array(nearValid, { maxLength: 15 }),
        fc.boolean(),
        fc.array(fc.nat(400), { maxLength: 4 }),
        async (lines, logsIn, cuts) => {
          if (mailboxes.state('alice').folders.get(1)!.messages.length < 3) {
            mailboxes.deliver('alice', 'Subject: a\r\n\r\nbody\r\n');
          }
          const client = await connect();
          const login = logsIn ? ['LOGIN alice@example.test "open sesame"', 'SELECT INBOX'] : [];
          const all = [...login, ...lines].map((line, n) => `a${n} ${line}\r\n`).join('');
          let from = 0;
          for (const cut of [...cuts].sort((a, b) => a - b)) {
            client.send(all.slice(from, cut));
            from = Math.max(from, Math.min(cut, all.length));
            await new Promise((resolve) => setImmediate(resolve));
          }
          client.send(all.slice(from));
          client.socket.end();
          const octets = await client.rest();
          assert.doesNotThrow(() => parseResponses(Buffer.from(octets, 'latin1')), octets);
          await sessions.at(-1)?.closed;
        },
      ),
      { numRuns: 400 },
    );
    assert.deepEqual(errors(), []);
    assert.equal(mailboxes.openCount, 0);
  });
});
