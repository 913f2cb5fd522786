/**
 * Parts of a command to a typed command: the tables from a command's name to its parser. An extension adds
 * its parser to a table and its type to `Command`.
 *
 * Never throws for anything a client sends: what does not parse is `bad`, with the text of the BAD reply.
 */
import { type AppendCommand, append } from './append-command.ts';
import type { CommandPart } from './command-parts.ts';
import { authenticate, bare, type ConnectionCommand, enable, id, login } from './connection-commands.ts';
import { type Cursor, createCursor, end, fail, SyntaxFault, space, word } from './cursor.ts';
import { type FetchCommand, fetch } from './fetch-command.ts';
import { type ListCommand, listCommand, lsub } from './list-commands.ts';
import { create, type MailboxCommand, oneMailbox, rename, select, status } from './mailbox-commands.ts';
import { copyOrMove, type MessageCommand, store, uidExpunge } from './message-commands.ts';
import { type SearchCommand, search } from './search-command.ts';
import { readTag } from './tag.ts';

export type Command =
  | ConnectionCommand
  | MailboxCommand
  | ListCommand
  | AppendCommand
  | MessageCommand
  | FetchCommand
  | SearchCommand;

export type ParsedCommand =
  | { readonly kind: 'command'; readonly tag: string; readonly command: Command }
  /** `tag` is `*` when none could be read; `verb` is there when the client named a command that exists. */
  | { readonly kind: 'bad'; readonly tag: string; readonly verb?: string; readonly text: string };

type Parser = (cursor: Cursor) => Command;

const parsers = new Map<string, Parser>([
  ['CAPABILITY', bare('CAPABILITY')],
  ['NOOP', bare('NOOP')],
  ['LOGOUT', bare('LOGOUT')],
  ['ID', id],
  ['STARTTLS', bare('STARTTLS')],
  ['AUTHENTICATE', authenticate],
  ['LOGIN', login],
  ['ENABLE', enable],
  ['SELECT', select('SELECT')],
  ['EXAMINE', select('EXAMINE')],
  ['CREATE', create],
  ['DELETE', oneMailbox('DELETE')],
  ['RENAME', rename],
  ['SUBSCRIBE', oneMailbox('SUBSCRIBE')],
  ['UNSUBSCRIBE', oneMailbox('UNSUBSCRIBE')],
  ['LIST', listCommand],
  ['LSUB', lsub],
  ['STATUS', status],
  ['NAMESPACE', bare('NAMESPACE')],
  ['APPEND', append],
  ['IDLE', bare('IDLE')],
  ['CHECK', bare('CHECK')],
  ['CLOSE', bare('CLOSE')],
  ['UNSELECT', bare('UNSELECT')],
  ['EXPUNGE', bare('EXPUNGE')],
  ['SEARCH', search(false)],
  ['FETCH', fetch(false)],
  ['STORE', store(false)],
  ['COPY', copyOrMove('COPY', false)],
  ['MOVE', copyOrMove('MOVE', false)],
]);

/** Commands after the word UID (RFC 3501 section 6.4.8). */
const uidParsers = new Map<string, Parser>([
  ['SEARCH', search(true)],
  ['FETCH', fetch(true)],
  ['STORE', store(true)],
  ['COPY', copyOrMove('COPY', true)],
  ['MOVE', copyOrMove('MOVE', true)],
  ['EXPUNGE', uidExpunge],
]);

export function parseCommand(parts: readonly CommandPart[]): ParsedCommand {
  const cursor = createCursor(parts);
  const tag = readTag(cursor.text);
  if (tag === undefined) return { kind: 'bad', tag: '*', text: 'Tag expected' };
  let verb: string | undefined;
  try {
    cursor.offset = tag.length;
    space(cursor);
    const name = word(cursor, 'Command');
    const uid = name === 'UID';
    if (uid) space(cursor);
    const verbName = uid ? word(cursor, 'Command') : name;
    const parse = (uid ? uidParsers : parsers).get(verbName) ?? fail('Unknown command');
    verb = uid ? `UID ${verbName}` : verbName;
    const command = parse(cursor);
    end(cursor);
    return { kind: 'command', tag, command };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    const text = verb === undefined ? error.message : `${verb}: ${error.message}`;
    return { kind: 'bad', tag, text, ...(verb === undefined ? {} : { verb }) };
  }
}
