/**
 * FETCH and UID FETCH (RFC 3501 section 6.4.5): the items, with the macros written out. Items of extensions
 * stand in `fetch-extensions.ts`. Parsers throw `SyntaxFault`.
 */
import { type Cursor, fail, peek, skip, space, word } from './cursor.ts';
import {
  type FetchExtensionItem,
  type FetchModifiers,
  fetchExtensionItem,
  fetchModifiers,
} from './fetch-extensions.ts';
import { type Partial, partial, type Section, section } from './section.ts';
import { type SequenceSet, sequenceSet } from './sequence-set.ts';
import { list } from './values.ts';

export type FetchItem =
  | {
      readonly kind:
        | 'ENVELOPE'
        | 'FLAGS'
        | 'INTERNALDATE'
        | 'RFC822.SIZE'
        | 'UID'
        /** BODY without brackets: the structure without extension data. */
        | 'BODY'
        | 'BODYSTRUCTURE';
    }
  /** As BODY[], BODY.PEEK[HEADER] and BODY[TEXT], but answered under their own names. */
  | { readonly kind: 'RFC822' | 'RFC822.HEADER' | 'RFC822.TEXT' }
  | {
      readonly kind: 'BODY[]';
      readonly section: Section;
      readonly partial?: Partial;
      /** BODY.PEEK: does not set \Seen. */
      readonly peek: boolean;
    }
  | FetchExtensionItem;

export interface FetchCommand {
  readonly name: 'FETCH';
  readonly uid: boolean;
  readonly set: SequenceSet;
  /** In the order asked for. */
  readonly items: readonly FetchItem[];
  readonly modifiers: FetchModifiers;
}

const fast: readonly FetchItem[] = [{ kind: 'FLAGS' }, { kind: 'INTERNALDATE' }, { kind: 'RFC822.SIZE' }];

const macros = new Map<string, readonly FetchItem[]>([
  ['FAST', fast],
  ['ALL', [...fast, { kind: 'ENVELOPE' }]],
  ['FULL', [...fast, { kind: 'ENVELOPE' }, { kind: 'BODY' }]],
]);

export function fetch(uid: boolean): (cursor: Cursor) => FetchCommand {
  return (cursor) => {
    space(cursor);
    const set = sequenceSet(cursor);
    space(cursor);
    const items = peek(cursor) === '(' ? list(cursor, fetchItem, 'fetch items') : macroOrItem(cursor);
    const modifiers = skip(cursor, ' ') ? fetchModifiers(cursor) : {};
    return { name: 'FETCH', uid, set, items, modifiers };
  };
}

/** "A macro must be used by itself, and not in conjunction with other macros or data items." */
function macroOrItem(cursor: Cursor): readonly FetchItem[] {
  const start = cursor.offset;
  const macro = macros.get(word(cursor, 'Fetch item'));
  if (macro !== undefined) return macro;
  cursor.offset = start;
  return [fetchItem(cursor)];
}

function fetchItem(cursor: Cursor): FetchItem {
  const name = word(cursor, 'Fetch item');
  switch (name) {
    case 'ENVELOPE':
    case 'FLAGS':
    case 'INTERNALDATE':
    case 'RFC822.SIZE':
    case 'UID':
    case 'BODYSTRUCTURE':
    case 'RFC822':
    case 'RFC822.HEADER':
    case 'RFC822.TEXT':
      return { kind: name };
    case 'BODY':
      return peek(cursor) === '[' ? bodySection(cursor, false) : { kind: 'BODY' };
    case 'BODY.PEEK':
      return bodySection(cursor, true);
    default:
      return fetchExtensionItem(cursor, name) ?? fail('Unknown fetch item');
  }
}

function bodySection(cursor: Cursor, peeks: boolean): FetchItem {
  const wanted = section(cursor);
  const range = partial(cursor);
  return { kind: 'BODY[]', section: wanted, peek: peeks, ...(range === undefined ? {} : { partial: range }) };
}
