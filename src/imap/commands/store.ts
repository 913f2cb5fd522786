/** STORE and UID STORE (RFC 3501 section 6.4.6). */
import { highestModseq } from '../../../events/mailbox-state.ts';
import { iterateUidSet, parseUidSet } from '../../../events/uid-set.ts';
import { limits } from '../../limits.ts';
import type { MessageCommand } from '../grammar/message-commands.ts';
import { fetchResponse } from '../responses/fetch-response.ts';
import { announceKeywords, selectedFolder, shownFlags } from '../session/announce.ts';
import { resolveFlags } from '../session/flags.ts';
import { bad, no, type Outcome, ok, type Told } from '../session/outcome.ts';
import { uidSetOf } from '../session/read-memory.ts';
import type { SelectedSession } from '../session/session.ts';
import { namedUids } from './message-sets.ts';
import { askMailbox, isOutcome } from './rejections.ts';

type Store = Extract<MessageCommand, { name: 'STORE' }>;

export async function store(at: SelectedSession, command: Store): Promise<Outcome> {
  const { account, selected } = at;
  if (command.unchangedSince !== undefined) return bad('STORE: modifier not supported');
  if (selected.readOnly) return no('The mailbox is selected read-only', 'READ-ONLY');
  const uids = namedUids(selected, command.set, command.uid);
  if (!Array.isArray(uids)) return uids;
  if (uids.length === 0) return ok('STORE completed');
  const answer = await askMailbox(account, (state) => {
    selectedFolder(state, selected);
    const resolved = resolveFlags(state, command.flags, command.action !== 'remove');
    if (resolved === undefined) return no('A keyword is too long', 'LIMIT');
    const { set, newKeywords } = resolved;
    const mode = command.action;
    const target = { folderId: selected.folderId, uids: uidSetOf(uids) };
    return { type: 'ChangeFlags', ...target, mode, change: set, newKeywords };
  });
  if (isOutcome(answer)) return answer;
  if (answer.kind !== 'flagged') throw new Error(`STORE was answered ${answer.kind}`);
  const told = command.silent ? await silently(at, answer.changed) : await tellFlags(at, uids, command.uid);
  if (told.missing && !command.uid) {
    // RFC 2180 section 4.2.2: some messages were expunged by another session.
    return { ...no('Some of the messages no longer exist', 'EXPUNGEISSUED'), told };
  }
  return { ...ok('STORE completed'), told };
}

/** What a .SILENT client changed itself it is not told; what others changed meanwhile it is. */
async function silently(at: SelectedSession, changed: string): Promise<Told & { missing: boolean }> {
  const state = await at.account.mailbox.current();
  const { messages } = selectedFolder(state, at.selected);
  const uids = new Set<number>();
  let ownModseq = Number.POSITIVE_INFINITY;
  for (const uid of iterateUidSet(parseUidSet(changed))) {
    const row = messages.find(uid);
    if (row === -1) continue;
    uids.add(uid);
    // One event changed them all; a later one has a higher modseq.
    ownModseq = Math.min(ownModseq, messages.modseqAt(row));
  }
  return { uids, upToModseq: ownModseq, missing: false };
}

/** A FETCH response with the flags of each message, changed or not. */
async function tellFlags(
  at: SelectedSession,
  uids: readonly number[],
  withUids: boolean,
): Promise<Told & { missing: boolean }> {
  const { session, account, selected } = at;
  const told = new Set<number>();
  let upToModseq = Number.POSITIVE_INFINITY;
  for (let from = 0; from < uids.length; from += limits.imap.messagesPerTurnMax) {
    if (from > 0) await session.output.turn();
    const state = await account.mailbox.current();
    const folder = selectedFolder(state, selected);
    announceKeywords(session, selected, state);
    upToModseq = Math.min(upToModseq, highestModseq(state));
    for (const uid of uids.slice(from, from + limits.imap.messagesPerTurnMax)) {
      const row = folder.messages.find(uid);
      if (row === -1) continue;
      told.add(uid);
      const flags = { kind: 'FLAGS', flags: shownFlags(state, folder, selected, row) } as const;
      const values = withUids ? [{ kind: 'UID', value: uid } as const, flags] : [flags];
      for (const piece of fetchResponse(selected.known.numberOf(uid), values)) {
        if (typeof piece === 'string') session.output.line(piece);
      }
    }
  }
  return { uids: told, upToModseq, missing: told.size < uids.length };
}
