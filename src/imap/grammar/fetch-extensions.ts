/**
 * FETCH items and modifiers of extensions: BINARY (RFC 3516), CONDSTORE and QRESYNC (RFC 7162), PREVIEW
 * (RFC 8970), OBJECTID (RFC 8474), SAVEDATE (RFC 8514). A session refuses those that it does not offer.
 * Parsers throw `SyntaxFault`.
 */
import { type Cursor, expect, fail, peek, skip, skipWord, space, word } from './cursor.ts';
import { binarySection, type Partial, partial, type Section } from './section.ts';
import { list, modSequence } from './values.ts';

export type FetchExtensionItem =
  | { readonly kind: 'MODSEQ' | 'EMAILID' | 'THREADID' | 'SAVEDATE' }
  /** LAZY: only when it costs nothing. */
  | { readonly kind: 'PREVIEW'; readonly lazy: boolean }
  | {
      readonly kind: 'BINARY[]';
      readonly section: Section;
      readonly partial?: Partial;
      readonly peek: boolean;
    }
  | { readonly kind: 'BINARY.SIZE[]'; readonly section: Section };

export interface FetchModifiers {
  readonly changedSince?: number;
  /** With `changedSince` in UID FETCH only (RFC 7162 section 3.2.6); the session checks that. */
  readonly vanished?: true;
}

/** Undefined: no such item. */
export function fetchExtensionItem(cursor: Cursor, name: string): FetchExtensionItem | undefined {
  switch (name) {
    case 'MODSEQ':
    case 'EMAILID':
    case 'THREADID':
    case 'SAVEDATE':
      return { kind: name };
    case 'PREVIEW':
      return { kind: name, lazy: lazyModifier(cursor) };
    case 'BINARY':
    case 'BINARY.PEEK': {
      const section = binarySection(cursor);
      const range = partial(cursor);
      const item = { kind: 'BINARY[]', section, peek: name === 'BINARY.PEEK' } as const;
      return range === undefined ? item : { ...item, partial: range };
    }
    case 'BINARY.SIZE':
      return { kind: 'BINARY.SIZE[]', section: binarySection(cursor) };
    default:
      return undefined;
  }
}

/** ` (LAZY)`; a bracket after a lone PREVIEW may also begin the modifiers of the command. */
function lazyModifier(cursor: Cursor): boolean {
  const start = cursor.offset;
  if (skip(cursor, ' ') && skip(cursor, '(') && skipWord(cursor, 'LAZY')) {
    expect(cursor, ')', ') after LAZY');
    return true;
  }
  cursor.offset = start;
  return false;
}

export function fetchModifiers(cursor: Cursor): FetchModifiers {
  let modifiers: FetchModifiers = {};
  const read = (at: Cursor): void => {
    modifiers = { ...modifiers, ...fetchModifier(at) };
  };
  if (peek(cursor) !== '(') fail('Fetch modifiers expected');
  list(cursor, read, 'modifiers');
  // RFC 7162 section 3.2.6: VANISHED is only allowed beside CHANGEDSINCE.
  if (modifiers.vanished && modifiers.changedSince === undefined) fail('VANISHED needs CHANGEDSINCE');
  return modifiers;
}

function fetchModifier(cursor: Cursor): FetchModifiers {
  switch (word(cursor, 'Modifier')) {
    case 'CHANGEDSINCE':
      space(cursor);
      return { changedSince: modSequence(cursor) };
    case 'VANISHED':
      return { vanished: true };
    default:
      return fail('Unknown modifier');
  }
}
