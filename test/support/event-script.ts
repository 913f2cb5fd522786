/**
 * Lists of events as a view gets them, written by hand: `add` numbers them as the log would. `eraseScope` is
 * what the codec makes of a list once the key of a scope is destroyed.
 */
import type { Actor, StoredEvent } from '../../events/codec.ts';
import { type DomainEvent, definitions } from '../../events/domain-event.ts';
import { erased } from '../../events/event-definition.ts';
import type { KeyScope } from '../../events/scope-keys.ts';
import { streamId } from '../../events/streams.ts';

/** A UUID that names its number, so that failures can be read. */
export const testId = (number: number): string =>
  `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

export const scriptStart = Date.UTC(2026, 0, 31, 23, 59, 0);

export interface EventScript {
  readonly events: StoredEvent[];
  add(stream: string, event: DomainEvent, by?: Actor): StoredEvent;
}

/** Every event comes ten seconds after the one before, so that a list crosses the end of a month. */
export function eventScript(): EventScript {
  const events: StoredEvent[] = [];
  const revisions = new Map<string, number>();
  return {
    events,
    add(stream, event, by = 'system') {
      const index = events.length;
      const revision = (revisions.get(stream) ?? -1) + 1;
      revisions.set(stream, revision);
      const at = scriptStart + index * 10_000;
      const id = testId(1_000_000 + index);
      const stored = {
        ...{ index, stream, revision, id, event, at, by },
        correlationId: streamId(stream),
        causationId: streamId(stream),
      };
      events.push(stored);
      return stored;
    },
  };
}

export const eraseScope = (events: readonly StoredEvent[], scope: KeyScope): StoredEvent[] =>
  events.map((stored) => ({ ...stored, event: eraseIn(stored, scope) }));

function eraseIn(stored: StoredEvent, scope: KeyScope): StoredEvent['event'] {
  const { event } = stored;
  const data: Record<string, unknown> = { ...event.data };
  for (const [name, box] of definitions.get(event.type)?.boxEntries ?? []) {
    const value = data[name];
    if (value === undefined) continue;
    if (box.kind === 'list')
      data[name] = (value as { scope: KeyScope; value: unknown }[]).map((each) =>
        each.scope === scope ? { scope, value: erased } : each,
      );
    else if (box.scope({ streamId: streamId(stored.stream), at: stored.at, data: event.data }) === scope)
      data[name] = erased;
  }
  return { type: event.type, data } as StoredEvent['event'];
}

/** Every scope that a list seals something under. */
export function scopesOf(events: readonly StoredEvent[]): readonly KeyScope[] {
  const scopes = new Set<KeyScope>();
  for (const stored of events) {
    const data = stored.event.data as Readonly<Record<string, unknown>>;
    for (const [name, box] of definitions.get(stored.event.type)?.boxEntries ?? []) {
      const value = data[name];
      if (value === undefined) continue;
      if (box.kind === 'list') for (const entry of value as { scope: KeyScope }[]) scopes.add(entry.scope);
      else scopes.add(box.scope({ streamId: streamId(stored.stream), at: stored.at, data }));
    }
  }
  return [...scopes];
}
