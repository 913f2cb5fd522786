import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { createAdminHandlers } from '../../src/admin/admin-handlers.ts';
import { accountCommand } from '../../src/cli/commands/account.ts';
import { aliasCommand } from '../../src/cli/commands/alias.ts';
import { domainCommand } from '../../src/cli/commands/domain.ts';
import { eventsCommand } from '../../src/cli/commands/events.ts';
import { replayCommand } from '../../src/cli/commands/replay.ts';
import { traceCommand } from '../../src/cli/commands/trace.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { mapError } from '../../src/cli/map-errors.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { startControlServer } from '../../src/control/server.ts';
import { createSilentLogger } from '../../src/logger.ts';
import { openInstallation, sendMail } from '../support/small-installation.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { fakeInput, fakeOutput, fakeProcess } from './support.ts';

const commands = [
  domainCommand,
  accountCommand,
  aliasCommand,
  traceCommand,
  eventsCommand,
  replayCommand,
  verifyCommand,
];

/** Runs `chancery --data <directory> <words>`. */
async function chancery(directory: string, words: string, input = '') {
  const [stdin, stdout, stderr] = [fakeInput(), fakeOutput(), fakeOutput()];
  stdin.end(input);
  const exitCode = await runCli({
    commands,
    argv: ['--data', directory, ...words.split(' ')],
    env: {},
    stdin,
    stdout,
    stderr,
    process: fakeProcess(),
    mapError,
  });
  return { exitCode, out: stdout.text(), err: stderr.text() };
}

/** With one message from alice to bob. */
async function furnished(t: TestContext) {
  const directory = await temporaryDirectory(t);
  const engine = await openInstallation(directory);
  const messageId = await sendMail(engine, '<one@example.test>', '=?utf-8?Q?Caf=C3=A9?=');
  return { directory, engine, messageId };
}

/** The same, served through the control socket, or closed so that commands open it themselves. */
async function either(t: TestContext, kind: 'beside a server' | 'without a server') {
  const { directory, engine, messageId } = await furnished(t);
  if (kind === 'without a server') {
    await engine.close();
    return { directory, messageId };
  }
  const path = join(directory, 'control.sock');
  const control = await startControlServer(path, createAdminHandlers(engine), createSilentLogger());
  t.after(async () => {
    await control.close();
    await engine.close();
  });
  return { directory, messageId };
}

type Works = (words: string, input?: string) => Promise<string>;

/** The rest of the administration: without a server each command opens the stores anew, and two are proof enough. */
async function administers(works: Works): Promise<void> {
  assert.match(await works('domain list'), /example\.test +3 +0\nexample\.org +0 +0\n/);
  await works('account add carol@example.org --role auditor --password-stdin', 'long enough\n');
  await works('account passwd carol@example.org --password-stdin', 'even longer\n');
  assert.match(await works('account list'), /carol@example\.org +auditor/);
  await works('alias add sales@example.org carol@example.org');
  assert.match(await works('alias list'), /sales@example\.org +carol@example\.org/);
  await works('alias remove sales@example.org');
  await works('account remove carol@example.org');
}

for (const kind of ['beside a server', 'without a server'] as const) {
  test(`every command works ${kind}`, async (t) => {
    const { directory, messageId } = await either(t, kind);
    const works: Works = async (words, input) => {
      const { exitCode, out, err } = await chancery(directory, words, input);
      assert.equal(exitCode, 0, `${words}: ${err}`);
      return out;
    };
    await works('domain add example.org');
    if (kind === 'beside a server') await administers(works);
    await works('account add dave@example.org --password-stdin', 'long enough\n');
    await works('alias add info@example.org dave@example.org');
    const trace = await works('trace bob@example.test');
    assert.match(trace, new RegExp(`^Message ${messageId}\n`));
    assert.match(trace, /Subject +Café\n/);
    assert.match(trace, /connection from 192\.0\.2\.7 port 40000 to listener submission, TLS from the start/);
    assert.match(trace, /delivered to bob@example\.test: INBOX UID 1, /);
    const json = JSON.parse(await works(`trace ${messageId} --json`));
    assert.equal(json.message.messageIdHeader, '<one@example.test>');

    const events = (await works('events --json --stream message')).trimEnd().split('\n');
    assert.equal(events.length, 1);
    assert.equal(JSON.parse(events[0] ?? '').type, 'MessageAccepted');
    assert.match(await works('events --limit 1'), /^ +0 {2}.*InstallationFounded +directory-main@0 /);
    assert.match(await works('verify'), /1 stored messages checked: everything is there/);
    assert.match(await works('replay trace --check'), /^trace +equal\n$/);
  });
}

test('exit codes tell scripts what a refusal means', async (t) => {
  const { directory } = await either(t, 'beside a server');
  const answers = {
    'domain add example.test': [1, /there already/],
    'domain add under_score': [2, /not a domain name/],
    'account remove nobody@example.test': [1, /no account nobody@example\.test/],
    'account remove nobody': [2, /not an address: nobody/],
    'account add dave@example.test --role king --password-stdin': [2, /king/],
    'alias add a@example.test': [2, /accounts/],
    'trace nobody@example.test': [1, /No message is known by nobody@example\.test/],
    'events --type Nothing': [2, /no event type Nothing/],
    'events --from soon': [2, /whole number/],
    'replay nothing': [2, /nothing/],
  } as const;
  for (const [words, [exitCode, said]] of Object.entries(answers)) {
    const result = await chancery(directory, words, 'long enough\n');
    assert.equal(result.exitCode, exitCode, `${words}: ${result.err}`);
    assert.match(result.err, said, words);
  }
  const short = await chancery(directory, 'account passwd bob@example.test --password-stdin', 'short\n');
  assert.deepEqual([short.exitCode, short.err], [2, 'chancery: a password has at least 8 characters\n']);
});

test('a data directory that is not there, or taken, is told apart', async (t) => {
  const empty = await chancery(await temporaryDirectory(t), 'verify');
  assert.equal(empty.exitCode, 3);
  assert.match(empty.err, /there is no installation in/);

  const { directory, engine } = await furnished(t);
  const taken = await chancery(directory, 'verify');
  await engine.close();
  assert.equal(taken.exitCode, 3);
  assert.match(taken.err, /belongs to process \d+/);
});

test('damage to content is found by verify, with its place', async (t) => {
  const { directory, engine, messageId } = await furnished(t);
  for await (const { blobId } of engine.stores.blobs.list()) await engine.stores.blobs.destroy(blobId);
  await engine.close();
  const { exitCode, out } = await chancery(directory, 'verify');
  assert.equal(exitCode, 1);
  assert.match(
    out,
    new RegExp(`^FAULT at index \\d+ \\(MessageAccepted, message-${messageId} revision 0\\): `),
  );
  assert.match(out, /: one fault\n$/);
});

test('a view that is not what the log says is found by replay, with the first difference', async (t) => {
  const { directory, engine, messageId } = await furnished(t);
  await engine.views.whenCurrent({ timeoutMs: 20_000 });
  await engine.close();
  const view = new DatabaseSync(join(directory, 'views', 'trace.db'));
  view.exec("UPDATE messages SET subject = 'Forged'");
  view.close();
  const { exitCode, out } = await chancery(directory, 'replay trace');
  assert.equal(exitCode, 1);
  assert.match(out, /^trace +DIFFERENT, first in table messages/);
  assert.ok(out.includes(messageId) && out.includes('Forged'), out);
});
