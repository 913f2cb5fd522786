/**
 * The ids of the newest events, by which a repeated append with `'any'` is recognised: such a repeat
 * comes within seconds, so a window over the log's end does what an index over all ids would cost dearly.
 * Filled from the file when it is first needed, so that it also serves after a restart.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { LogIndex } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
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
  let indexes: Map<string, LogIndex> | undefined;

  const load = (): Map<string, LogIndex> => {
    const rows: unknown[] = newest.all(limits.log.repeatWindowLoadedEvents);
    const loaded = new Map<string, LogIndex>();
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
      if (indexes.size <= limits.log.repeatWindowEvents) return;
      for (const oldest of indexes.keys()) {
        indexes.delete(oldest);
        return;
      }
    },
    forget() {
      indexes = undefined;
    },
  };
}
