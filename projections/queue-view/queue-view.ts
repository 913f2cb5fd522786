/**
 * The queue view: what waits in which queue, until when, after how many attempts. Each event is folded
 * (`events/queue.ts`) over the one item that it names.
 */
import type { StoredEvent } from '../../events/codec.ts';
import {
  applyQueue,
  initialQueue,
  type QueueEvent,
  type QueueItem,
  queueDefinitions,
  queueKey,
} from '../../events/queue.ts';
import { streamId } from '../../events/streams.ts';
import type { Projection } from '../projection.ts';
import type { ViewDatabase } from '../view-database.ts';

const schema = [
  `CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY,
    paused INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE items (
    queue_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    source_index INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (queue_id, message_id, account_id)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX items_by_due ON items (due_at)',
] as const;

export const queueView: Projection<undefined> = {
  name: 'queue',
  version: 1,
  schema,
  handles: new Set(queueDefinitions.map(({ type }) => type)),
  digest: [
    { table: 'queues', key: ['queue_id'] },
    { table: 'items', key: ['queue_id', 'message_id', 'account_id'] },
  ],
  apply: (db, stored) => applyEvent(db, stored as StoredEvent<QueueEvent>),
};

interface ItemColumns {
  readonly source_index: number;
  readonly enqueued_at: number;
  readonly due_at: number;
  readonly attempts: number;
  readonly reason: string;
}

function applyEvent(db: ViewDatabase, stored: StoredEvent<QueueEvent>): void {
  const queueId = streamId(stored.stream);
  const { event } = stored;
  const queue = db.get<{ paused: number }>('SELECT paused FROM queues WHERE queue_id = ?', queueId);
  const before = { ...initialQueue(), paused: queue?.paused === 1 };
  const named = event.type === 'QueuePaused' || event.type === 'QueueResumed' ? undefined : event.data;
  const item = named && loadItem(db, queueId, named);
  if (item !== undefined) before.items.set(queueKey(item), item);
  const state = applyQueue(before, event, stored.at);
  db.run('INSERT OR REPLACE INTO queues VALUES (?, ?)', queueId, Number(state.paused));
  if (named !== undefined) saveItem(db, queueId, named, state.items.get(queueKey(named)));
}

type Named = Pick<QueueItem, 'messageId' | 'accountId'>;

function loadItem(db: ViewDatabase, queueId: string, { messageId, accountId }: Named): QueueItem | undefined {
  const row = db.get<ItemColumns>(
    'SELECT * FROM items WHERE queue_id = ? AND message_id = ? AND account_id = ?',
    queueId,
    messageId,
    accountId,
  );
  return (
    row && {
      messageId,
      accountId,
      sourceIndex: row.source_index,
      enqueuedAt: row.enqueued_at,
      dueAt: row.due_at,
      attempts: row.attempts,
      reason: row.reason,
    }
  );
}

function saveItem(
  db: ViewDatabase,
  queueId: string,
  { messageId, accountId }: Named,
  item: QueueItem | undefined,
): void {
  if (item === undefined)
    db.run(
      'DELETE FROM items WHERE queue_id = ? AND message_id = ? AND account_id = ?',
      queueId,
      messageId,
      accountId,
    );
  else
    db.run(
      'INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      queueId,
      messageId,
      accountId,
      item.sourceIndex,
      item.enqueuedAt,
      item.dueAt,
      item.attempts,
      item.reason,
    );
}
