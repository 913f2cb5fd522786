/** Every event type there is, and its definition by name. */
import { type DirectoryEvent, directoryDefinitions } from './directory.ts';
import { type DispatchEvent, dispatchDefinitions } from './dispatch.ts';
import type { EventDefinition } from './event-definition.ts';
import { type MailboxEvent, mailboxDefinitions } from './mailbox.ts';
import { type MessageEvent, messageDefinitions } from './message.ts';
import { type QueueEvent, queueDefinitions } from './queue.ts';
import { type SessionEvent, sessionDefinitions } from './session.ts';

export type DomainEvent =
  | DirectoryEvent
  | SessionEvent
  | MessageEvent
  | MailboxEvent
  | QueueEvent
  | DispatchEvent;

const all: readonly EventDefinition[] = [
  ...directoryDefinitions,
  ...sessionDefinitions,
  ...messageDefinitions,
  ...mailboxDefinitions,
  ...queueDefinitions,
  ...dispatchDefinitions,
] as unknown as readonly EventDefinition[];

export const definitions: ReadonlyMap<string, EventDefinition> = new Map(
  all.map((each) => [each.type, each]),
);
