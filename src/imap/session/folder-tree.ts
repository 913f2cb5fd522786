/**
 * The folders of a mailbox as the paths that clients see. A folder keeps its own leaf name and its parent;
 * the path is the join. INBOX is folder 1, whatever its label. A name that was erased shows as
 * `erased-<folder number>`.
 *
 * The tree is kept as long as no name has changed, once for all sessions of an account.
 */
import { isErased } from '../../../events/event-definition.ts';
import { inboxId } from '../../../events/mailbox.ts';
import type { Folder, MailboxState } from '../../../events/mailbox-state.ts';
import { limits } from '../../limits.ts';
import { canonicalMailboxName } from '../mailbox-names.ts';

export const delimiter = '/';

export interface FolderTree {
  /** What to give as `foldersAsOf`. */
  readonly revision: number;
  /** By path, parents before their children, in the order of paths. */
  readonly idByPath: ReadonlyMap<string, number>;
  readonly pathById: ReadonlyMap<number, string>;
  readonly parentIds: ReadonlySet<number>;
}

const trees = new WeakMap<MailboxState, FolderTree>();

export function folderTree(state: MailboxState): FolderTree {
  const known = trees.get(state);
  if (known !== undefined && known.revision === state.foldersRevision) return known;
  const tree = buildTree(state);
  trees.set(state, tree);
  return tree;
}

function buildTree(state: MailboxState): FolderTree {
  const children = new Map<number | null, Folder[]>();
  for (const folder of state.folders.values()) {
    const parentId = folder.parentId !== null && state.folders.has(folder.parentId) ? folder.parentId : null;
    const siblings = children.get(parentId);
    if (siblings === undefined) children.set(parentId, [folder]);
    else siblings.push(folder);
  }
  const paths: [string, number][] = [];
  const taken = new Set<string>();
  const waiting: (readonly [Folder, string])[] = (children.get(null) ?? []).map((each) => [each, '']);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [folder, prefix] = next;
    let path = `${prefix}${leafName(folder)}`;
    // Only an erased name can meet one that somebody gave.
    while (taken.has(path)) path += '-';
    taken.add(path);
    paths.push([path, folder.id]);
    for (const child of children.get(folder.id) ?? []) waiting.push([child, `${path}${delimiter}`]);
  }
  paths.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    revision: state.foldersRevision,
    idByPath: new Map(paths),
    pathById: new Map(paths.map(([path, id]) => [id, path])),
    parentIds: new Set([...children.keys()].filter((id) => id !== null)),
  };
}

function leafName({ id, label }: Folder): string {
  if (id === inboxId) return 'INBOX';
  return isErased(label) ? `erased-${id}` : label.name;
}

/** The folder of a path, INBOX in any case. */
export function folderAt(state: MailboxState, path: string): Folder | undefined {
  const id = folderTree(state).idByPath.get(canonicalMailboxName(path, delimiter));
  return id === undefined ? undefined : state.folders.get(id);
}

/** Where a path that is to be made begins: the deepest folder there is, and the names below it. */
export interface PathPlan {
  readonly parentId: number | null;
  readonly names: readonly string[];
}

export function planPath(state: MailboxState, path: string): PathPlan {
  const tree = folderTree(state);
  const names = canonicalMailboxName(path, delimiter).split(delimiter);
  for (let depth = names.length - 1; depth > 0; depth -= 1) {
    const id = tree.idByPath.get(names.slice(0, depth).join(delimiter));
    if (id !== undefined) return { parentId: id, names: names.slice(depth) };
  }
  return { parentId: null, names };
}

/** Why a path can be no mailbox's name; undefined when it can. */
export function nameFault(path: string): string | undefined {
  if (path === '') return 'A mailbox name is not empty';
  if (Buffer.byteLength(path) > limits.imap.mailboxNameOctetsMax) return 'The mailbox name is too long';
  const names = path.split(delimiter);
  if (names.length > limits.imap.mailboxLevelsMax) return 'The mailbox name has too many levels';
  if (names.includes('')) return 'The mailbox name has an empty level';
  return /[*%]/.test(path) ? 'A mailbox name cannot have * or %' : undefined;
}
