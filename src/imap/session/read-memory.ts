/**
 * What a session has read and put on record: the first read of a part is recorded, repeats are not. Bounded:
 * when too much is remembered all is forgotten, and the next read is recorded again.
 */
import { formatUidSet, type UidRange } from '../../../events/uid-set.ts';
import { limits } from '../../limits.ts';
import { rangesInclude } from '../grammar/sequence-set.ts';

export interface ReadMemory {
  /** The UIDs among `uids` (rising) whose `part` has not been recorded yet. */
  unread(folderKey: string, part: string, uids: readonly number[]): number[];
  /** They have been. */
  remember(folderKey: string, part: string, uids: readonly number[]): void;
}

export function createReadMemory(): ReadMemory {
  const known = new Map<string, readonly UidRange[]>();
  let rangeCount = 0;

  return {
    unread(folderKey, part, uids) {
      const ranges = known.get(`${folderKey} ${part}`) ?? [];
      return uids.filter((uid) => !rangesInclude(ranges, uid));
    },
    remember(folderKey, part, uids) {
      const key = `${folderKey} ${part}`;
      const before = known.get(key) ?? [];
      const after = union(before, uids);
      rangeCount += after.length - before.length;
      known.set(key, after);
      if (known.size > limits.imap.readSectionsKeptMax || rangeCount > limits.imap.readRangesKeptMax) {
        known.clear();
        rangeCount = 0;
      }
    },
  };
}

/** Ranges and rising numbers as ranges that neither overlap nor touch. */
function union(ranges: readonly UidRange[], uids: readonly number[]): readonly UidRange[] {
  const all: [number, number][] = [...ranges, ...uids.map((uid): UidRange => [uid, uid])]
    .toSorted((a, b) => a[0] - b[0])
    .map(([first, last]) => [first, last]);
  const joined: [number, number][] = [];
  for (const range of all) {
    const previous = joined.at(-1);
    if (previous !== undefined && range[0] <= previous[1] + 1) previous[1] = Math.max(previous[1], range[1]);
    else joined.push(range);
  }
  return joined;
}

/** The canonical UID set of numbers in any order. */
export function uidSetOf(uids: Iterable<number>): string {
  return formatUidSet([...uids].sort((a, b) => a - b));
}
