/**
 * A bulk change in pieces: the same event with a part of its UIDs each. Applied one after the other at the
 * same revision they add up to the whole, and a change to a million messages needs memory for a few.
 */
import type { StoredEvent } from '../../events/codec.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { formatUidRanges, parseUidSet, type UidRange, uidSetSize } from '../../events/uid-set.ts';

export function* splitBulkEvent(
  stored: StoredEvent<MailboxEvent>,
  uidsMax: number,
): Generator<StoredEvent<MailboxEvent>> {
  const { event } = stored;
  switch (event.type) {
    case 'MessagesFlagged':
      for (const { uids } of pieces(event.data.uids, uidsMax))
        yield { ...stored, event: { ...event, data: { ...event.data, uids } } };
      return;
    case 'MessagesExpunged':
      for (const { uids } of pieces(event.data.uids, uidsMax))
        yield { ...stored, event: { ...event, data: { ...event.data, uids } } };
      return;
    case 'MessagesCopied':
    case 'MessagesMoved':
      for (const { uids, before } of pieces(event.data.uids, uidsMax)) {
        const data = { ...event.data, uids, firstUid: event.data.firstUid + before };
        yield { ...stored, event: { ...event, data } };
      }
      return;
    default:
      // Everything else names one folder or brings messages of its own, which an append bounds.
      yield stored;
  }
}

interface Piece {
  readonly uids: string;
  /** UIDs in the pieces before. */
  readonly before: number;
}

function pieces(uids: string, uidsMax: number): readonly Piece[] {
  const ranges = parseUidSet(uids);
  if (uidSetSize(ranges) <= uidsMax) return [{ uids, before: 0 }];
  const found: Piece[] = [];
  let before = 0;
  let gathered: UidRange[] = [];
  let size = 0;
  const finish = (): void => {
    if (size === 0) return;
    found.push({ uids: formatUidRanges(gathered), before });
    before += size;
    gathered = [];
    size = 0;
  };
  for (const [first, last] of ranges) {
    for (let from = first; from <= last; ) {
      const to = Math.min(last, from + uidsMax - size - 1);
      gathered.push([from, to]);
      size += to - from + 1;
      from = to + 1;
      if (size === uidsMax) finish();
    }
  }
  finish();
  return found;
}
