/** The property that delivery stands on, under random mail, faults of the mailboxes, restarts and kills. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { testContext } from '../support/actor-runtime.ts';
import { accountOf, type Fault, type MailFlow, messageOf, startMailFlow } from '../support/mail-flow.ts';

type Step =
  | { readonly kind: 'accept'; readonly recipients: readonly (readonly number[])[] }
  | { readonly kind: 'down' | 'up' | 'close'; readonly account: number }
  | { readonly kind: 'retry'; readonly laterMs: number }
  | { readonly kind: 'wait' }
  | { readonly kind: 'restart'; readonly kill: boolean; readonly from: number | undefined };

const accounts = fc.integer({ min: 1, max: 3 });
const accept: fc.Arbitrary<Step> = fc
  .array(fc.uniqueArray(accounts, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 })
  .map((recipients) => ({ kind: 'accept', recipients }));
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: accept },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('down' as const, 'up' as const), account: accounts }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), account: fc.constant(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('retry' as const),
      laterMs: fc.integer({ max: 60_000, min: 0 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'wait' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      kill: fc.boolean(),
      from: fc.option(fc.nat(4), { nil: undefined }),
    }),
  },
);
const faults: fc.Arbitrary<readonly Fault[]> = fc.array(
  fc.constantFrom<Fault>(undefined, undefined, undefined, 'before', 'after'),
  { minLength: 1, maxLength: 30 },
);

async function take(flow: MailFlow, step: Step, n: number, expected: string[]): Promise<void> {
  switch (step.kind) {
    case 'accept':
      await flow.accept(n, step.recipients);
      for (const account of new Set(step.recipients.flat()))
        expected.push(`${messageOf(n)} ${accountOf(account)}`);
      return;
    case 'down':
      flow.down.add(accountOf(step.account));
      return;
    case 'up':
      flow.down.delete(accountOf(step.account));
      return;
    case 'close':
      // What is injected may refuse it.
      await flow.mailboxes
        .askMailbox(accountOf(step.account), { type: 'CloseMailbox' }, testContext)
        .catch(() => undefined);
      return;
    case 'retry':
      flow.advance(step.laterMs);
      await flow.queue.runDue();
      return;
    case 'wait':
      await delay(3);
      return;
    case 'restart':
      await flow.restart(step);
      return;
    default:
      step satisfies never;
  }
}

describe('delivery, under faults and restarts', () => {
  test('gives every recipient account of every accepted message exactly one outcome', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 30 }), faults, async (plan, cycle) => {
        const flow = await startMailFlow({ laneWindow: 3, pendingMax: 5, triesMax: 2 });
        let asked = 0;
        flow.fault = () => cycle[asked++ % cycle.length];
        const expected: string[] = [];
        for (const [n, step] of plan.entries()) await take(flow, step, n, expected);
        await flow.finish();
        const outcomes: string[] = [];
        for (const { stream, event } of await flow.stored()) {
          if (event.type === 'MessageDelivered' || event.type === 'DeliveryRefused')
            outcomes.push(`${event.data.messageId} ${stream.slice('mailbox-'.length)}`);
          assert.notEqual(event.type, 'DeliveryFailed');
        }
        assert.deepEqual(outcomes.sort(), expected.sort());
        for (const account of [1, 2, 3])
          assert.deepEqual(await flow.queue.waitingFor(accountOf(account)), []);
        await flow.stop();
      }),
      { numRuns: 60 },
    );
  });
});
