/**
 * How a SQLite worker fails, as a typed value that survives the way from the worker's thread. Each
 * store turns it into its own contract's error.
 */

/** `full`: no room. `busy`: another process holds the file. `overloaded`: too much waits already.
 * `crashed`: the worker's thread ended. `closed`: the store was closed. `failed`: anything else. */
export type FailureKind = 'full' | 'busy' | 'io' | 'corrupt' | 'overloaded' | 'crashed' | 'closed' | 'failed';

export interface FailureInfo {
  readonly kind: FailureKind;
  readonly message: string;
  /** True when what was asked for may have become durable all the same. */
  readonly outcomeUnknown: boolean;
}

export class SqliteFailure extends Error {
  override readonly name = 'SqliteFailure';
  readonly kind: FailureKind;
  readonly outcomeUnknown: boolean;
  constructor(info: FailureInfo) {
    super(info.message);
    this.kind = info.kind;
    this.outcomeUnknown = info.outcomeUnknown;
  }
}

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const kinds: ReadonlyMap<number, FailureKind> = new Map([
  [5, 'busy'],
  [6, 'busy'],
  [10, 'io'],
  [11, 'corrupt'],
  [13, 'full'],
  [26, 'corrupt'],
]);

/** Describes what SQLite or a handler threw. */
export function failureInfo(thrown: unknown, outcomeUnknown = false): FailureInfo {
  if (!(thrown instanceof Error)) return { kind: 'failed', message: String(thrown), outcomeUnknown };
  const code = 'errcode' in thrown && typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : -1;
  return { kind: kinds.get(code) ?? 'failed', message: thrown.message, outcomeUnknown };
}
