/** The directory: domains, accounts and aliases, and what may not be taken away. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createDirectoryActors } from '../../actors/directory-actors.ts';
import {
  type DirectoryCommand,
  type DirectoryReply,
  directoryDecider,
} from '../../actors/directory-decider.ts';
import {
  applyDirectory,
  type DirectoryEvent,
  type DirectoryState,
  initialDirectory,
} from '../../events/directory.ts';
import { accountScope } from '../../events/scope-keys.ts';
import { createTestRuntime, testContext } from '../support/actor-runtime.ts';
import { testId } from '../support/event-script.ts';

/** `asOf` is filled in when the command runs. */
type Step = (revision: number) => DirectoryCommand;

const domain = (n: number) => testId(100 + n);
const accountOf = (n: number) => testId(200 + n);
const aliasOf = (n: number) => testId(300 + n);

const addDomain =
  (n: number, name = `d${n}.test`): Step =>
  () => ({ type: 'AddDomain', domainId: domain(n), name });
const removeDomain =
  (n: number): Step =>
  () => ({ type: 'RemoveDomain', domainId: domain(n) });
const addAccount =
  (n: number, inDomain = 1, behind = 0): Step =>
  (revision) => ({
    type: 'AddAccount',
    accountId: accountOf(n),
    domainId: domain(inDomain),
    role: 'user',
    localPart: `user${n}`,
    passwordHash: '$argon2id$first',
    asOf: revision - behind,
  });
const removeAccount =
  (n: number): Step =>
  () => ({ type: 'RemoveAccount', accountId: accountOf(n) });
const changePassword =
  (n: number): Step =>
  () => ({ type: 'ChangePassword', accountId: accountOf(n), passwordHash: '$argon2id$second' });
const addAlias =
  (n: number, targets: readonly number[], inDomain = 1, behind = 0): Step =>
  (revision) => ({
    type: 'AddAlias',
    aliasId: aliasOf(n),
    domainId: domain(inDomain),
    localPart: `alias${n}`,
    targets: targets.map(accountOf),
    asOf: revision - behind,
  });
const removeAlias =
  (n: number): Step =>
  () => ({ type: 'RemoveAlias', aliasId: aliasOf(n) });

interface Run {
  readonly state: DirectoryState;
  readonly events: readonly DirectoryEvent[];
  readonly replies: readonly DirectoryReply[];
}

function run(steps: readonly Step[], check: (state: DirectoryState) => void = () => undefined): Run {
  let state = initialDirectory();
  const events: DirectoryEvent[] = [];
  const replies: DirectoryReply[] = [];
  for (const step of steps) {
    const input = { streamId: 'main', at: 1_700_000_000_000, nextRevision: events.length };
    const decision = directoryDecider.decide(step(state.revision), state, input);
    replies.push(decision.reply);
    for (const event of decision.events) {
      state = directoryDecider.apply(state, event, events.length, input.at);
      events.push(event);
    }
    check(state);
  }
  return { state, events, replies };
}

/** What the last step was answered. */
const lastReply = (...steps: Step[]): string => {
  const reply = run(steps).replies.at(-1);
  return reply?.kind === 'rejected' ? reply.reason : (reply?.kind ?? 'nothing');
};

