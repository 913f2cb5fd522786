/**
 * Tells the client what has changed in the selected folder, by anybody: EXPUNGE, EXISTS, RECENT and flags
 * (RFC 3501 sections 5.2 and 7.4.1). Message numbers change with an EXPUNGE, so it is told only when the
 * client cannot be in the middle of using them; what cannot be told stays known until it can.
 *
 * Throws `SessionEnded` when the folder is gone, and `ServiceUnavailable` when nobody can say what changed.
 */
import { type Folder, highestModseq, type MailboxState } from '../../../events/mailbox-state.ts';
import { limits } from '../../limits.ts';
import { rangesInclude } from '../grammar/sequence-set.ts';
import { fetchResponse } from '../responses/fetch-response.ts';
import {
  existsResponse,
  expungeResponse,
  flagsResponse,
  recentResponse,
} from '../responses/mailbox-responses.ts';
import { untaggedStatus } from '../responses/status-responses.ts';
import { SessionEnded } from './errors.ts';
import { definedFlags, flagNames, permanentFlags } from './flags.ts';
import type { Told } from './outcome.ts';
import { folderKey } from './recent-watermarks.ts';
import type { Account, ImapSession, Selected, SelectedSession } from './session.ts';

export interface AnnounceOptions {
  readonly expunges: boolean;
  readonly told?: Told | undefined;
  /** UIDs stand beside flags: after UID commands (RFC 3501 section 6.4.8). */
  readonly withUids?: boolean;
}

export async function announce(at: SelectedSession, options: AnnounceOptions): Promise<void> {
  const { session, account, selected } = at;
  const { output } = session;
  let state = await account.mailbox.current();
  let folder = selectedFolder(state, selected);
  announceKeywords(session, selected, state);
  if (options.expunges && (await announceExpunges(session, selected, folder)) === 'in-turns') {
    state = await account.mailbox.current();
    folder = selectedFolder(state, selected);
  }
  // A new message is told by EXISTS; the client asks for the rest.
  const belowUid = announceArrivals(session, account, selected, folder);
  const upTo = highestModseq(state);
  const since = selected.flagsModseq;
  selected.flagsModseq = upTo;
  if (folder.highestModseq <= since) return;
  let nextUid = 1;
  while (nextUid !== 0) {
    nextUid = announceFlags(at, { state, folder }, { since, fromUid: nextUid, belowUid }, options);
    if (nextUid === 0) return;
    await output.turn();
    state = await account.mailbox.current();
    folder = selectedFolder(state, selected);
  }
}

/** The folder that the session has selected, which another session may have deleted. */
export function selectedFolder(state: MailboxState, selected: Selected): Folder {
  const folder = state.folders.get(selected.folderId);
  if (folder === undefined || !folder.selectable || folder.uidValidity !== selected.uidValidity) {
    // RFC 2180 section 3.1: the message numbers that the client holds mean nothing any more.
    throw new SessionEnded('The selected mailbox was deleted', 'selected folder deleted');
  }
  return folder;
}

export function announceKeywords(session: ImapSession, selected: Selected, state: MailboxState): void {
  if (state.keywords.length <= selected.keywordsTold) return;
  selected.keywordsTold = state.keywords.length;
  session.output.line(flagsResponse(definedFlags(state)));
  if (selected.readOnly) return;
  const code = { kind: 'PERMANENTFLAGS', flags: permanentFlags(state) } as const;
  session.output.line(untaggedStatus('OK', 'Flags permitted', code));
}

/** From the last to the first, so that no number shifts under another. In turns when there are many, after
 * which the state that was looked at is an older one. */
