import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredEvent } from '../../events/codec.ts';
import { accountScope, messageScope } from '../../events/scope-keys.ts';
import { createFactsProjection, factsQueries } from '../../projections/facts-projection.ts';
import { type Sources, SourceUnavailable } from '../../projections/projection.ts';
import { eraseScope, eventScript, testId } from '../support/event-script.ts';
import { storyContent } from '../support/event-story.ts';
import { applyAll, built, memoryRunner, projectionOptions, textSources } from '../support/view-building.ts';

const accountId = testId(1);
const delivered = testId(10);
const appended = [testId(11), testId(12)] as const;

function script(): StoredEvent[] {
  const { add, events } = eventScript();
  add(`mailbox-${accountId}`, {
    type: 'MessageDelivered',
    data: {
      ...{ messageId: delivered, blobId: delivered, sourceIndex: 0, skippedSources: [], folderId: 1 },
      ...{ uid: 1, size: 20, internalDate: 0 },
      segments: [
        { kind: 'inline', length: 13 },
        { kind: 'inline', length: 13 },
        { kind: 'blob', offset: 0, length: 10 },
      ],
      addressed: 'Cc: x@y.test\n',
      inline: ['To: \xe9@y.test\n'],
    },
  });
  add(`mailbox-${accountId}`, {
    type: 'MessagesAppended',
    data: {
      ...{ folderId: 1, firstUid: 2 },
      messages: appended.map((messageId) => ({
        content: storyContent(messageId),
        ...{ size: 20, internalDate: 0, internalOffset: 0, flags: 0, keywordIds: [] },
        segments: [{ kind: 'blob', offset: 0, length: 10 }],
      })),
    },
  });
  return events;
}

const places = [
  { origin: 0, ordinal: 0 },
  { origin: 1, ordinal: 0 },
  { origin: 1, ordinal: 1 },
];
const create = () => createFactsProjection(projectionOptions);
const subjects = (found: ReturnType<typeof factsQueries.find>) =>
  found.map(({ facts }) => facts?.envelope.subject ?? null);

test('each content that a mailbox got has its facts, inline segments included, as octets', async () => {
  const { database } = await built(create(), script());
  const found = factsQueries.find(database, accountId, places);
  assert.deepEqual(subjects(found), [delivered, ...appended]);
  assert.deepEqual(found[0]?.facts?.envelope.to?.[0]?.mailbox, '\xe9');
  assert.deepEqual(found[0]?.facts?.envelope.cc?.[0]?.mailbox, 'x');
  assert.equal(found[1]?.facts?.size, `Subject: ${appended[0]}\r\n\r\nHello\r\n`.length);
  assert.deepEqual(factsQueries.find(database, accountId, [{ origin: 9, ordinal: 0 }]), []);
});

test('an erased message has a row without facts, and so has a delivery whose account is erased', async () => {
  const gone = appended[1];
  const erasedContent = await built(create(), script(), textSources(new Set([gone])));
  assert.deepEqual(subjects(factsQueries.find(erasedContent.database, accountId, places)), [
    delivered,
    appended[0],
    null,
  ]);
  const erasedMessage = await built(create(), eraseScope(script(), messageScope(delivered)));
  assert.deepEqual(subjects(factsQueries.find(erasedMessage.database, accountId, places)), [
    null,
    ...appended,
  ]);
  const erasedAccount = await built(create(), eraseScope(script(), accountScope(accountId)));
  assert.deepEqual(subjects(factsQueries.find(erasedAccount.database, accountId, places)), [
    null,
    ...appended,
  ]);
});

test('facts that were asked for early are not computed again', async () => {
  let reads = 0;
  const sources: Sources = {
    readContent: (content) => {
      reads++;
      return textSources().readContent(content);
    },
  };
  const projection = create();
  const runner = memoryRunner(projection, sources);
  const events = script();
  const event = events[1];
  assert.ok(event);
  const early = await projection.compute(event, 1, sources);
  assert.equal(early?.facts?.envelope.subject, appended[1]);
  assert.equal(await projection.compute(event, 7, sources), undefined);
  await applyAll(runner, events);
  assert.equal(reads, 3);
  assert.deepEqual(factsQueries.find(runner.database, accountId, places)[2]?.facts, early?.facts);
});

test('a content that cannot be read now is not mistaken for one that is gone', async () => {
  const sources: Sources = {
    // biome-ignore lint/correctness/useYield: it fails before it has anything to give
    async *readContent() {
      throw new SourceUnavailable('later');
    },
  };
  await assert.rejects(built(create(), script(), sources), SourceUnavailable);
});
