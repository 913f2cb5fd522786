/**
 * The messages that a session's client knows, in order: message number n is the n-th of them. Kept as runs of
 * consecutive UIDs, since a mailbox has few gaps and a process many sessions.
 *
 * Mutable; one session owns it. Message numbers count from 1.
 */
import type { MessageTable } from '../../../events/message-table.ts';
import type { UidRange } from '../../../events/uid-set.ts';

export interface KnownUids {
  readonly count: number;
  /** 0 when there is none. */
  readonly lastUid: number;
  /** 0 when there is no such message. */
  uidOf(messageNumber: number): number;
  /** 0 when the client does not know the UID. */
  numberOf(uid: number): number;
  /** The messages of a table that come after the last known one; gives how many. */
  extend(messages: MessageTable): number;
  /** The message numbers that the table no longer has, rising. */
  missing(messages: MessageTable): number[];
  /** Forgets messages by their rising numbers; those behind them move up. */
  forget(numbers: readonly number[]): void;
  /** UIDs by message numbers: rising ranges to rising UIDs. */
  uidsOf(numbers: readonly UidRange[]): Generator<number>;
  /** The known UIDs in rising UID ranges. */
  within(uids: readonly UidRange[]): Generator<number>;
}

export function createKnownUids(messages: MessageTable): KnownUids {
  /** First UID of each run, and how many messages stand before it. */
  let starts: number[] = [];
  let before: number[] = [];
  let count = 0;
  let lastUid = 0;

  function add(uid: number): void {
    if (count === 0 || uid !== uidOf(count) + 1) {
      starts.push(uid);
      before.push(count);
    }
    lastUid = uid;
    count += 1;
  }

  function addRows(table: MessageTable, from: number, to: number): void {
    for (let row = from; row < to; row += 1) add(table.uidAt(row));
  }

  /** The last index whose value is not above `value`; -1 when there is none. */
  function lastNotAbove(values: readonly number[], value: number): number {
    let low = 0;
    let high = values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((values[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  const lengthOf = (run: number): number => (before[run + 1] ?? count) - (before[run] ?? 0);

  function uidOf(messageNumber: number): number {
    if (messageNumber < 1 || messageNumber > count) return 0;
    const run = lastNotAbove(before, messageNumber - 1);
    return (starts[run] ?? 0) + messageNumber - 1 - (before[run] ?? 0);
  }

  function numberOf(uid: number): number {
    const run = lastNotAbove(starts, uid);
    const offset = uid - (starts[run] ?? 0);
    return run >= 0 && offset < lengthOf(run) ? (before[run] ?? 0) + offset + 1 : 0;
  }

  addRows(messages, 0, messages.length);
  return {
    get count() {
      return count;
    },
    get lastUid() {
      return lastUid;
    },
    uidOf,
    numberOf,
    extend(table) {
      const from = table.lowerBound(lastUid + 1);
      addRows(table, from, table.length);
      return table.length - from;
    },
    missing(table) {
      const present = table.lowerBound(lastUid + 1);
      const gone: number[] = [];
      if (present === count) return gone;
      let row = 0;
      for (let number = 1; number <= count; number += 1) {
        if (row < present && table.uidAt(row) === uidOf(number)) row += 1;
        else gone.push(number);
      }
      return gone;
    },
    forget(numbers) {
      const left: number[] = [];
      let at = 0;
      for (let number = 1; number <= count; number += 1) {
        if (numbers[at] === number) at += 1;
        else left.push(uidOf(number));
      }
      // Later messages lie above the last known UID even when it is forgotten.
      const above = lastUid;
      starts = [];
      before = [];
      count = 0;
      for (const uid of left) add(uid);
      lastUid = above;
    },
    *uidsOf(numbers) {
      for (const [first, last] of numbers) {
        for (let number = first; number <= last; number += 1) yield uidOf(number);
      }
    },
    *within(uids) {
      for (const [first, last] of uids) {
        let number = firstFrom(first);
        for (let uid = uidOf(number); uid !== 0 && uid <= last; uid = uidOf(number)) {
          yield uid;
          number += 1;
        }
      }
    },
  };

  /** The number of the first message whose UID is not below `uid`. */
  function firstFrom(uid: number): number {
    const run = lastNotAbove(starts, uid);
    if (run < 0) return 1;
    const offset = uid - (starts[run] ?? 0);
    return (before[run] ?? 0) + Math.min(offset, lengthOf(run)) + 1;
  }
}
