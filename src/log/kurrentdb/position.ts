/** Positions in `$all`: one total order with gaps. Only their order means anything. */
export interface Position {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** Negative when `a` stands before `b`. */
export function comparePositions(a: Position, b: Position): number {
  if (a.commit !== b.commit) return a.commit < b.commit ? -1 : 1;
  if (a.prepare !== b.prepare) return a.prepare < b.prepare ? -1 : 1;
  return 0;
}