async function announceExpunges(
  { output }: ImapSession,
  { known }: Selected,
  folder: Folder,
): Promise<'at-once' | 'in-turns'> {
  const gone = known.missing(folder.messages);
  if (gone.length === 0) return 'at-once';
  const perTurn = limits.imap.messagesPerTurnMax;
  for (const [told, number] of gone.toReversed().entries()) {
    if (told > 0 && told % perTurn === 0) await output.turn();
    output.line(expungeResponse(number));
  }
  known.forget(gone);
  return gone.length > perTurn ? 'in-turns' : 'at-once';
}

/** Gives the UID above all that the client knew before. */
function announceArrivals(
  session: ImapSession,
  account: Account,
  selected: Selected,
  folder: Folder,
): number {
  const { known } = selected;
  const firstNew = known.lastUid + 1;
  if (known.extend(folder.messages) === 0) return firstNew;
  claimRecent(session, account, selected, folder, firstNew);
  session.output.line(existsResponse(known.count));
  session.output.line(recentResponse(recentCount(selected)));
  return firstNew;
}

/** Messages from `fromUid` on that no session has been told of are recent in this one. A read-only session
 * sees them as recent and leaves them so for others (RFC 3501 section 6.3.2). */
export function claimRecent(
  session: ImapSession,
  account: Account,
  selected: Selected,
  folder: Folder,
  fromUid: number,
): void {
  const key = folderKey(account.id, folder.id, folder.uidValidity);
  const first = Math.max(session.recent.get(key), fromUid);
  if (first < folder.uidNext) selected.recentUids.push([first, folder.uidNext - 1]);
  if (!selected.readOnly) session.recent.raise(key, folder.uidNext);
  joinLast(selected.recentUids as [number, number][]);
}

function joinLast(ranges: [number, number][]): void {
  const [last, previous] = [ranges.at(-1), ranges.at(-2)];
  if (last === undefined || previous === undefined || previous[1] + 1 !== last[0]) return;
  previous[1] = last[1];
  ranges.pop();
}

export function isRecent(selected: Selected, uid: number): boolean {
  return rangesInclude(selected.recentUids, uid);
}

export function recentCount(selected: Selected): number {
  let count = 0;
  for (const _uid of selected.known.within(selected.recentUids)) count += 1;
  return count;
}

/** All flags of a message as this session sees them. */
export function shownFlags(
  state: MailboxState,
  folder: Folder,
  selected: Selected,
  row: number,
): readonly string[] {
  const { messages } = folder;
  const names = flagNames(state, messages.flagsAt(row), messages.keywordsAt(row));
  return isRecent(selected, messages.uidAt(row)) ? [...names, '\\Recent'] : names;
}

interface FlagScan {
  readonly since: number;
  readonly fromUid: number;
  readonly belowUid: number;
}

/** One turn of flag changes; gives the UID to go on from, or 0 when all are told. */
function announceFlags(
  { session, selected }: SelectedSession,
  { state, folder }: { readonly state: MailboxState; readonly folder: Folder },
  { since, fromUid, belowUid }: FlagScan,
  { told, withUids = false }: AnnounceOptions,
): number {
  const { messages } = folder;
  let announced = 0;
  for (let row = messages.lowerBound(fromUid); row < messages.length; row += 1) {
    const modseq = messages.modseqAt(row);
    if (modseq <= since) continue;
    const uid = messages.uidAt(row);
    if (uid >= belowUid) return 0;
    const number = selected.known.numberOf(uid);
    if (number === 0 || isTold(told, uid, modseq)) continue;
    if (announced >= limits.imap.messagesPerTurnMax) return uid;
    announced += 1;
    const flags = { kind: 'FLAGS', flags: shownFlags(state, folder, selected, row) } as const;
    const values = withUids ? [{ kind: 'UID', value: uid } as const, flags] : [flags];
    for (const piece of fetchResponse(number, values))
      if (typeof piece === 'string') session.output.line(piece);
  }
  return 0;
}

function isTold(told: Told | undefined, uid: number, modseq: number): boolean {
  return told !== undefined && modseq <= told.upToModseq && (told.uids === 'all' || told.uids.has(uid));
}
