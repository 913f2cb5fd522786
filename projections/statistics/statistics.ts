/** Statistics: what happened on each day (UTC), counted. Nothing personal, so nothing is ever erased here. */
import type { StoredEvent } from '../../events/codec.ts';
import { type Handlers, handle, handledTypes, type Projection } from '../projection.ts';
import type { ViewDatabase } from '../view-database.ts';

const schema = [
  `CREATE TABLE days (
    day TEXT NOT NULL,
    counter TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (day, counter)
  ) STRICT, WITHOUT ROWID`,
] as const;

function add(db: ViewDatabase, stored: StoredEvent, counter: string, value = 1): void {
  db.run(
    `INSERT INTO days VALUES (?, ?, ?)
     ON CONFLICT (day, counter) DO UPDATE SET value = value + excluded.value`,
    new Date(stored.at).toISOString().slice(0, 10),
    counter,
    value,
  );
}

const handlers: Handlers = {
  MessageAccepted: (db, stored) => {
    add(db, stored, `accepted.${stored.event.data.origin}`);
    add(db, stored, 'accepted.octets', stored.event.data.size);
  },
  MessageDelivered: (db, stored) => {
    add(db, stored, 'delivered');
    add(db, stored, 'delivered.octets', stored.event.data.size);
  },
  DeliveryRefused: (db, stored) => add(db, stored, `refused.${stored.event.data.reason}`),
  MessagesAppended: (db, stored) => add(db, stored, 'appended', stored.event.data.messages.length),
  DeliveryDeferred: (db, stored) => add(db, stored, 'deferred'),
  DeliveryFailed: (db, stored) => add(db, stored, 'failed'),
  SessionOpened: (db, stored) => add(db, stored, `sessions.${stored.event.data.protocol}`),
  SilentConnectionsCounted: (db, stored) => add(db, stored, 'sessions.silent', stored.event.data.connections),
  Authenticated: (db, stored) => add(db, stored, 'logins'),
  IdleLoginsCounted: (db, stored) => add(db, stored, 'logins', stored.event.data.logins),
  AuthenticationFailed: (db, stored) => add(db, stored, 'logins.failed'),
  CommandRefused: (db, stored) => add(db, stored, 'commands.refused'),
};

export const statistics: Projection<undefined> = {
  name: 'statistics',
  version: 1,
  schema,
  handles: handledTypes(handlers),
  digest: [{ table: 'days', key: ['day', 'counter'] }],
  apply: (db, stored) => handle(handlers, db, stored),
};
