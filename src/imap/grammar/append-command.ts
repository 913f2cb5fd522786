/**
 * APPEND, and what to do with a literal when its announcement has come and its octets have not.
 *
 * The session asks `classifyLiteral` at each `literal` event: an argument is gathered, a message is streamed
 * to the store once the command before it is known to be sound, and what is not sound is refused before a
 * single octet of it is sent. Messages come as a list, so that MULTIAPPEND (RFC 3502) needs no new shape.
 */
import type { CommandPart, Literal, OctetString } from './command-parts.ts';
import {
  atEnd,
  atLiteral,
  type Cursor,
  createCursor,
  endsHere,
  fail,
  peek,
  SyntaxFault,
  space,
  takeLiteral,
  word,
} from './cursor.ts';
import { dateTime, type InternalDate } from './date-time.ts';
import { type Flag, flagList } from './flags.ts';
import { mailbox } from './mailbox-commands.ts';
import { readTag } from './tag.ts';

/** What stands before a message in APPEND. */
export interface AppendOptions {
  readonly flags: readonly Flag[];
  readonly date?: InternalDate;
}

export interface AppendMessage extends AppendOptions {
  readonly literal: Literal;
}

export interface AppendCommand {
  readonly name: 'APPEND';
  readonly mailbox: OctetString;
  /** At least one; more than one is MULTIAPPEND. */
  readonly messages: readonly AppendMessage[];
}

export type LiteralUse =
  | { readonly kind: 'argument' }
  | {
      readonly kind: 'message';
      readonly tag: string;
      readonly mailbox: OctetString;
      readonly options: AppendOptions;
      /** How many messages of this command came before. */
      readonly index: number;
    }
  | { readonly kind: 'bad'; readonly tag: string; readonly text: string };

export function append(cursor: Cursor): AppendCommand {
  space(cursor);
  const into = mailbox(cursor);
  const messages: AppendMessage[] = [];
  do {
    space(cursor);
    const options = appendOptions(cursor);
    if (!atLiteral(cursor)) fail('Message literal expected');
    messages.push({ ...options, literal: takeLiteral(cursor) });
  } while (!endsHere(cursor));
  return { name: 'APPEND', mailbox: into, messages };
}

/** What a literal announced after `prefix` is for. */
export function classifyLiteral(prefix: readonly CommandPart[]): LiteralUse {
  const cursor = createCursor(prefix);
  const tag = readTag(cursor.text);
  if (tag === undefined) return { kind: 'argument' };
  try {
    cursor.offset = tag.length;
    space(cursor);
    if (word(cursor, 'Command') !== 'APPEND') return { kind: 'argument' };
    space(cursor);
    if (atEnd(cursor)) return { kind: 'argument' };
    const into = mailbox(cursor);
    for (let index = 0; ; index += 1) {
      space(cursor);
      const options = appendOptions(cursor);
      if (atEnd(cursor)) return { kind: 'message', tag, mailbox: into, options, index };
      takeLiteral(cursor);
    }
  } catch (error) {
    if (error instanceof SyntaxFault) return { kind: 'bad', tag, text: error.message };
    throw error;
  }
}

/** `[flag-list SP] [date-time SP]`, up to the literal. */
function appendOptions(cursor: Cursor): AppendOptions {
  let flags: readonly Flag[] = [];
  if (peek(cursor) === '(') {
    flags = flagList(cursor);
    space(cursor);
  }
  if (peek(cursor) !== '"') return { flags };
  const date = dateTime(cursor);
  space(cursor);
  return { flags, date };
}
