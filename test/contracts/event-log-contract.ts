/**
 * The contract suite that every `EventLog` passes. A store's test file calls it once:
 *
 *     eventLogContract('sqlite', { open, reopen, ... });
 */
import { describe } from 'node:test';
import { appendingContract } from './event-log/appending.ts';
import { failingContract } from './event-log/failing.ts';
import { followingContract } from './event-log/following.ts';
import type { EventLogHarness } from './event-log/harness.ts';
import { readingContract } from './event-log/reading.ts';
import { retryingContract } from './event-log/retrying.ts';

export function eventLogContract<Store>(name: string, harness: EventLogHarness<Store>): void {
  describe(`${name} as an event log`, () => {
    appendingContract(harness);
    retryingContract(harness);
    readingContract(harness);
    followingContract(harness);
    failingContract(harness);
  });
}
