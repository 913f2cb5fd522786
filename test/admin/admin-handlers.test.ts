import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createAdminHandlers } from '../../src/admin/admin-handlers.ts';
import type { NamedTrace } from '../../src/admin/trace-handler.ts';
import { ControlError } from '../../src/control/control-error.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { verifyPassword } from '../../src/passwords/argon2id.ts';
import { collect } from '../support/collect.ts';
import { openInstallation, sendMail } from '../support/small-installation.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Shown {
  readonly index: number;
  readonly type: string;
  readonly stream: string;
  readonly by: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function installation(t: TestContext) {
  const directory = await temporaryDirectory(t);
  const engine = await openInstallation(directory);
  t.after(() => engine.close());
  const handlers = createAdminHandlers(engine);

  async function* call(
    name: string,
    args: unknown,
    signal = new AbortController().signal,
  ): AsyncGenerator<unknown> {
    const handler = handlers[name];
    assert.ok(handler, `no call ${name}`);
    const result = handler(args, { signal });
    if (Symbol.asyncIterator in result) yield* result;
    else yield await result;
  }
  const all = async <T>(name: string, args: unknown = {}): Promise<T[]> =>
    (await collect(call(name, args))) as T[];
  const one = async <T>(name: string, args: unknown = {}): Promise<T> => (await all<T>(name, args))[0] as T;
  const refusal = async (name: string, args: unknown): Promise<ControlError> => {
    try {
      await all(name, args);
    } catch (error) {
      assert.ok(error instanceof ControlError, `no refusal, but ${error}`);
      return error;
    }
    throw new assert.AssertionError({ message: `${name} was not refused` });
  };
  return { engine, call, all, one, refusal };
}

const credentialOf = async (engine: Engine, localPart: string): Promise<string> => {
  const account = (await engine.directory.current()).accountByAddress(localPart, 'example.test');
  const credential = account?.credential;
  return credential !== undefined && 'hash' in credential ? credential.hash : '';
};

test('domains, accounts and aliases are added, listed and removed', async (t) => {
  const { engine, one, refusal } = await installation(t);
  await one('domain.add', { name: 'Example.ORG' });
  await one('account.add', { address: 'carol@example.org', password: 'long enough', name: 'Carol' });
  await one('alias.add', {
    address: 'sales@example.org',
    targets: ['carol@example.org', 'bob@example.test'],
  });
  assert.deepEqual(await one('domain.list'), [
    { name: 'example.test', accounts: 3, aliases: 0 },
    { name: 'example.org', accounts: 1, aliases: 1 },
  ]);
  assert.deepEqual(await one('alias.list'), [
    { address: 'sales@example.org', targets: ['carol@example.org', 'bob@example.test'] },
  ]);
  const index = await engine.directory.current();
  const carol = index.accountByAddress('carol', 'example.org')?.accountId ?? '';
  assert.ok((await engine.stores.log.lastRevision(`mailbox-${carol}`)) >= 0, 'the mailbox is open');

  assert.equal((await refusal('domain.remove', { name: 'example.org' })).code, 'domain-in-use');
  assert.equal((await refusal('account.remove', { address: 'carol@example.org' })).code, 'account-in-use');
  await one('alias.remove', { address: 'sales@example.org' });
  await one('account.remove', { address: 'carol@example.org' });
  await one('domain.remove', { name: 'example.org' });
  assert.equal((await one<unknown[]>('domain.list')).length, 1);
  const closed = await engine.mailboxes.askMailbox(
    carol,
    { type: 'RestoreFolder', folderId: 1 },
    { by: 'system', correlationId: 'test', causationId: 'test' },
  );
  assert.deepEqual(closed.reply, { kind: 'rejected', reason: 'closed' });
});

test('a refusal says what is wrong', async (t) => {
  const { one, refusal } = await installation(t);
  const password = 'long enough';
  const stranger = await refusal('account.add', { address: 'x@nowhere.test', password });
  assert.equal(stranger.code, 'no-such-domain');
  assert.match(stranger.message, /nowhere\.test.*example\.test/);
  assert.equal(
    (await refusal('account.add', { address: 'alice@example.test', password })).code,
    'address-taken',
  );
  await one('alias.add', { address: 'info@example.test', targets: ['alice@example.test'] });
  assert.equal(
    (await refusal('account.add', { address: 'INFO@example.test', password })).code,
    'address-taken',
  );
  const nobody = { address: 'y@example.test', targets: ['nobody@example.test'] };
  assert.equal((await refusal('alias.add', nobody)).code, 'no-such-account');
  for (const address of ['plain', '@example.test', 'a b@example.test', 'a..b@example.test', 'a@-x.test'])
    assert.equal((await refusal('account.add', { address, password })).code, 'bad-argument', address);
  const short = await refusal('account.passwd', { address: 'alice@example.test', password: 'short' });
  assert.deepEqual([short.code, short.message], ['bad-argument', 'a password has at least 8 characters']);
});

