/**
 * The messages of one folder as columns of typed arrays, sorted by UID: about 44 octets a message, so that
 * an account may hold a million. A message's sequence number is its row plus one.
 *
 * Mutable on purpose: a fold over a million rows cannot copy them for each event. Whoever folds owns the
 * table and shares it with nobody.
 */

/** System flags as bits (RFC 3501 section 2.3.2; `\Recent` belongs to sessions, not to messages). */
export const flagBits = { seen: 1, answered: 2, flagged: 4, deleted: 8, draft: 16 } as const;

/** What is known of one message. */
export interface MessageRow {
  readonly uid: number;
  /** Bits of `flagBits`. */
  readonly flags: number;
  /** Index into the mailbox's table of keyword combinations; 0 is none. */
  readonly keywords: number;
  readonly modseq: number;
  /** Octets. */
  readonly size: number;
  /** Milliseconds since the epoch, and the offset from UTC in minutes as it was given. */
  readonly internalDate: number;
  readonly internalOffset: number;
  /** When it came into this folder (RFC 8514 SAVEDATE), milliseconds since the epoch. */
  readonly savedAt: number;
  /** Revision and place of the event on this mailbox's stream that brought the content. */
  readonly origin: number;
  readonly ordinal: number;
}

interface Columns {
  uid: Uint32Array;
  flags: Uint8Array;
  keywords: Uint16Array;
  modseq: Float64Array;
  size: Uint32Array;
  internalDate: Float64Array;
  internalOffset: Int16Array;
  savedAt: Float64Array;
  origin: Uint32Array;
  ordinal: Uint16Array;
}

const columnTypes = {
  uid: Uint32Array,
  flags: Uint8Array,
  keywords: Uint16Array,
  modseq: Float64Array,
  size: Uint32Array,
  internalDate: Float64Array,
  internalOffset: Int16Array,
  savedAt: Float64Array,
  origin: Uint32Array,
  ordinal: Uint16Array,
} as const;
const columnNames = Object.keys(columnTypes) as (keyof Columns)[];

const createColumns = (capacity: number): Columns =>
  Object.fromEntries(
    columnNames.map((name) => [name, new columnTypes[name](capacity)]),
  ) as unknown as Columns;

export class MessageTable {
  #columns: Columns = createColumns(8);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends a row; its UID must be above all others. */
  push(row: MessageRow): void {
    if (this.#length > 0 && row.uid <= this.uidAt(this.#length - 1))
      throw new RangeError(`UID ${row.uid} does not rise`);
    this.#reserve(this.#length + 1);
    for (const name of columnNames) this.#columns[name][this.#length] = row[name];
    this.#length++;
  }

  uidAt(row: number): number {
    return this.#columns.uid[row] ?? 0;
  }
  flagsAt(row: number): number {
    return this.#columns.flags[row] ?? 0;
  }
  keywordsAt(row: number): number {
    return this.#columns.keywords[row] ?? 0;
  }
  modseqAt(row: number): number {
    return this.#columns.modseq[row] ?? 0;
  }

  rowAt(row: number): MessageRow {
    if (row < 0 || row >= this.#length) throw new RangeError(`no row ${row}`);
    const c = this.#columns;
    return {
      uid: c.uid[row] as number,
      flags: c.flags[row] as number,
      keywords: c.keywords[row] as number,
      modseq: c.modseq[row] as number,
      size: c.size[row] as number,
      internalDate: c.internalDate[row] as number,
      internalOffset: c.internalOffset[row] as number,
      savedAt: c.savedAt[row] as number,
      origin: c.origin[row] as number,
      ordinal: c.ordinal[row] as number,
    };
  }

  /** The row of a UID, or -1. */
  find(uid: number): number {
    const row = this.lowerBound(uid);
    return row < this.#length && this.#columns.uid[row] === uid ? row : -1;
  }

  /** The first row whose UID is not below `uid`. */
  lowerBound(uid: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#columns.uid[middle] as number) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  setFlags(row: number, flags: number, keywords: number, modseq: number): void {
    this.#columns.flags[row] = flags;
    this.#columns.keywords[row] = keywords;
    this.#columns.modseq[row] = modseq;
  }

  /** Removes rows, given in rising order, in one pass. */
  remove(rows: readonly number[]): void {
    const first = rows[0];
    if (first === undefined) return;
    let target = first;
    for (const [n, row] of rows.entries()) {
      const from = row + 1;
      const to = rows[n + 1] ?? this.#length;
      for (const name of columnNames) this.#columns[name].copyWithin(target, from, to);
      target += to - from;
    }
    this.#length = target;
  }

  clear(): void {
    this.#columns = createColumns(8);
    this.#length = 0;
  }

  /** The columns as octets, one after the other, for a snapshot. */
  toBytes(): Uint8Array {
    const parts = columnNames.map((name) => {
      const column = this.#columns[name].subarray(0, this.#length);
      return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
    });
    return Buffer.concat(parts);
  }

  static fromBytes(bytes: Uint8Array, length: number): MessageTable {
    const table = new MessageTable();
    const copy = new Uint8Array(bytes);
    const columns = createColumns(0) as unknown as Record<string, unknown>;
    let offset = 0;
    for (const name of columnNames) {
      const size = columnTypes[name].BYTES_PER_ELEMENT * length;
      columns[name] = new columnTypes[name](copy.slice(offset, offset + size).buffer);
      offset += size;
    }
    if (offset !== bytes.length) throw new RangeError(`${bytes.length} octets do not hold ${length} rows`);
    table.#columns = columns as unknown as Columns;
    table.#length = length;
    return table;
  }

  #reserve(length: number): void {
    const capacity = this.#columns.uid.length;
    if (length <= capacity) return;
    const grown = createColumns(Math.max(8, capacity * 2, length));
    for (const name of columnNames) grown[name].set(this.#columns[name]);
    this.#columns = grown;
  }
}
