/**
 * A view's digest: SHA-256 over the content of its declared tables, in the order of their keys. The same on
 * every machine and however the view came to be: row numbers, page layout and the time of building do not
 * count. When two views differ, `firstDifference` names the first place.
 */
import { createHash } from 'node:crypto';
import type { DigestTable } from './projection.ts';
import type { Row, SqlValue, ViewDatabase } from './view-database.ts';

/** Hex. */
export function digestOf(db: ViewDatabase, tables: readonly DigestTable[]): string {
  const hash = createHash('sha256');
  for (const declared of tables) {
    const columns = columnsOf(db, declared);
    hash.update(`${JSON.stringify([declared.table, columns])}\n`);
    for (const row of ordered(db, declared, columns)) hash.update(`${rowText(row, columns)}\n`);
  }
  return hash.digest('hex');
}

export interface Comparison {
  readonly leftDigest: string;
  readonly rightDigest: string;
  /** Undefined when the digests are equal. */
  readonly difference: Difference | undefined;
}

/** Whether two views of one projection hold the same. */
export function compareViews(
  left: ViewDatabase,
  right: ViewDatabase,
  tables: readonly DigestTable[],
): Comparison {
  const leftDigest = digestOf(left, tables);
  const rightDigest = digestOf(right, tables);
  const difference = leftDigest === rightDigest ? undefined : firstDifference(left, right, tables);
  return { leftDigest, rightDigest, difference };
}

export interface Difference {
  readonly table: string;
  readonly key: Row;
  /** `left`: the row stands only there. */
  readonly kind: 'left' | 'right' | 'both';
  /** Columns that differ, when the row stands on both sides. */
  readonly columns: readonly { readonly column: string; readonly left: SqlValue; readonly right: SqlValue }[];
}

/** The first row, by table and key, that is not the same on both sides; undefined when all are. */
export function firstDifference(
  left: ViewDatabase,
  right: ViewDatabase,
  tables: readonly DigestTable[],
): Difference | undefined {
  for (const declared of tables) {
    const found = differenceIn(left, right, declared);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differenceIn(
  left: ViewDatabase,
  right: ViewDatabase,
  declared: DigestTable,
): Difference | undefined {
  const { table, key } = declared;
  const columns = columnsOf(left, declared);
  const lefts = ordered(left, declared, columns);
  const rights = ordered(right, declared, columns);
  try {
    for (;;) {
      const a = nextOf(lefts);
      const b = nextOf(rights);
      if (a === undefined && b === undefined) return undefined;
      const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a, b, key);
      if (order < 0 && a !== undefined) return { table, key: keyOf(a, key), kind: 'left', columns: [] };
      if (order > 0 && b !== undefined) return { table, key: keyOf(b, key), kind: 'right', columns: [] };
      if (a === undefined || b === undefined) return undefined;
      const differing = columns
        .map((column) => ({ column, left: a[column] ?? null, right: b[column] ?? null }))
        .filter((each) => compareValues(each.left, each.right) !== 0);
      if (differing.length > 0) return { table, key: keyOf(a, key), kind: 'both', columns: differing };
    }
  } finally {
    lefts.return?.();
    rights.return?.();
  }
}

const nextOf = (rows: IterableIterator<Row>): Row | undefined => {
  const next = rows.next();
  return next.done === true ? undefined : next.value;
};

const columnsOf = (db: ViewDatabase, { table }: DigestTable): readonly string[] =>
  db
    .all<{ name: string }>('SELECT name FROM pragma_table_info(?) ORDER BY name', table)
    .map(({ name }) => name);

const quoted = (name: string): string => `"${name}"`;

/** Names come from the projection's own declaration, never from outside. */
const ordered = (db: ViewDatabase, { table, key }: DigestTable, columns: readonly string[]) =>
  db.iterate<Row>(
    `SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(table)} ORDER BY ${key.map(quoted).join(', ')}`,
  );

const rowText = (row: Row, columns: readonly string[]): string =>
  JSON.stringify(columns.map((column) => portable(row[column] ?? null)));

const portable = (value: SqlValue): unknown =>
  value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value;

const keyOf = (row: Row, key: readonly string[]): Row =>
  Object.fromEntries(key.map((column) => [column, row[column] ?? null]));

function compareKeys(a: Row, b: Row, key: readonly string[]): number {
  for (const column of key) {
    const order = compareValues(a[column] ?? null, b[column] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

/** SQLite's own order (https://www.sqlite.org/datatype3.html section 4.1): NULL, numbers, text, blobs. */
function compareValues(a: SqlValue, b: SqlValue): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0 || a === null || b === null) return rank;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(octetsOf(a), octetsOf(b));
}

const rankOf = (value: SqlValue): number => {
  if (value === null) return 0;
  if (typeof value === 'number') return 1;
  return typeof value === 'string' ? 2 : 3;
};

const octetsOf = (value: string | number | Uint8Array): Uint8Array =>
  value instanceof Uint8Array ? value : Buffer.from(String(value));
