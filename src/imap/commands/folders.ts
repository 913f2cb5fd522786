/** CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE (RFC 3501 sections 6.3.3 to 6.3.7). */
import { isErased } from '../../../events/event-definition.ts';
import type { SpecialUse } from '../../../events/mailbox.ts';
import { inboxId } from '../../../events/mailbox.ts';
import type { MailboxState } from '../../../events/mailbox-state.ts';
import { limits } from '../../limits.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import type { CreateParameter } from '../grammar/mailbox-parameters.ts';
import { delimiter, folderAt, nameFault, planPath } from '../session/folder-tree.ts';
import { no, type Outcome, ok } from '../session/outcome.ts';
import type { AccountSession } from '../session/session.ts';
import { pathOf } from './names.ts';
import { askMailbox, isOutcome } from './rejections.ts';

/** The path of a name that is to be made, or why there can be none. RFC 3501 section 6.3.3: a delimiter at
 * the end only says that names below will follow. */
function newPath(name: OctetString): string | Outcome {
  const path = pathOf(name.endsWith(delimiter) ? name.slice(0, -1) : name);
  if (path === undefined) return no('The mailbox name is no modified UTF-7', 'CANNOT');
  const fault = nameFault(path);
  return fault === undefined ? path : no(fault, 'CANNOT');
}

const nonexistent = (): Outcome => no('There is no such mailbox', 'NONEXISTENT');

export async function createMailbox(
  { account }: AccountSession,
  command: { readonly mailbox: OctetString; readonly parameters: readonly CreateParameter[] },
): Promise<Outcome> {
  const path = newPath(command.mailbox);
  if (typeof path !== 'string') return path;
  const attributes = command.parameters.flatMap((each) => each.attributes);
  const use = specialUseOf(attributes);
  if (attributes.length > 0 && use === undefined) return no('Such a use cannot be given', 'USEATTR');
  const answer = await askMailbox(account, (state) => {
    const existing = folderAt(state, path);
    if (existing?.selectable === true) return no('The mailbox exists', 'ALREADYEXISTS');
    // RFC 6154 section 3: at most one mailbox of each use here.
    if (use !== undefined && (existing !== undefined || isUsed(state, use))) {
      return no('Another mailbox has this use', 'USEATTR');
    }
    if (existing !== undefined) return { type: 'RestoreFolder', folderId: existing.id };
    const { parentId, names } = planPath(state, path);
    const special = use === undefined ? {} : { specialUse: use };
    return { type: 'CreateFolders', parentId, path: names, foldersAsOf: state.foldersRevision, ...special };
  });
  return isOutcome(answer) ? answer : ok('CREATE completed');
}

/** Only uses that a mailbox of its own can have: not `\All` and `\Flagged`, which are views of others. */
const givableUses: readonly SpecialUse[] = ['Archive', 'Drafts', 'Junk', 'Sent', 'Trash'];

function specialUseOf(attributes: readonly string[]): SpecialUse | undefined {
  const [attribute] = attributes;
  if (attribute === undefined || attributes.length > 1) return undefined;
  return givableUses.find((use) => `\\${use}`.toLowerCase() === attribute.toLowerCase());
}

function isUsed(state: MailboxState, use: SpecialUse): boolean {
  return state.folders.values().some((folder) => folder.specialUse === use);
}

export async function deleteMailbox(at: AccountSession, name: OctetString): Promise<Outcome> {
  const path = pathOf(name);
  if (path === undefined) return nonexistent();
  let deletedId = 0;
  const answer = await askMailbox(at.account, (state) => {
    const folder = folderAt(state, path);
    if (folder === undefined) return nonexistent();
    deletedId = folder.id;
    return { type: 'DeleteFolder', folderId: folder.id };
  });
  if (isOutcome(answer)) return answer;
  // Who deletes the mailbox that is selected knows that it is gone.
  if (at.session.selected?.folderId === deletedId) at.session.selected = undefined;
  return ok('DELETE completed');
}

export async function renameMailbox(
  { account }: AccountSession,
  from: OctetString,
  to: OctetString,
): Promise<Outcome> {
  const oldPath = pathOf(from);
  if (oldPath === undefined) return nonexistent();
  const path = newPath(to);
  if (typeof path !== 'string') return path;
  const answer = await askMailbox(account, (state) => {
    const folder = folderAt(state, oldPath);
    if (folder === undefined) return nonexistent();
    if (folderAt(state, path) !== undefined) return no('The new name exists', 'ALREADYEXISTS');
    if (path.startsWith(`${oldPath}${delimiter}`) && folder.id !== inboxId) {
      return no('A mailbox cannot move below itself', 'CANNOT');
    }
    const { parentId, names } = planPath(state, path);
    const asOf = state.foldersRevision;
    return { type: 'RenameFolder', folderId: folder.id, parentId, path: names, foldersAsOf: asOf };
  });
  return isOutcome(answer) ? answer : ok('RENAME completed');
}

/** A subscription is a name, whether or not there is such a mailbox now (RFC 3501 section 6.3.6). */
export async function subscribe({ account }: AccountSession, name: OctetString): Promise<Outcome> {
  const path = newPath(name);
  if (typeof path !== 'string') return path;
  const answer = await askMailbox(account, (state) => {
    if (subscriptionTo(state, path) !== undefined) return ok('SUBSCRIBE completed');
    if (state.subscriptions.size >= limits.imap.subscriptionsMax)
      return no('Too many subscriptions', 'LIMIT');
    return { type: 'SubscribeFolder', path, foldersAsOf: state.foldersRevision };
  });
  return isOutcome(answer) ? answer : ok('SUBSCRIBE completed');
}

export async function unsubscribe({ account }: AccountSession, name: OctetString): Promise<Outcome> {
  const path = pathOf(name);
  if (path === undefined) return nonexistent();
  const answer = await askMailbox(account, (state) => {
    const subscriptionId = subscriptionTo(state, path);
    if (subscriptionId === undefined) return no('Not subscribed', 'NONEXISTENT');
    return { type: 'UnsubscribeFolder', subscriptionId };
  });
  return isOutcome(answer) ? answer : ok('UNSUBSCRIBE completed');
}

function subscriptionTo(state: MailboxState, path: string): number | undefined {
  for (const [id, label] of state.subscriptions) {
    if (!isErased(label) && label.path === path) return id;
  }
  return undefined;
}
