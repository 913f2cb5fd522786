/** Callers that wait until a view has come far enough; bounded, each with its own time-out. */
import type { LogIndex } from '../../events/event-log.ts';
import type { ProjectionName } from '../../projections/catalogue.ts';
import { limits } from '../limits.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import type { Position } from './wire.ts';

export interface Waiters {
  /** Resolves when every event below `next` is in the views named. Rejects with `ViewsUnavailable`: `late`
   * after `timeoutMs`, `broken` when one of them can get no further. */
  wait(next: LogIndex, names: readonly ProjectionName[], timeoutMs: number): Promise<void>;
  /** Looks whom the new positions set free. */
  moved(): void;
  close(): void;
}

export function createWaiters(positions: () => ReadonlyMap<ProjectionName, Position>): Waiters {
  interface Waiter {
    readonly next: LogIndex;
    readonly names: readonly ProjectionName[];
    readonly settle: (error?: ViewsUnavailable) => void;
  }
  const waiters = new Set<Waiter>();
  const closed = new ViewsUnavailable('closed', 'the views are closed');
  let closing = false;

  /** True when done, an error when it never will be, undefined when it is not yet. */
  function check(next: LogIndex, names: readonly ProjectionName[]): true | ViewsUnavailable | undefined {
    let done = true;
    for (const name of names) {
      const position = positions().get(name);
      if (position !== undefined && position.next >= next) continue;
      if (position?.broken !== undefined) return new ViewsUnavailable('broken', position.broken);
      done = false;
    }
    return done || undefined;
  }

  return {
    wait(next, names, timeoutMs) {
      if (closing) return Promise.reject(closed);
      const now = check(next, names);
      if (now === true) return Promise.resolve();
      if (now !== undefined) return Promise.reject(now);
      if (waiters.size >= limits.views.waitersMax)
        return Promise.reject(new ViewsUnavailable('overloaded', 'too many wait for the views'));
      return new Promise((resolve, reject) => {
        const late = setTimeout(
          () => waiter.settle(new ViewsUnavailable('late', `the views have not reached ${next} in time`)),
          timeoutMs,
        );
        const waiter: Waiter = {
          next,
          names,
          settle(error) {
            waiters.delete(waiter);
            clearTimeout(late);
            if (error === undefined) resolve();
            else reject(error);
          },
        };
        waiters.add(waiter);
      });
    },
    moved() {
      for (const waiter of waiters) {
        const now = check(waiter.next, waiter.names);
        if (now === true) waiter.settle();
        else if (now !== undefined) waiter.settle(now);
      }
    },
    close() {
      closing = true;
      for (const waiter of waiters) waiter.settle(closed);
    },
  };
}
