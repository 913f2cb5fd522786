/**
 * Which views walk through the log together. Those near its end share one lane. Those that are far behind
 * (made anew, or after an upgrade) walk by themselves, so that nobody who needs a current view waits for
 * them; and of these the directory goes first and alone, because no mail is taken without it.
 */
import type { LogIndex } from '../../events/event-log.ts';
import type { ProjectionName } from '../../projections/catalogue.ts';

export interface Lane {
  readonly names: readonly ProjectionName[];
  /** The view furthest behind starts here; the others skip what they have. */
  readonly from: LogIndex;
}

export function planLanes(
  positions: readonly { readonly name: ProjectionName; readonly next: LogIndex }[],
  head: LogIndex,
  lagMax: number,
): readonly Lane[] {
  const isBehind = (each: { readonly next: LogIndex }): boolean => head - each.next > lagMax;
  const groups = [
    positions.filter((each) => !isBehind(each)),
    positions.filter((each) => isBehind(each) && each.name === 'directory'),
    positions.filter((each) => isBehind(each) && each.name !== 'directory'),
  ];
  return groups
    .filter((group) => group.length > 0)
    .map((group) => ({
      names: group.map(({ name }) => name),
      from: Math.min(...group.map(({ next }) => next)),
    }));
}
