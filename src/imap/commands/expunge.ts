/** EXPUNGE (RFC 3501 section 6.4.3), UID EXPUNGE (RFC 4315), CLOSE and UNSELECT (RFC 3691). */
import { formatUidRanges } from '../../../events/uid-set.ts';
import type { SequenceSet } from '../grammar/sequence-set.ts';
import { selectedFolder } from '../session/announce.ts';
import { bad, no, type Outcome, ok } from '../session/outcome.ts';
import { uidSetOf } from '../session/read-memory.ts';
import type { SelectedSession } from '../session/session.ts';
import { namedUids } from './message-sets.ts';
import { askMailbox, isOutcome } from './rejections.ts';

const allUids = formatUidRanges([[1, 0xffff_ffff]]);

/** The EXPUNGE responses follow with the news before the reply. */
export async function expunge(at: SelectedSession, set: SequenceSet | undefined): Promise<Outcome> {
  if (at.selected.readOnly) return no('The mailbox is selected read-only', 'READ-ONLY');
  if (set?.kind === 'saved') return bad('No search result can be saved');
  const uids = set === undefined ? undefined : namedUids(at.selected, set, true);
  if (uids !== undefined && !Array.isArray(uids)) return uids;
  return (await removeDeleted(at, uids === undefined ? allUids : uidSetOf(uids))) ?? ok('EXPUNGE completed');
}

/** CLOSE removes silently; of a mailbox that is read-only it removes nothing (RFC 3501 section 6.4.2). */
export async function close(at: SelectedSession): Promise<Outcome> {
  const refused = at.selected.readOnly ? undefined : await removeDeleted(at, allUids);
  if (refused !== undefined) return refused;
  at.session.selected = undefined;
  return ok('CLOSE completed');
}

export function unselect({ session }: SelectedSession): Outcome {
  session.selected = undefined;
  return ok('UNSELECT completed');
}

async function removeDeleted(
  { account, selected }: SelectedSession,
  uids: string,
): Promise<Outcome | undefined> {
  if (uids === '') return undefined;
  const answer = await askMailbox(account, (state) => {
    const { id: folderId } = selectedFolder(state, selected);
    return { type: 'ExpungeMessages', folderId, uids, onlyDeleted: true };
  });
  return isOutcome(answer) ? answer : undefined;
}
