/** Properties of the mailbox, under random commands. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { standardFolders } from '../../actors/mailbox-actors.ts';
import type { MailboxCommand } from '../../actors/mailbox-commands.ts';
import { mailboxDecider } from '../../actors/mailbox-decider.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { decodeMailbox, encodeMailbox } from '../../events/mailbox-snapshot.ts';
import { highestModseq, initialMailbox, type MailboxState } from '../../events/mailbox-state.ts';

const accountId = '01900000-0000-7000-8000-000000000001';
const messageId = '01900000-0000-7000-8000-000000000002';
const content = { messageId, blobId: messageId, length: 9, sealedLength: 37, chunkRoot: '00'.repeat(32) };

/** A command whose references to the state (`foldersAsOf`, keyword counts) are filled in when it runs. */
type Step = (state: MailboxState) => MailboxCommand;

const folder = fc.integer({ min: 1, max: 9 });
const uids = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 6 }))
  .map(([first, more]) => (more === 0 ? `${first}` : `${first}:${first + more}`));
const flags = fc.integer({ min: 0, max: 31 });
const keywords = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 });

const knownKeywords = (state: MailboxState, ids: readonly number[]): readonly number[] =>
  ids.filter((each) => each < state.keywords.length);

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map(
    (sourceIndex): Step =>
      () => ({
        type: 'DeliverMessage',
        messageId,
        blobId: messageId,
        sourceIndex,
        skippedSources: [],
        afterSource: undefined,
        size: 10,
        segments: [],
        addressed: '',
        inline: [],
        receivedAt: 1_700_000_000_000,
      }),
  ),
  fc.tuple(folder, flags, keywords, fc.integer({ min: 1, max: 3 })).map(
    ([folderId, bits, ids, count]): Step =>
      (state) => ({
        type: 'AppendMessages',
        folderId,
        messages: Array.from({ length: count }, () => ({
          content,
          size: 9,
          segments: [],
          internalDate: 0,
          internalOffset: 60,
          flags: bits,
          keywordIds: knownKeywords(state, ids),
        })),
      }),
  ),
  fc.tuple(folder, uids, fc.constantFrom('add', 'remove', 'replace'), flags, fc.boolean()).map(
    ([folderId, set, mode, bits, declare]): Step =>
      (state) => ({
        type: 'ChangeFlags',
        folderId,
        uids: set,
        mode: mode as 'add' | 'remove' | 'replace',
        change: { flags: bits, keywordIds: declare ? [state.keywords.length] : [] },
        newKeywords: declare
          ? { names: [`k${state.keywords.length}`], asOf: state.keywords.length }
          : undefined,
      }),
  ),
  fc.tuple(fc.constantFrom('CopyMessages', 'MoveMessages'), folder, folder, uids).map(
    ([type, folderId, targetFolderId, set]): Step =>
      () => ({ type: type as 'CopyMessages' | 'MoveMessages', folderId, targetFolderId, uids: set }),
  ),
  fc.tuple(folder, uids, fc.boolean()).map(
    ([folderId, set, onlyDeleted]): Step =>
      () => ({ type: 'ExpungeMessages', folderId, uids: set, onlyDeleted }),
  ),
  fc.tuple(fc.option(folder), fc.array(fc.constant('sub'), { minLength: 1, maxLength: 2 })).map(
    ([parentId, path]): Step =>
      (state) => ({ type: 'CreateFolders', parentId, path, foldersAsOf: state.foldersRevision }),
  ),
  fc.tuple(folder, fc.option(folder)).map(
    ([folderId, parentId]): Step =>
      (state) => ({
        type: 'RenameFolder',
        folderId,
        parentId,
        path: ['new', 'name'],
        foldersAsOf: state.foldersRevision,
      }),
  ),
  folder.map(
    (folderId): Step =>
      () => ({ type: 'DeleteFolder', folderId }),
  ),
  folder.map(
    (folderId): Step =>
      () => ({ type: 'RestoreFolder', folderId }),
  ),
);

interface Run {
  readonly state: MailboxState;
  readonly events: readonly MailboxEvent[];
}

/** Runs the steps through the decider, calling `check` after each event. */
function run(
  plan: readonly Step[],
  check: (state: MailboxState, event: MailboxEvent) => void = () => undefined,
): Run {
  const open: Step = () => ({
    type: 'OpenMailbox',
    modseqBase: 0,
    uidValidityBase: 0,
    folders: standardFolders,
  });
  let state = initialMailbox();
  const events: MailboxEvent[] = [];
  for (const step of [open, ...plan]) {
    const input = { streamId: accountId, at: 1_700_000_000_000, nextRevision: events.length };
    for (const event of mailboxDecider.decide(step(state), state, input).events) {
      state = mailboxDecider.apply(state, event, events.length, input.at);
      events.push(event);
      check(state, event);
    }
  }
  return { state, events };
}

