/** Personal fields on their way into tables, where what is erased stands as NULL. */
import type { StoredEvent } from '../events/codec.ts';
import { type DomainEvent, definitions } from '../events/domain-event.ts';
import { isErased, type Personal } from '../events/event-definition.ts';
import type { KeyScope } from '../events/scope-keys.ts';
import { streamId } from '../events/streams.ts';

/** The value, or undefined when it is erased or was never there. */
export const opened = <T>(value: Personal<T> | undefined): T | undefined =>
  isErased(value) ? undefined : value;

export interface SeparateFields {
  /** The clear fields, as JSON. */
  readonly clear: string;
  /** The sealed fields that can still be read, as JSON; null when there is none. */
  readonly personal: string | null;
  /** The scope that `personal` stands under, also when it is erased; null when nothing is sealed. */
  readonly scope: KeyScope | null;
}

/** An event's fields, apart by who may have them erased. For events whose boxes share one scope. */
export function separateFields(stored: StoredEvent<DomainEvent>): SeparateFields {
  const boxes = definitions.get(stored.event.type)?.boxEntries ?? [];
  const data = stored.event.data as Readonly<Record<string, unknown>>;
  const clear: Record<string, unknown> = { ...data };
  const personal: Record<string, unknown> = {};
  let scope: KeyScope | null = null;
  for (const [name, box] of boxes) {
    const value = data[name];
    delete clear[name];
    if (value === undefined) continue;
    scope = box.scope({ streamId: streamId(stored.stream), at: stored.at, data });
    if (!isErased(value)) personal[name] = value;
  }
  const readable = Object.keys(personal).length > 0;
  return { clear: JSON.stringify(clear), personal: readable ? JSON.stringify(personal) : null, scope };
}

/** The id in a scope of the given kind: `scopeId('account', 'account/<id>')`. */
export function scopeId(kind: 'message' | 'account', scope: KeyScope): string | undefined {
  return scope.startsWith(`${kind}/`) ? scope.slice(kind.length + 1) : undefined;
}
