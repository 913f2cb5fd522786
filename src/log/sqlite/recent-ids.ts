/**
 * The ids of the newest events, by which a repeated append with `'any'` is recognised: such a repeat
 * comes within seconds, so a window over the log's end does what an index over all ids would cost dearly.
 * Filled from the file when it is first needed, so that it also serves after a restart.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { LogIndex } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import { type BoundedMap, boundedMap } from './bounded-map.ts';
import { uuidFromOctets } from './uuid-octets.ts';

export interface RecentIds {
  find(id: string): LogIndex | undefined;
  add(id: string, index: LogIndex): void;
  /** Something was rolled back: start again from the file. */
  forget(): void;
}

export function recentIds(database: DatabaseSync): RecentIds {
  const newest = database.prepare('SELECT log_index, event_id FROM events ORDER BY log_index DESC LIMIT ?');
  newest.setReturnArrays(true);
  let indexes: BoundedMap<string, LogIndex> | undefined;

  const load = (): BoundedMap<string, LogIndex> => {
    const rows: unknown[] = newest.all(limits.log.repeatWindowLoadedEvents);
    const loaded = boundedMap<string, LogIndex>(limits.log.repeatWindowEvents);
    for (const row of rows.reverse()) {
      const [index, id] = row as [number, Uint8Array];
      loaded.set(uuidFromOctets(id), index);
    }
    return loaded;
  };

  return {
    find(id) {
      indexes ??= load();
      return indexes.get(id);
    },
    add(id, index) {
      indexes ??= load();
      indexes.set(id, index);
    },
    forget() {
      indexes = undefined;
    },
  };
}
