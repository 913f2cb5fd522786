/**
 * LIST and LSUB (RFC 3501 sections 6.3.8 and 6.3.9) with `\HasChildren` (RFC 3348) and special uses (RFC
 * 6154). Of LIST-EXTENDED (RFC 5258) the options that need nothing else are taken; it is not advertised.
 */
import { isErased } from '../../../events/event-definition.ts';
import type { MailboxState } from '../../../events/mailbox-state.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import type { ListCommand, ListReturnOption, ListSelectionOption } from '../grammar/list-commands.ts';
import { createListMatcher, type ListMatcher } from '../list-pattern.ts';
import { decodeMailboxName } from '../mailbox-names.ts';
import { listResponse, lsubResponse } from '../responses/mailbox-responses.ts';
import { delimiter, type FolderTree, folderTree } from '../session/folder-tree.ts';
import { bad, no, type Outcome, ok } from '../session/outcome.ts';
import type { AccountSession } from '../session/session.ts';
import { nameOf } from './names.ts';

type List = Extract<ListCommand, { name: 'LIST' }>;
type Lsub = Extract<ListCommand, { name: 'LSUB' }>;

const tooLong = (): Outcome => no('The pattern is too long', 'LIMIT');

export async function list({ session, account }: AccountSession, command: List): Promise<Outcome> {
  if (!isOffered(command.selection, command.returns)) return bad('LIST: option not supported');
  // RFC 3501 section 6.3.8: an empty pattern asks for the delimiter and the root of the reference.
  if (!command.extended && command.patterns[0] === '') {
    session.output.line(listResponse({ attributes: ['\\Noselect'], delimiter, mailbox: '' }));
    return ok('LIST completed');
  }
  const matchers = command.patterns.map((pattern) => matcherOf(command.reference, pattern));
  if (matchers.includes(undefined)) return tooLong();
  const state = await account.mailbox.current();
  const subscribed = subscribedPaths(state);
  const tellsSubscribed = command.returns.some((each) => each.kind === 'SUBSCRIBED');
  const onlySpecial = command.selection.includes('SPECIAL-USE');
  const tree = folderTree(state);
  for (const [path, id] of tree.idByPath) {
    if (!matchers.some((matches) => matches?.(path))) continue;
    if (onlySpecial && state.folders.get(id)?.specialUse === undefined) continue;
    const attributes = attributesOf(state, tree, id);
    if (tellsSubscribed && subscribed.has(path)) attributes.push('\\Subscribed');
    session.output.line(listResponse({ attributes, delimiter, mailbox: nameOf(path) }));
  }
  return ok('LIST completed');
}

function isOffered(selection: readonly ListSelectionOption[], returns: readonly ListReturnOption[]): boolean {
  return selection.every((each) => each === 'SPECIAL-USE') && returns.every((each) => each.kind !== 'STATUS');
}

function matcherOf(reference: OctetString, pattern: OctetString): ListMatcher | undefined {
  const [from, text] = [reference, pattern].map((octets) => decodeMailboxName(octets, 'utf7'));
  // What is no name matches none.
  if (from === undefined || text === undefined) return () => false;
  return createListMatcher(from, text, delimiter);
}

function attributesOf(state: MailboxState, tree: FolderTree, folderId: number): string[] {
  const folder = state.folders.get(folderId);
  const attributes = [tree.parentIds.has(folderId) ? '\\HasChildren' : '\\HasNoChildren'];
  if (folder?.selectable !== true) attributes.push('\\Noselect');
  if (folder?.specialUse !== undefined) attributes.push(`\\${folder.specialUse}`);
  return attributes;
}

export async function lsub({ session, account }: AccountSession, command: Lsub): Promise<Outcome> {
  const matches = matcherOf(command.reference, command.pattern);
  if (matches === undefined) return tooLong();
  const state = await account.mailbox.current();
  const subscribed = subscribedPaths(state);
  const listed = new Map<string, readonly string[]>();
  for (const path of subscribed) {
    if (matches(path)) listed.set(path, lsubAttributes(state, path));
    else noteParents(listed, subscribed, matches, path);
  }
  for (const path of [...listed.keys()].sort()) {
    const attributes = listed.get(path) ?? [];
    session.output.line(lsubResponse({ attributes, delimiter, mailbox: nameOf(path) }));
  }
  return ok('LSUB completed');
}

function lsubAttributes(state: MailboxState, path: string): readonly string[] {
  const tree = folderTree(state);
  const id = tree.idByPath.get(path);
  // The subscription outlives the mailbox.
  return id === undefined ? ['\\Noselect'] : attributesOf(state, tree, id);
}

/** RFC 3501 section 6.3.9: where `%` stops above a subscribed name, the level above stands for it. */
function noteParents(
  listed: Map<string, readonly string[]>,
  subscribed: ReadonlySet<string>,
  matches: ListMatcher,
  path: string,
): void {
  for (let end = path.lastIndexOf(delimiter); end > 0; end = path.lastIndexOf(delimiter, end - 1)) {
    const parent = path.slice(0, end);
    if (!subscribed.has(parent) && matches(parent)) listed.set(parent, ['\\Noselect']);
  }
}

function subscribedPaths(state: MailboxState): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const label of state.subscriptions.values()) if (!isErased(label)) paths.add(label.path);
  return paths;
}
