/** Decisions about folders. Whether a name is free is the view's answer, given with `foldersAsOf`. */
import { inboxId, type MailboxEvent } from '../events/mailbox.ts';
import type { Folder, MailboxState } from '../events/mailbox-state.ts';
import { formatUidRanges, rangesOf } from '../events/uid-set.ts';
import { actorLimits } from './actor-limits.ts';
import type { DecideInput } from './decider.ts';
import { type CommandOf, type MailboxDecision, rejected } from './mailbox-decision.ts';

/** Rising, and where it can be the time in seconds, so that a store made anew does not repeat one
 * (RFC 3501 section 2.3.1.1). */
export const nextUidValidity = (last: number, at: number): number =>
  Math.max(last + 1, Math.floor(at / 1000));

const childrenOf = (state: MailboxState, folderId: number): Folder[] =>
  [...state.folders.values()].filter((each) => each.parentId === folderId);

/** One `FolderCreated` for each name, each below the one before. */
function creations(
  state: MailboxState,
  input: DecideInput,
  plan: {
    parentId: number | null;
    path: readonly string[];
    specialUse?: CommandOf<'CreateFolders'>['specialUse'];
  },
) {
  const events: Extract<MailboxEvent, { type: 'FolderCreated' }>[] = [];
  let { parentId } = plan;
  let uidValidity = state.lastUidValidity;
  for (const [n, name] of plan.path.entries()) {
    const folderId = state.lastFolderId + 1 + n;
    uidValidity = nextUidValidity(uidValidity, input.at);
    const last = n === plan.path.length - 1;
    const use = last && plan.specialUse !== undefined ? { specialUse: plan.specialUse } : {};
    events.push({
      type: 'FolderCreated',
      data: { folderId, parentId, uidValidity, ...use, label: { name } },
    });
    parentId = folderId;
  }
  return events;
}

export function createFolders(
  command: CommandOf<'CreateFolders'>,
  state: MailboxState,
  input: DecideInput,
): MailboxDecision {
  if (command.foldersAsOf !== state.foldersRevision) return rejected('stale');
  if (command.parentId !== null && !state.folders.has(command.parentId)) return rejected('no-such-folder');
  if (state.folders.size + command.path.length > actorLimits.foldersMax) return rejected('too-many-folders');
  const events = creations(state, input, command);
  const last = events.at(-1);
  if (last === undefined) return rejected('no-such-folder');
  return {
    events,
    reply: { kind: 'folder', folderId: last.data.folderId, uidValidity: last.data.uidValidity },
  };
}

export function restoreFolder(
  command: CommandOf<'RestoreFolder'>,
  state: MailboxState,
  input: DecideInput,
): MailboxDecision {
  const folder = state.folders.get(command.folderId);
  if (folder === undefined) return rejected('no-such-folder');
  if (folder.selectable) return rejected('stale');
  const uidValidity = nextUidValidity(state.lastUidValidity, input.at);
  return {
    events: [{ type: 'FolderRestored', data: { folderId: folder.id, uidValidity } }],
    reply: { kind: 'folder', folderId: folder.id, uidValidity },
  };
}

/** RFC 3501 section 6.3.4: with children it stays as a name that cannot be selected. */
export function deleteFolder(command: CommandOf<'DeleteFolder'>, state: MailboxState): MailboxDecision {
  const folder = state.folders.get(command.folderId);
  if (folder === undefined) return rejected('no-such-folder');
  if (folder.id === inboxId) return rejected('is-inbox');
  const keptAsParent = childrenOf(state, folder.id).length > 0;
  if (keptAsParent && !folder.selectable) return rejected('has-children');
  return {
    events: [{ type: 'FolderDeleted', data: { folderId: folder.id, keptAsParent } }],
    reply: { kind: 'done' },
  };
}

export function renameFolder(
  command: CommandOf<'RenameFolder'>,
  state: MailboxState,
  input: DecideInput,
): MailboxDecision {
  if (command.foldersAsOf !== state.foldersRevision) return rejected('stale');
  const folder = state.folders.get(command.folderId);
  const name = command.path.at(-1);
  if (folder === undefined || name === undefined) return rejected('no-such-folder');
  if (command.parentId !== null && !state.folders.has(command.parentId)) return rejected('no-such-folder');
  if (state.folders.size + command.path.length > actorLimits.foldersMax) return rejected('too-many-folders');
  if (folder.id === inboxId) return renameInbox(command, state, input);
  for (let above = command.parentId; above !== null; above = state.folders.get(above)?.parentId ?? null) {
    if (above === folder.id) return rejected('own-descendant');
  }
  const parents = creations(state, input, { parentId: command.parentId, path: command.path.slice(0, -1) });
  const parentId = parents.at(-1)?.data.folderId ?? command.parentId;
  return {
    events: [...parents, { type: 'FolderRenamed', data: { folderId: folder.id, parentId, label: { name } } }],
    reply: { kind: 'folder', folderId: folder.id, uidValidity: folder.uidValidity },
  };
}

/** RFC 3501 section 6.3.5: renaming INBOX moves its messages into a new folder and leaves INBOX empty. */
function renameInbox(
  command: CommandOf<'RenameFolder'>,
  state: MailboxState,
  input: DecideInput,
): MailboxDecision {
  const created = creations(state, input, { parentId: command.parentId, path: command.path });
  const target = created.at(-1);
  const inbox = state.folders.get(inboxId)?.messages;
  if (target === undefined || inbox === undefined) return rejected('no-such-folder');
  const { folderId, uidValidity } = target.data;
  const events: MailboxEvent[] = [...created];
  if (inbox.length > 0) {
    const uids = formatUidRanges(
      rangesOf(Array.from({ length: inbox.length }, (_, row) => inbox.uidAt(row))),
    );
    events.push({
      type: 'MessagesMoved',
      data: { sourceFolderId: inboxId, targetFolderId: folderId, uids, firstUid: 1 },
    });
  }
  return { events, reply: { kind: 'folder', folderId, uidValidity } };
}
