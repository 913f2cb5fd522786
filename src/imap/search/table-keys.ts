/** Search keys that the mailbox's table answers: flags, dates, sizes and numbers (RFC 3501 section 6.4.4). */
import type { Folder, MailboxState } from '../../../events/mailbox-state.ts';
import { flagBits } from '../../../events/message-table.ts';
import type { UidRange } from '../../../events/uid-set.ts';
import { rangesInclude, resolveSequenceSet } from '../grammar/sequence-set.ts';
import { isRecent } from '../session/announce.ts';
import { keywordIdOf } from '../session/flags.ts';
import type { Selected } from '../session/session.ts';
import type { LeafAnswer, LeafKey } from './evaluate.ts';

const dayMs = 86_400_000;

/** Sets are resolved once for a search, by their key. */
export type ResolvedSets = ReadonlyMap<LeafKey, readonly UidRange[]>;

export function resolveSets(selected: Selected, leaves: Iterable<LeafKey>): ResolvedSets {
  const { known } = selected;
  const sets = new Map<LeafKey, readonly UidRange[]>();
  for (const key of leaves) {
    if ((key.kind !== 'SEQUENCE' && key.kind !== 'UID') || key.set.kind === 'saved') continue;
    const largest = key.kind === 'UID' ? known.uidOf(known.count) : known.count;
    sets.set(key, resolveSequenceSet(key.set, largest));
  }
  return sets;
}

export interface TableMessage {
  readonly state: MailboxState;
  readonly folder: Folder;
  readonly selected: Selected;
  readonly row: number;
  readonly sets: ResolvedSets;
}

export function tableAnswer(message: TableMessage): LeafAnswer {
  const { folder, selected, row } = message;
  const { messages } = folder;
  const uid = messages.uidAt(row);
  const has = (bit: number): boolean => (messages.flagsAt(row) & bit) !== 0;
  return (key) => {
    switch (key.kind) {
      case 'ALL':
        return true;
      case 'ANSWERED':
      case 'UNANSWERED':
        return has(flagBits.answered) === (key.kind === 'ANSWERED');
      case 'DELETED':
      case 'UNDELETED':
        return has(flagBits.deleted) === (key.kind === 'DELETED');
      case 'DRAFT':
      case 'UNDRAFT':
        return has(flagBits.draft) === (key.kind === 'DRAFT');
      case 'FLAGGED':
      case 'UNFLAGGED':
        return has(flagBits.flagged) === (key.kind === 'FLAGGED');
      case 'SEEN':
      case 'UNSEEN':
        return has(flagBits.seen) === (key.kind === 'SEEN');
      case 'RECENT':
      case 'OLD':
        return isRecent(selected, uid) === (key.kind === 'RECENT');
      case 'NEW':
        return isRecent(selected, uid) && !has(flagBits.seen);
      case 'KEYWORD':
      case 'UNKEYWORD':
        return hasKeyword(message, key.keyword) === (key.kind === 'KEYWORD');
      case 'SEQUENCE':
        return rangesInclude(message.sets.get(key) ?? [], selected.known.numberOf(uid));
      case 'UID':
        return rangesInclude(message.sets.get(key) ?? [], uid);
      default:
        return rowAnswer(message, key);
    }
  };
}

/** Keys that want more of the row than its flags. */
function rowAnswer({ folder, row }: TableMessage, key: LeafKey): boolean | undefined {
  switch (key.kind) {
    case 'LARGER':
      return folder.messages.rowAt(row).size > key.octets;
    case 'SMALLER':
      return folder.messages.rowAt(row).size < key.octets;
    case 'BEFORE':
      return internalDay(folder, row) < key.day;
    case 'ON':
      return internalDay(folder, row) === key.day;
    case 'SINCE':
      return internalDay(folder, row) >= key.day;
    default:
      return undefined;
  }
}

/** "Disregarding time and timezone": the day that INTERNALDATE shows. */
function internalDay({ messages }: Folder, row: number): number {
  const { internalDate, internalOffset } = messages.rowAt(row);
  return Math.floor((internalDate + internalOffset * 60_000) / dayMs);
}

function hasKeyword({ state, folder, row }: TableMessage, name: string): boolean {
  const id = keywordIdOf(state, name);
  return id !== undefined && (state.keywordSets[folder.messages.keywordsAt(row)] ?? []).includes(id);
}