describe('the directory', () => {
  test('is founded once', () => {
    const found: Step = () => ({ type: 'FoundInstallation', installationId: testId(1) });
    const again: Step = () => ({ type: 'FoundInstallation', installationId: testId(2) });
    const { state, events } = run([found, again]);
    assert.equal(events.length, 1);
    assert.equal(state.installationId, testId(1));
  });

  test('has each domain name once, and takes it again after it was removed', () => {
    assert.equal(lastReply(addDomain(1, 'a.test'), addDomain(2, 'a.test')), 'domain-exists');
    assert.equal(lastReply(addDomain(1, 'a.test'), removeDomain(1), addDomain(2, 'a.test')), 'done');
  });

  test('keeps a domain that has an account or an alias', () => {
    assert.equal(lastReply(addDomain(1), addAccount(1), removeDomain(1)), 'domain-in-use');
    const withAlias = [addDomain(1), addDomain(2), addAccount(1), addAlias(1, [1], 2)];
    assert.equal(lastReply(...withAlias, removeDomain(2)), 'domain-in-use');
    assert.equal(lastReply(...withAlias, removeAlias(1), removeDomain(2)), 'done');
  });

  test('keeps an account that an alias leads to', () => {
    const steps = [addDomain(1), addAccount(1), addAlias(1, [1]), removeAccount(1)];
    assert.equal(lastReply(...steps), 'account-in-use');
    assert.equal(lastReply(...steps, removeAlias(1), removeAccount(1)), 'done');
  });

  test('refuses an address that was found free before the last change', () => {
    assert.equal(lastReply(addDomain(1), addAccount(1), addAccount(2, 1, 1)), 'stale');
    assert.equal(lastReply(addDomain(1), addAccount(1), addAlias(1, [1], 1, 1)), 'stale');
  });

  test('knows only the domains, accounts and aliases that were added', () => {
    assert.equal(lastReply(removeDomain(1)), 'no-such-domain');
    assert.equal(lastReply(addAccount(1)), 'no-such-domain');
    assert.equal(lastReply(removeAccount(1)), 'no-such-account');
    assert.equal(lastReply(changePassword(1)), 'no-such-account');
    assert.equal(lastReply(addDomain(1), addAlias(1, [1])), 'no-such-account');
    assert.equal(lastReply(addDomain(1), addAlias(1, [])), 'no-such-account');
    assert.equal(lastReply(removeAlias(1)), 'no-such-alias');
  });

  test('gives a new account its credential, and changes it', () => {
    const { state } = run([addDomain(1), addAccount(1), addAccount(2), changePassword(2)]);
    assert.deepEqual(state.accounts.get(accountOf(1))?.credential, { hash: '$argon2id$first' });
    assert.deepEqual(state.accounts.get(accountOf(2))?.credential, { hash: '$argon2id$second' });
  });

  test('seals the address of an alias under the key of each target', () => {
    const { state } = run([addDomain(1), addAccount(1), addAccount(2), addAlias(1, [1, 2])]);
    assert.deepEqual(state.aliases.get(aliasOf(1))?.address, [
      { scope: accountScope(accountOf(1)), value: { localPart: 'alias1' } },
      { scope: accountScope(accountOf(2)), value: { localPart: 'alias1' } },
    ]);
  });

  test('is found again after a restart, also where a person has been erased', async () => {
    const before = createTestRuntime();
    const first = createDirectoryActors(before);
    let revision = -1;
    for (const step of [addDomain(1), addAccount(1), addAccount(2), addAlias(1, [1, 2])])
      ({ revision } = await first.askDirectory(step(revision), testContext));
    await first.stop();
    before.keys.destroy(accountScope(accountOf(1)));
    const second = createDirectoryActors(createTestRuntime(before.log, before.keys));
    const { reply } = await second.askDirectory(removeAccount(1)(revision), testContext);
    assert.deepEqual(reply, { kind: 'rejected', reason: 'account-in-use' });
    assert.deepEqual((await second.askDirectory(addAccount(3)(revision), testContext)).reply, {
      kind: 'done',
    });
    await second.stop();
  });
});

const small = fc.integer({ min: 1, max: 3 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(small, small).map(([n, name]) => addDomain(n, `d${name}.test`)),
  small.map(removeDomain),
  fc
    .tuple(small, small, fc.constantFrom(0, 0, 0, 1))
    .map(([n, inDomain, behind]) => addAccount(n, inDomain, behind)),
  small.map(removeAccount),
  small.map(changePassword),
  fc
    .tuple(small, fc.uniqueArray(small, { maxLength: 2 }), small)
    .map(([n, targets, inDomain]) => addAlias(n, targets, inDomain)),
  small.map(removeAlias),
);

describe('the directory, under any commands', () => {
  test('never has an account or alias without its domain, an alias without its targets, or a name twice', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (plan) => {
        run(plan, (state) => {
          for (const { domainId } of [...state.accounts.values(), ...state.aliases.values()])
            assert.ok(state.domains.has(domainId));
          for (const { targets } of state.aliases.values())
            assert.ok(targets.length > 0 && targets.every((each) => state.accounts.has(each)));
          assert.equal(new Set(state.domains.values()).size, state.domains.size);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('adds up to the same when its events are folded from zero', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (plan) => {
        const { state, events } = run(plan);
        assert.deepEqual(events.reduce(applyDirectory, initialDirectory()), state);
      }),
      { numRuns: 150 },
    );
  });
});
