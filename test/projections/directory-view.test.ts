import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DirectoryEvent } from '../../events/directory.ts';
import { accountScope } from '../../events/scope-keys.ts';
import { directoryView } from '../../projections/directory-view/directory-view.ts';
import { directoryQueries } from '../../projections/directory-view/queries.ts';
import type { ViewDatabase } from '../../projections/view-database.ts';
import { eraseScope, eventScript, testId } from '../support/event-script.ts';
import { built } from '../support/view-building.ts';

const [installation, domain, alice, bob, alias] = [1, 2, 3, 4, 5].map(testId) as [
  string,
  string,
  string,
  string,
  string,
];

function script(more: readonly DirectoryEvent[] = []) {
  const { add, events } = eventScript();
  const identity = { localPart: 'Alice', displayName: 'Alice A.' };
  const all: readonly DirectoryEvent[] = [
    { type: 'InstallationFounded', data: { installationId: installation } },
    { type: 'DomainAdded', data: { domainId: domain, name: 'example.test' } },
    { type: 'AccountAdded', data: { accountId: alice, domainId: domain, role: 'user', identity } },
    {
      type: 'AccountAdded',
      data: { accountId: bob, domainId: domain, role: 'auditor', identity: { localPart: 'bob' } },
    },
    { type: 'PasswordChanged', data: { accountId: alice, credential: { hash: '$argon2id$1' } } },
    {
      type: 'AliasAdded',
      data: {
        aliasId: alias,
        domainId: domain,
        targets: [alice, bob],
        address: [alice, bob].map((id) => ({ scope: accountScope(id), value: { localPart: 'staff' } })),
      },
    },
    ...more,
  ];
  for (const event of all) add('directory-main', event);
  return events;
}

const view = async (...more: readonly DirectoryEvent[]): Promise<ViewDatabase> =>
  (await built(directoryView, script(more))).database;

test('an address leads to its account, in any case of letters', async () => {
  const db = await view();
  const found = directoryQueries.accountByAddress(db, 'aLICE', 'EXAMPLE.test');
  assert.deepEqual(
    { ...found },
    {
      ...{ accountId: alice, domainId: domain, domain: 'example.test', role: 'user' },
      ...{ localPart: 'Alice', displayName: 'Alice A.' },
    },
  );
  assert.equal(directoryQueries.credential(db, alice), '$argon2id$1');
  assert.equal(directoryQueries.credential(db, bob), null);
  assert.equal(directoryQueries.installationId(db), installation);
  assert.equal(directoryQueries.revision(db), 5);
});

test('an alias leads to all of its targets that are still there', async () => {
  const local = (...accountIds: readonly string[]) => ({ kind: 'local', accountIds });
  assert.deepEqual(directoryQueries.resolve(await view(), 'Staff', 'example.test'), local(alice, bob));
  const without = await view({ type: 'AccountRemoved', data: { accountId: bob } });
  assert.deepEqual(directoryQueries.resolve(without, 'staff', 'example.test'), local(alice));
});

test('what is not there is told apart from what is not ours', async () => {
  const db = await view({ type: 'AliasRemoved', data: { aliasId: alias } });
  assert.deepEqual(directoryQueries.resolve(db, 'staff', 'example.test'), { kind: 'unknown-mailbox' });
  assert.deepEqual(directoryQueries.resolve(db, 'staff', 'elsewhere.test'), { kind: 'not-ours' });
  const gone = await view({ type: 'DomainRemoved', data: { domainId: domain } });
  assert.deepEqual(directoryQueries.resolve(gone, 'alice', 'example.test'), { kind: 'not-ours' });
  assert.equal(directoryQueries.account(gone, alice)?.domain, null);
});

test('an account has its own address and those of its aliases', async () => {
  const found = directoryQueries.addressesOf(await view(), alice);
  assert.deepEqual(
    found.map(({ localPart, domain: name }) => `${localPart}@${name}`),
    ['Alice@example.test', 'staff@example.test'],
  );
});

test('an erased account keeps its row without a name, and nobody finds it by address', async () => {
  const { database } = await built(directoryView, eraseScope(script(), accountScope(alice)));
  const { localPart, displayName, role } = directoryQueries.account(database, alice) ?? {};
  assert.deepEqual([localPart, displayName, role], [null, null, 'user']);
  assert.equal(directoryQueries.credential(database, alice), null);
  assert.equal(directoryQueries.accountByAddress(database, 'alice', 'example.test'), undefined);
  // The alias is known as long as the key of one target lives.
  assert.equal(directoryQueries.aliases(database)[0]?.localPart, 'staff');
});

test('a new password for an erased account does not bring its name back', async () => {
  const change: DirectoryEvent = {
    type: 'PasswordChanged',
    data: { accountId: alice, credential: { hash: '$argon2id$2' } },
  };
  const { database } = await built(directoryView, eraseScope(script([change]), accountScope(alice)));
  assert.equal(directoryQueries.account(database, alice)?.localPart, null);
});
