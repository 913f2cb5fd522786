import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { passwords, startPop3 } from './support/pop3-fixture.ts';

const run = promisify(execFile);
const message = 'Subject: poplib\r\n\r\n.dot\r\n..two\r\nlast\r\n';

/** Reads a maildrop over STLS, with everything that poplib has a method for. */
const script = `
import json, poplib, ssl, sys
port, login, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl._create_unverified_context()
pop = poplib.POP3("127.0.0.1", port, timeout=20)
assert "STLS" in pop.capa()
pop.stls(context)
pop.user(login)
pop.pass_(password)
seen = {
  "stat": pop.stat(),
  "list": [line.decode() for line in pop.list()[1]],
  "uidl": len(pop.uidl()[1]),
  "retr": [line.decode() for line in pop.retr(1)[1]],
  "top": [line.decode() for line in pop.top(2, 1)[1]],
}
pop.noop()
pop.dele(1)
pop.rset()
pop.dele(2)
pop.quit()
print(json.dumps(seen))
`;

describe("Python's poplib", () => {
  it('reads and deletes', async (t) => {
    const found = await run('python3', ['-c', 'import poplib']).then(
      () => true,
      () => false,
    );
    if (!found) {
      assert.equal(process.env.CI, undefined, 'CI needs python3');
      t.diagnostic('python3 is not there: nothing was tried');
      return;
    }
    const { listener, mailboxes } = await startPop3(t);
    mailboxes.deliver('alice', message);
    const second = mailboxes.deliver('alice', message);
    const args = ['-c', script, `${listener.port}`, 'alice@example.test', passwords.get('alice') ?? ''];
    const { stdout } = await run('python3', args, { timeout: 30_000 });
    const size = message.length;
    assert.deepEqual(JSON.parse(stdout), {
      stat: [2, 2 * size],
      list: [`1 ${size}`, `2 ${size}`],
      uidl: 2,
      retr: ['Subject: poplib', '', '.dot', '..two', 'last'],
      top: ['Subject: poplib', '', '.dot'],
    });
    const expunged = mailboxes.executed.flatMap(({ command }) =>
      command.type === 'ExpungeMessages' ? [command.uids] : [],
    );
    assert.deepEqual(expunged, [`${second}`]);
  });
});
