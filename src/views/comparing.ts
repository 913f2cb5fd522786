/** Compares a hosted view with another file of the same projection, which a snapshot holds still meanwhile. */
import type { ProjectionName } from '../../projections/catalogue.ts';
import { type Comparison, compareViews } from '../../projections/digest.ts';
import type { Checkpoint } from '../../projections/runner.ts';
import type { ViewDatabase } from '../../projections/view-database.ts';
import type { HostedViews } from './hosted-views.ts';
import { openSqliteView } from './sqlite/view-file.ts';
import { ViewsUnavailable } from './views-unavailable.ts';

export interface Comparing {
  /** Takes a snapshot of the file, lets an earlier one go, and tells how far it is. */
  hold(path: string): Checkpoint;
  /** The snapshot is left, the hosted view right. Lets the snapshot go. */
  compare(name: ProjectionName): Comparison;
  close(): void;
}

export function createComparing(hosted: HostedViews): Comparing {
  let held: ViewDatabase | undefined;
  const release = (): void => {
    held?.close();
    held = undefined;
  };
  return {
    hold(path) {
      release();
      held = openSqliteView({ path, readOnly: true });
      held.exec('BEGIN');
      const found = held.get<{ next: number; lastId: string | null }>(
        'SELECT next, last_id AS lastId FROM checkpoint',
      );
      if (found === undefined) throw new ViewsUnavailable('failed', `${path} has no checkpoint`);
      return found;
    },
    compare(name) {
      if (held === undefined) throw new ViewsUnavailable('failed', 'there is nothing to compare');
      const { runner, projection } = hosted.sound(name);
      try {
        return compareViews(held, runner.database, projection.digest);
      } finally {
        release();
      }
    },
    close: release,
  };
}