/** A state without what only lives in memory. */
const shape = (state: MailboxState): unknown => ({
  ...state,
  folders: [...state.folders.values()].map(({ messages, ...each }) => ({
    ...each,
    rows: Array.from({ length: messages.length }, (_, row) => messages.rowAt(row)),
  })),
});

describe('the mailbox, under any commands', () => {
  const plans = fc.array(steps, { maxLength: 60 });

  test('gives each folder and UIDVALIDITY UIDs that rise and are never used again', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const highest = new Map<string, number>();
        const validities = new Set<string>();
        run(plan, (state) => {
          for (const { id, uidValidity, uidNext, messages } of state.folders.values()) {
            const key = `${id}/${uidValidity}`;
            const before = highest.get(key) ?? 1;
            assert.ok(uidNext >= before, 'UIDNEXT fell');
            highest.set(key, uidNext);
            validities.add(key);
            let last = 0;
            for (let row = 0; row < messages.length; row++) {
              assert.ok(messages.uidAt(row) > last, 'UIDs are not rising');
              last = messages.uidAt(row);
            }
            assert.ok(last < uidNext, 'a UID is not below UIDNEXT');
          }
        });
        const used = [...validities].map((key) => key.split('/')[1]);
        assert.equal(new Set(used).size, used.length, 'two folders share a UIDVALIDITY');
      }),
      { numRuns: 150 },
    );
  });

  test('adds up to the same when its events are folded from zero', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { state, events } = run(plan);
        let folded = initialMailbox();
        for (const [revision, event] of events.entries())
          folded = mailboxDecider.apply(folded, event, revision, 1_700_000_000_000);
        assert.deepEqual(shape(folded), shape(state));
      }),
      { numRuns: 150 },
    );
  });

  test('keeps its octets and its highest modseq true to its messages', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { state, events } = run(plan);
        assert.equal(highestModseq(state), events.length);
        for (const each of state.folders.values()) {
          const rows = Array.from({ length: each.messages.length }, (_, row) => each.messages.rowAt(row));
          assert.equal(
            each.octets,
            rows.reduce((sum, row) => sum + row.size, 0),
          );
          assert.ok(rows.every((row) => row.modseq <= each.highestModseq));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('delivers no source twice', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const sources = run(plan).events.flatMap((event) =>
          event.type === 'MessageDelivered' ? [event.data.sourceIndex] : [],
        );
        assert.equal(new Set(sources).size, sources.length);
      }),
      { numRuns: 100 },
    );
  });

  test('survives its snapshot', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { state } = run(plan);
        assert.deepEqual(shape(decodeMailbox(encodeMailbox(state))), shape(state));
      }),
      { numRuns: 100 },
    );
  });
});

describe('a mailbox', () => {
  const source =
    (sourceIndex: number, afterSource?: number, skippedSources: readonly number[] = []): Step =>
    () => ({
      type: 'DeliverMessage',
      messageId,
      blobId: messageId,
      sourceIndex,
      skippedSources,
      afterSource,
      size: 1,
      segments: [],
      addressed: '',
      inline: [],
      receivedAt: 0,
    });
  const delivered = (plan: readonly Step[]): number[] =>
    run(plan).events.flatMap((event) => (event.type === 'MessageDelivered' ? [event.data.sourceIndex] : []));

  test('refuses a delivery whose predecessor has not arrived, so that none hides another', () => {
    assert.deepEqual(delivered([source(5), source(9, 7), source(7, 5), source(9, 7)]), [5, 7, 9]);
  });

  test('takes a source that went to the local queue, once, also after later ones', () => {
    assert.deepEqual(delivered([source(5), source(9, 7, [7]), source(7), source(7)]), [5, 9, 7]);
  });

  test('keeps a deleted folder as a name while it has children', () => {
    const create: Step = (state) => ({
      type: 'CreateFolders',
      parentId: null,
      path: ['a', 'b'],
      foldersAsOf: state.foldersRevision,
    });
    const { state } = run([create, () => ({ type: 'DeleteFolder', folderId: 7 })]);
    assert.equal(state.folders.get(7)?.selectable, false);
    assert.equal(state.folders.get(8)?.selectable, true);
  });

  test('moves the messages out of INBOX when it is renamed', () => {
    const rename: Step = (state) => ({
      type: 'RenameFolder',
      folderId: 1,
      parentId: null,
      path: ['old'],
      foldersAsOf: state.foldersRevision,
    });
    const { state } = run([source(1), source(2, 1), rename]);
    assert.equal(state.folders.get(1)?.messages.length, 0);
    assert.equal(state.folders.get(7)?.messages.length, 2);
  });
});
