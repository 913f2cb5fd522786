/** A projection that shows when an event was applied twice or not at all. */
import type { StoredEvent } from '../../events/codec.ts';
import type { Projection } from '../../projections/projection.ts';
import { openRunner, type ProjectionRunner } from '../../projections/runner.ts';
import { sqliteViewFile } from '../../src/views/sqlite/view-file.ts';
import { eventScript, testId } from '../support/event-script.ts';
import { textSources } from '../support/view-building.ts';

/** Sums up the UIDs of expunges. */
export const summing = (changes: Partial<Projection> = {}): Projection => ({
  name: 'summing',
  version: 1,
  schema: ['CREATE TABLE sums (account TEXT PRIMARY KEY, sum INTEGER NOT NULL) STRICT'],
  handles: new Set(['MessagesExpunged']),
  digest: [{ table: 'sums', key: ['account'] }],
  apply(db, { stream, event }) {
    if (event.type !== 'MessagesExpunged') throw new TypeError(`${event.type} is not handled here`);
    db.run(
      'INSERT INTO sums VALUES (?1, ?2) ON CONFLICT (account) DO UPDATE SET sum = sum + ?2',
      stream,
      Number(event.data.uids),
    );
  },
  ...changes,
});

const account = `mailbox-${testId(1)}`;

/** As many expunges, of UID 1, 2, ..., each with an event behind it that nobody handles. */
export function expunges(count: number): StoredEvent[] {
  const script = eventScript();
  for (let uid = 1; uid <= count; uid++) {
    script.add(account, { type: 'MessagesExpunged', data: { folderId: 1, uids: `${uid}` } });
    script.add('queue-local', { type: 'QueueResumed', data: {} });
  }
  return script.events;
}

export const openSumming = (file: string, projection = summing()): ProjectionRunner =>
  openRunner(projection, sqliteViewFile({ path: file }), textSources());

export const sumOf = (runner: ProjectionRunner): number | undefined =>
  runner.database.get<{ sum: number }>('SELECT sum FROM sums')?.sum;
