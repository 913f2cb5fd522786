/**
 * The life of a message, with the names that make it readable: addresses of accounts, paths of folders, keywords, and
 * whose the sessions were that did something to it. Names are those of now; what is erased is null.
 */
import { isId } from '../../events/ids.ts';
import type { MessageTrace, SessionEntry } from '../../projections/trace/queries.ts';
import type { Engine } from '../engine/engine.ts';
import { limits } from '../limits.ts';

export interface SessionName {
  readonly protocol: string;
  readonly peer: string | null;
  /** The login, when there was one. */
  readonly who: string | null;
}

export interface NamedTrace extends MessageTrace {
  /** By account id. */
  readonly addresses: Readonly<Record<string, string | null>>;
  /** By account id, then by folder number: the whole path. */
  readonly folders: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By account id, then by keyword number. */
  readonly keywords: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By session id. */
  readonly sessions: Readonly<Record<string, SessionName>>;
}

/** At most `limit` messages, the newest ones, oldest first. */
export async function* traceMessages(
  engine: Engine,
  about: string,
  limit: number,
): AsyncGenerator<NamedTrace, void, undefined> {
  const timeoutMs = limits.admin.viewsWithinMs;
  await engine.views.whenCurrent({ projection: 'trace', timeoutMs });
  await engine.views.whenCurrent({ projection: 'mailbox', timeoutMs });
  for (const messageId of await messageIds(engine, about, limit)) {
    const found = await engine.views.query('trace', 'message', messageId);
    if (found !== undefined) yield named(engine, found);
  }
}

async function messageIds(engine: Engine, about: string, limit: number): Promise<readonly string[]> {
  if (isId(about.toLowerCase())) return [about.toLowerCase()];
  const byHeader = await engine.views.query('trace', 'byMessageIdHeader', about, limit);
  const found = byHeader.length > 0 ? byHeader : await engine.views.query('trace', 'byAddress', about, limit);
  return found.map((message) => message.messageId).reverse();
}

async function named(engine: Engine, found: MessageTrace): Promise<NamedTrace> {
  const index = await engine.directory.current();
  const mailboxes = new Set(found.entries.flatMap(({ accountId }) => accountId ?? []));
  const accounts = new Set([
    ...mailboxes,
    ...found.recipients.flatMap(({ accountIds }) => accountIds),
    ...found.entries.flatMap(({ detail }) => (typeof detail.readerId === 'string' ? [detail.readerId] : [])),
  ]);
  return {
    ...found,
    addresses: Object.fromEntries([...accounts].map((id) => [id, index.addressOf(id) ?? null])),
    folders: await forEach(mailboxes, (accountId) => folderPaths(engine, accountId)),
    keywords: await forEach(mailboxes, (accountId) => keywordNames(engine, accountId)),
    sessions: await sessionNames(engine, found),
  };
}

async function forEach<T>(
  ids: Iterable<string>,
  ask: (id: string) => Promise<T>,
): Promise<Record<string, T>> {
  const answers: Record<string, T> = {};
  for (const id of ids) answers[id] = await ask(id);
  return answers;
}

async function folderPaths(engine: Engine, accountId: string): Promise<Record<string, string>> {
  const folders = await engine.views.query('mailbox', 'folders', accountId);
  const byId = new Map(folders.map((folder) => [folder.folderId, folder]));
  const paths: Record<string, string> = {};
  for (const folder of folders) {
    const names: string[] = [];
    // A folder has fewer ancestors than there are folders.
    let at: typeof folder | undefined = folder;
    for (let depth = 0; at !== undefined && depth < folders.length; depth++) {
      names.unshift(at.name ?? '(erased)');
      at = at.parentId === null ? undefined : byId.get(at.parentId);
    }
    paths[folder.folderId] = names.join('/');
  }
  return paths;
}

async function keywordNames(engine: Engine, accountId: string): Promise<Record<string, string>> {
  const keywords = await engine.views.query('mailbox', 'keywords', accountId);
  return Object.fromEntries(keywords.map(({ keywordId, name }) => [keywordId, name ?? '(erased)']));
}

const sessionPrefix = 'session:';

async function sessionNames(engine: Engine, { entries }: MessageTrace): Promise<Record<string, SessionName>> {
  const ids = new Set(
    entries.filter(({ by }) => by.startsWith(sessionPrefix)).map(({ by }) => by.slice(sessionPrefix.length)),
  );
  return forEach([...ids].slice(0, limits.admin.traceSessionsMax), async (id) =>
    sessionName(await engine.views.query('trace', 'session', id)),
  );
}

function sessionName(entries: readonly SessionEntry[]): SessionName {
  const opened = entries.find(({ type }) => type === 'SessionOpened');
  const login = entries.findLast(({ type }) => type === 'Authenticated');
  const peer = opened?.personal?.peer as { readonly address: string } | undefined;
  const who = login?.personal?.who as { readonly authenticationId: string } | undefined;
  return {
    protocol: typeof opened?.detail.protocol === 'string' ? opened.detail.protocol : 'unknown',
    peer: peer?.address ?? null,
    who: who?.authenticationId ?? null,
  };
}
