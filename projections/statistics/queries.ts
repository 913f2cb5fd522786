/** What the statistics answer. */
import type { ViewDatabase } from '../view-database.ts';

export interface DailyCount {
  /** `yyyy-mm-dd`, UTC. */
  readonly day: string;
  readonly counter: string;
  readonly value: number;
}

export const statisticsQueries = {
  /** Both days inside. */
  between: (db: ViewDatabase, firstDay: string, lastDay: string): DailyCount[] =>
    db.all(
      'SELECT day, counter, value FROM days WHERE day BETWEEN ? AND ? ORDER BY day, counter',
      firstDay,
      lastDay,
    ),
} as const;
