/**
 * Tables for people: columns aligned, two spaces between them, no lines drawn. Nothing is cut off, unless a
 * width is given (a terminal's): then the last column that may shrink gives way first.
 */
import { displayWidth, pad, printable, truncate } from './terminal-text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Whether the column may be cut to fit a terminal; by default it may. An id to copy should not. */
  readonly fixed?: boolean;
}

const gap = '  ';
const shrunkMin = 8;

/** Takes the columns that the lines are too wide by from those that may shrink, the last first. */
const shrink = (
  columns: readonly Column[],
  widths: readonly number[],
  columnsMax: number,
): readonly number[] => {
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1) - columnsMax;
  const fitted = [...widths];
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    const width = fitted[at] ?? 0;
    if (columns[at]?.fixed) continue;
    const taken = Math.min(excess, Math.max(0, width - shrunkMin));
    fitted[at] = width - taken;
    excess -= taken;
  }
  return fitted;
};

/**
 * The lines of a table, its titles first.
 * @param columnsMax the width of the terminal; `undefined`: nothing is cut off
 */
export const formatTable = (
  columns: readonly Column[],
  rows: readonly (readonly (string | number | undefined)[])[],
  columnsMax?: number,
): readonly string[] => {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((_, at) => printable(String(row[at] ?? '')))),
  ];
  const natural = columns.map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? '')), 0));
  const widths = columnsMax === undefined ? natural : shrink(columns, natural, columnsMax);
  return cells.map((row) =>
    row
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        return pad(truncate(cell, width), width, columns[at]?.align ?? 'left');
      })
      .join(gap)
      .trimEnd(),
  );
};