test('who changed the directory stands on the log, in a session of its own', async (t) => {
  const { engine, all, one } = await installation(t);
  await one('account.passwd', { address: 'alice@example.test', password: 'another password' });
  assert.ok(await verifyPassword('another password', await credentialOf(engine, 'alice')));
  const changes = await all<Shown>('events', { type: 'PasswordChanged' });
  const last = changes.at(-1);
  assert.match(last?.by ?? '', /^session:/);
  assert.equal(JSON.stringify(changes).includes('argon2id'), false, 'no hash is shown');
  const session = await all<Shown>('events', { stream: last?.by.replace(':', '-') });
  assert.deepEqual(
    session.map(({ type }) => type),
    ['SessionOpened', 'SessionClosed'],
  );
  assert.equal(session[0]?.data.protocol, 'control');
  assert.match(JSON.stringify(session[0]?.data.peer), /local user \S+/);
});

test('events are shown from an index on, of one kind, one stream or one person', async (t) => {
  const { all, refusal } = await installation(t);
  const everything = await all<Shown>('events');
  assert.deepEqual(
    everything.map(({ index }) => index),
    everything.map((_, n) => n),
  );
  assert.deepEqual(await all('events', { from: 3, limit: 2 }), everything.slice(3, 5));
  const added = await all<Shown>('events', { stream: 'directory', type: 'AccountAdded' });
  assert.deepEqual(
    added.map(({ data }) => data.identity),
    [{ localPart: 'alice' }, { localPart: 'bob' }, { localPart: 'auditor' }],
  );
  const bob = await all<Shown>('events', { stream: 'mailbox-bob@example.test' });
  assert.equal(bob[0]?.stream, `mailbox-${added[1]?.data.accountId}`);
  assert.match((await refusal('events', { type: 'AcountAdded' })).message, /did you mean AccountAdded/);
  assert.equal((await refusal('events', { stream: 'letterbox' })).code, 'bad-argument');
});

test('events are followed until the caller goes', async (t) => {
  const { engine, call, one } = await installation(t);
  const leaving = new AbortController();
  const from = await engine.stores.log.head();
  const followed = call('events', { from, type: 'DomainAdded', follow: true }, leaving.signal);
  const first = followed.next();
  await one('domain.add', { name: 'example.org' });
  assert.equal(((await first).value as Shown).data.name, 'example.org');
  const second = followed.next();
  leaving.abort();
  assert.equal((await second).done, true);
});

test('a trace has the names that make it readable', async (t) => {
  const { engine, all } = await installation(t);
  const messageId = await sendMail(engine, '<one@example.test>', 'Hello');
  const [byId] = await all<NamedTrace>('trace', { about: messageId });
  assert.ok(byId);
  const bob = (await engine.directory.current()).accountByAddress('bob', 'example.test')?.accountId ?? '';
  assert.equal(byId.addresses[bob], 'bob@example.test');
  assert.equal(byId.folders[bob]?.['1'], 'INBOX');
  assert.deepEqual(
    byId.entries.map(({ type }) => type),
    ['MessageAccepted', 'MessageDelivered'],
  );
  const session = Object.values(byId.sessions)[0];
  assert.deepEqual(session, { protocol: 'submission', peer: '192.0.2.7', who: null });
  for (const about of ['one@example.test', '<one@example.test>', 'Bob@Example.test', 'alice@example.test'])
    assert.deepEqual(
      (await all<NamedTrace>('trace', { about })).map(({ message }) => message.messageId),
      [messageId],
      about,
    );
  assert.deepEqual(await all('trace', { about: 'nobody@example.test' }), []);
});

test('verify finds what is missing, and says where', async (t) => {
  const { engine, all } = await installation(t);
  const messageId = await sendMail(engine, '<one@example.test>', 'Hello');
  const events = await engine.stores.log.head();
  const nothing = { erasedEvents: 0, erasedContents: 0, faults: 0 };
  assert.deepEqual(await all('verify'), [{ kind: 'result', events, contents: 1, ...nothing }]);

  const [accepted] = await all<Shown>('events', { type: 'MessageAccepted' });
  assert.ok(accepted);
  const { blobId } = accepted.data.content as { blobId: string };
  await engine.stores.blobs.destroy(blobId);
  const [fault, result] = await all<Record<string, unknown>>('verify');
  assert.equal(fault?.kind, 'fault');
  assert.equal(fault?.stream, `message-${messageId}`);
  assert.equal(fault?.index, accepted.index);
  assert.match(String(fault?.reason), /not in the store/);
  assert.equal(result?.faults, 1);
});

test('what was erased is no fault', async (t) => {
  const { engine, all } = await installation(t);
  const messageId = await sendMail(engine, '<one@example.test>', 'Hello');
  await engine.keys.destroy(`message/${messageId}`);
  const [result] = await all<Record<string, unknown>>('verify');
  assert.deepEqual([result?.faults, result?.contents, result?.erasedContents], [0, 0, 1]);
  assert.ok(Number(result?.erasedEvents) >= 2, 'the acceptance and the delivery');
});

test('replay builds each view anew and finds it equal', async (t) => {
  const { engine, all, refusal } = await installation(t);
  await sendMail(engine, '<one@example.test>', 'Hello');
  const items = await all<{ kind: string; projection: string; difference?: unknown }>('replay');
  const results = items.filter(({ kind }) => kind === 'result');
  assert.deepEqual(
    results.map(({ projection, difference }) => [projection, difference]),
    ['directory', 'queue', 'mailbox', 'facts', 'trace', 'access', 'statistics'].map((name) => [
      name,
      undefined,
    ]),
  );
  assert.equal((await refusal('replay', { projections: ['nothing'] })).code, 'bad-argument');
});
