import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StoredEvent } from '../../events/codec.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { applyMailbox, initialMailbox, type MailboxState } from '../../events/mailbox-state.ts';
import { parseStream } from '../../events/streams.ts';
import { createProjections, projectionNames } from '../../projections/catalogue.ts';
import { firstDifference } from '../../projections/digest.ts';
import { createMailboxView } from '../../projections/mailbox-view/mailbox-view.ts';
import { mailboxQueries } from '../../projections/mailbox-view/queries.ts';
import { scopeId } from '../../projections/personal.ts';
import { eraseScope, scopesOf } from '../support/event-script.ts';
import { steps, storyAccounts, tellStory } from '../support/event-story.ts';
import {
  applyAll,
  built,
  digest,
  memoryRunner,
  projectionOptions,
  textSources,
} from '../support/view-building.ts';

for (const name of projectionNames) {
  test(`${name}: one batch or many, the tables are the same`, async () => {
    await fc.assert(
      fc.asyncProperty(steps(40), fc.integer({ min: 1, max: 9 }), async (told, size) => {
        const events = tellStory(told);
        const whole = await built(createProjections(projectionOptions)[name], events);
        const parts = memoryRunner(createProjections(projectionOptions)[name]);
        await applyAll(parts, events, size);
        assert.equal(digest(parts), digest(whole));
      }),
      { numRuns: 20 },
    );
  });

  test(`${name}: purging a scope leaves what a rebuild without its key gives`, async () => {
    await fc.assert(
      fc.asyncProperty(steps(25), fc.nat(), async (told, pick) => {
        const events = tellStory(told);
        const scopes = scopesOf(events);
        const scope = scopes[pick % scopes.length];
        assert.ok(scope);
        const purged = await built(createProjections(projectionOptions)[name], events);
        purged.purge(scope);
        const gone = scopeId('message', scope);
        const rebuilt = await built(
          createProjections(projectionOptions)[name],
          eraseScope(events, scope),
          textSources(new Set(gone === undefined ? [] : [gone])),
        );
        const difference = firstDifference(purged.database, rebuilt.database, purged.projection.digest);
        assert.deepEqual([scope, difference], [scope, undefined]);
        assert.equal(digest(purged), digest(rebuilt));
      }),
      { numRuns: 30 },
    );
  });
}

test('mailbox: the rows are what the fold over the whole account says', async () => {
  await fc.assert(
    fc.asyncProperty(steps(60), async (told) => {
      const events = tellStory(told);
      const view = await built(createMailboxView(projectionOptions), events);
      for (const accountId of storyAccounts) {
        const state = foldedMailbox(events, accountId);
        assert.equal(mailboxQueries.revision(view.database, accountId), state.revision);
        const folders = mailboxQueries.folders(view.database, accountId);
        assert.deepEqual(folders.map(({ folderId }) => folderId).sort(), [...state.folders.keys()].sort());
        for (const summary of folders) compareFolder(view, accountId, state, summary);
      }
    }),
    { numRuns: 40 },
  );
});

test('mailbox: a view that forgot its folded states goes on from its own rows', async () => {
  await fc.assert(
    fc.asyncProperty(steps(40), async (told) => {
      const events = tellStory(told);
      const kept = await built(createMailboxView({ mailboxesMax: 10 }), events);
      const forgetful = memoryRunner(createMailboxView({ mailboxesMax: 1 }));
      for (const event of events) {
        forgetful.projection.undone?.();
        await applyAll(forgetful, [event]);
      }
      assert.equal(digest(forgetful), digest(kept));
    }),
    { numRuns: 20 },
  );
});

function foldedMailbox(events: readonly StoredEvent[], accountId: string): MailboxState {
  let state = initialMailbox();
  for (const stored of events) {
    const name = parseStream(stored.stream);
    if (name?.category === 'mailbox' && name.id === accountId)
      state = applyMailbox(state, stored.event as MailboxEvent, stored.revision, stored.at);
  }
  return state;
}

function compareFolder(
  view: Awaited<ReturnType<typeof built>>,
  accountId: string,
  state: MailboxState,
  summary: ReturnType<typeof mailboxQueries.folders>[number],
): void {
  const folder = state.folders.get(summary.folderId);
  assert.ok(folder);
  const { uidValidity, uidNext, highestModseq, octets, selectable, parentId } = folder;
  const { messages, unseen, folderId, name, specialUse, ...rest } = summary;
  assert.deepEqual(rest, { uidValidity, uidNext, highestModseq, octets, selectable, parentId });
  assert.deepEqual(
    [name, specialUse ?? undefined],
    ['name' in folder.label ? folder.label.name : null, folder.specialUse],
  );
  const rows = Array.from({ length: folder.messages.length }, (_, row) => folder.messages.rowAt(row));
  assert.equal(messages, rows.length);
  assert.equal(unseen, rows.filter((row) => (row.flags & 1) === 0).length);
  const found = mailboxQueries
    .messages(view.database, accountId, folderId, 1, 10_000)
    .map(({ messageId, keywordIds, ...row }) => ({ ...row, keywordIds, named: messageId !== '' }));
  const expected = rows.map(({ keywords, ...row }) => ({
    ...row,
    keywordIds: [...(state.keywordSets[keywords] ?? [])],
    named: true,
  }));
  assert.deepEqual(found, expected);
}
