import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMessage, deliveryTargets, initialMessage } from '../../events/message.ts';
import { aliceId, bobId, sampleEvents } from '../support/sample-events.ts';

const [event] = sampleEvents.flatMap(([, each]) => (each.type === 'MessageAccepted' ? [each] : []));
assert.ok(event !== undefined);

test('an accepted message leads to each account once, however many recipients lead there', () => {
  assert.deepEqual(deliveryTargets(event), [aliceId, bobId]);
});

test('a message is accepted when its first event says so', () => {
  assert.deepEqual(initialMessage(), { accepted: false, accountIds: [] });
  assert.deepEqual(applyMessage(initialMessage(), event), { accepted: true, accountIds: [aliceId, bobId] });
});
