/**
 * Commands on the messages of the selected mailbox but for FETCH and SEARCH: STORE, COPY, MOVE (RFC 6851),
 * EXPUNGE and UID EXPUNGE (RFC 4315), and those without arguments. Parsers throw `SyntaxFault`.
 */
import type { OctetString } from './command-parts.ts';
import { type Cursor, expect, fail, nested, peek, skip, skipWord, space, word } from './cursor.ts';
import { type Flag, storeFlags } from './flags.ts';
import { mailbox } from './mailbox-commands.ts';
import { type SequenceSet, sequenceSet } from './sequence-set.ts';
import { modSequence } from './values.ts';

export type MessageCommand =
  | { readonly name: 'CHECK' }
  | { readonly name: 'CLOSE' }
  | { readonly name: 'UNSELECT' }
  | { readonly name: 'IDLE' }
  | {
      readonly name: 'STORE';
      readonly uid: boolean;
      readonly set: SequenceSet;
      readonly action: 'replace' | 'add' | 'remove';
      readonly silent: boolean;
      readonly flags: readonly Flag[];
      /** RFC 7162 section 3.1.3 */
      readonly unchangedSince?: number;
    }
  | {
      readonly name: 'COPY' | 'MOVE';
      readonly uid: boolean;
      readonly set: SequenceSet;
      readonly mailbox: OctetString;
    }
  /** UID EXPUNGE has a set; EXPUNGE takes all that are \Deleted. */
  | { readonly name: 'EXPUNGE'; readonly uids?: SequenceSet };

export function store(uid: boolean): (cursor: Cursor) => MessageCommand {
  return (cursor) => {
    space(cursor);
    const set = sequenceSet(cursor);
    space(cursor);
    const unchangedSince = peek(cursor) === '(' ? nested(cursor, storeModifier) : undefined;
    const action = skip(cursor, '+') ? 'add' : skip(cursor, '-') ? 'remove' : 'replace';
    const item = word(cursor, 'Store item');
    if (item !== 'FLAGS' && item !== 'FLAGS.SILENT') fail('Unknown store item');
    const flags = storeFlags(cursor);
    const command = { name: 'STORE', uid, set, action, silent: item === 'FLAGS.SILENT', flags } as const;
    return unchangedSince === undefined ? command : { ...command, unchangedSince };
  };
}

/** `(UNCHANGEDSINCE 12345) ` */
function storeModifier(cursor: Cursor): number {
  expect(cursor, '(', '( before modifier');
  if (!skipWord(cursor, 'UNCHANGEDSINCE')) fail('Unknown modifier');
  space(cursor);
  const modseq = modSequence(cursor);
  expect(cursor, ')', ') after modifier');
  space(cursor);
  return modseq;
}

export function copyOrMove(name: 'COPY' | 'MOVE', uid: boolean): (cursor: Cursor) => MessageCommand {
  return (cursor) => {
    space(cursor);
    const set = sequenceSet(cursor);
    space(cursor);
    return { name, uid, set, mailbox: mailbox(cursor) };
  };
}

export function uidExpunge(cursor: Cursor): MessageCommand {
  space(cursor);
  return { name: 'EXPUNGE', uids: sequenceSet(cursor) };
}
