/** What the queue view answers. */
import type { ViewDatabase } from '../view-database.ts';

export interface QueuedDelivery {
  readonly queueId: string;
  readonly messageId: string;
  readonly accountId: string;
  readonly sourceIndex: number;
  readonly enqueuedAt: number;
  readonly dueAt: number;
  readonly attempts: number;
  readonly reason: string;
}

export const queueQueries = {
  queues: (db: ViewDatabase): { queueId: string; paused: boolean; items: number }[] =>
    db
      .all<{ queueId: string; paused: number; items: number }>(
        `SELECT queue_id AS queueId, paused,
           (SELECT count(*) FROM items i WHERE i.queue_id = q.queue_id) AS items
         FROM queues q ORDER BY queue_id`,
      )
      .map((row) => ({ ...row, paused: row.paused === 1 })),

  /** The next ones that are due, at most `limit`. */
  items: (db: ViewDatabase, limit: number): QueuedDelivery[] =>
    db.all(
      `SELECT queue_id AS queueId, message_id AS messageId, account_id AS accountId,
         source_index AS sourceIndex, enqueued_at AS enqueuedAt, due_at AS dueAt, attempts, reason
       FROM items ORDER BY due_at, queue_id, message_id, account_id LIMIT ?`,
      limit,
    ),
} as const;
