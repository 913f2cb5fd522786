/** From a parsed command to its handler, and in which state each may be given (RFC 3501 section 3). */
import type { Command } from '../grammar/parse-command.ts';
import { announce } from '../session/announce.ts';
import { bad, type Outcome } from '../session/outcome.ts';
import type { ImapSession } from '../session/session.ts';
import { append, type PendingAppend } from './append.ts';
import { enable, identify, logout, startTls, tellCapabilities, tellNamespaces } from './connection.ts';
import { copy, move } from './copy.ts';
import { close, expunge, unselect } from './expunge.ts';
import { fetch } from './fetch.ts';
import { createMailbox, deleteMailbox, renameMailbox, subscribe, unsubscribe } from './folders.ts';
import { idle } from './idle.ts';
import { list, lsub } from './list.ts';
import { authenticate, login } from './login.ts';
import { search } from './search.ts';
import { select } from './select.ts';
import { mailboxStatus } from './status.ts';
import { store } from './store.ts';

/** The command's name as it goes on record. */
export function verbOf(command: Command): string {
  if ('uid' in command && command.uid) return `UID ${command.name}`;
  return command.name === 'EXPUNGE' && command.uids !== undefined ? 'UID EXPUNGE' : command.name;
}

export async function dispatch(
  session: ImapSession,
  command: Command,
  tag: string,
  appending: PendingAppend | undefined,
): Promise<Outcome> {
  switch (command.name) {
    case 'CAPABILITY':
      return tellCapabilities(session);
    case 'NOOP':
      return { status: 'OK', text: 'NOOP completed' };
    case 'LOGOUT':
      return logout(session);
    case 'ID':
      return identify(session, command.parameters);
    case 'STARTTLS':
      return startTls(session);
    case 'LOGIN':
      return login(session, command);
    case 'AUTHENTICATE':
      return authenticate(session, command);
    default:
      return dispatchAccount(session, command, tag, appending);
  }
}

type AccountCommand = Exclude<
  Command,
  { name: 'CAPABILITY' | 'NOOP' | 'LOGOUT' | 'ID' | 'STARTTLS' | 'LOGIN' | 'AUTHENTICATE' }
>;

async function dispatchAccount(
  session: ImapSession,
  command: AccountCommand,
  tag: string,
  appending: PendingAppend | undefined,
): Promise<Outcome> {
  const { account } = session;
  if (account === undefined) return bad('Log in first');
  const at = { session, account };
  switch (command.name) {
    case 'ENABLE':
      return enable(session);
    case 'NAMESPACE':
      return tellNamespaces(session);
    case 'SELECT':
    case 'EXAMINE':
      return select(at, command);
    case 'CREATE':
      return createMailbox(at, command);
    case 'DELETE':
      return deleteMailbox(at, command.mailbox);
    case 'RENAME':
      return renameMailbox(at, command.from, command.to);
    case 'SUBSCRIBE':
      return subscribe(at, command.mailbox);
    case 'UNSUBSCRIBE':
      return unsubscribe(at, command.mailbox);
    case 'LIST':
      return list(at, command);
    case 'LSUB':
      return lsub(at, command);
    case 'STATUS':
      return mailboxStatus(at, command);
    case 'APPEND':
      return append(at, command, appending);
    case 'IDLE':
      return idle(at);
    default:
      return dispatchSelected(session, command, tag);
  }
}

type SelectedCommand = Extract<
  AccountCommand,
  { name: 'CHECK' | 'CLOSE' | 'UNSELECT' | 'EXPUNGE' | 'SEARCH' | 'FETCH' | 'STORE' | 'COPY' | 'MOVE' }
>;

async function dispatchSelected(
  session: ImapSession,
  command: SelectedCommand,
  tag: string,
): Promise<Outcome> {
  const { account, selected } = session;
  if (account === undefined || selected === undefined) return bad('Select a mailbox first');
  const at = { session, account, selected };
  // A UID may be known from elsewhere before the client has been told of its message; and message numbers do
  // not matter here, so that news may come first (RFC 3501 section 7.4.1).
  if (verbOf(command).startsWith('UID ')) await announce(at, { expunges: true, withUids: true });
  switch (command.name) {
    case 'CHECK':
      return { status: 'OK', text: 'CHECK completed' };
    case 'CLOSE':
      return close(at);
    case 'UNSELECT':
      return unselect(at);
    case 'EXPUNGE':
      return expunge(at, command.uids);
    case 'SEARCH':
      return search(at, command);
    case 'FETCH':
      return fetch(at, command);
    case 'STORE':
      return store(at, command);
    case 'COPY':
      return copy(at, command);
    case 'MOVE':
      return move(at, command);
    default:
      command satisfies never;
      throw new Error(`${tag}: no such command`);
  }
}
