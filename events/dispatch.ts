/** `dispatch-main`: how far the dispatcher has come. Everything below `next` has reached its targets. */
import { defineEvent, type EventOf } from './event-definition.ts';
import { count } from './fields.ts';

const dispatchProgressed = defineEvent('DispatchProgressed', { version: 1, clear: { next: count } });
export const dispatchDefinitions = [dispatchProgressed] as const;
export type DispatchEvent = EventOf<(typeof dispatchDefinitions)[number]>;
