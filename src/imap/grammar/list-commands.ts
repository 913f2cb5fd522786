/**
 * LIST and LSUB. LIST with the options of LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819) and SPECIAL-USE
 * (RFC 6154); `extended` says that a client used any of it. Parsers throw `SyntaxFault`.
 */
import type { OctetString } from './command-parts.ts';
import { type Cursor, fail, peek, skip, skipWord, space, word } from './cursor.ts';
import { mailbox, type StatusItem, statusItemList } from './mailbox-commands.ts';
import { list, listPattern } from './values.ts';

const selectionOptions = ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'] as const;

export type ListSelectionOption = (typeof selectionOptions)[number];

export type ListReturnOption =
  | { readonly kind: 'SUBSCRIBED' | 'CHILDREN' | 'SPECIAL-USE' }
  | { readonly kind: 'STATUS'; readonly items: readonly StatusItem[] };

export type ListCommand =
  | {
      readonly name: 'LIST';
      readonly reference: OctetString;
      readonly patterns: readonly OctetString[];
      readonly selection: readonly ListSelectionOption[];
      readonly returns: readonly ListReturnOption[];
      /** Options or several patterns were given, even empty ones. */
      readonly extended: boolean;
    }
  | { readonly name: 'LSUB'; readonly reference: OctetString; readonly pattern: OctetString };

export function lsub(cursor: Cursor): ListCommand {
  space(cursor);
  const reference = mailbox(cursor);
  space(cursor);
  return { name: 'LSUB', reference, pattern: listPattern(cursor) };
}

export function listCommand(cursor: Cursor): ListCommand {
  space(cursor);
  const hasSelection = peek(cursor) === '(';
  const selection = hasSelection ? list(cursor, selectionOption, 'selection options', 'empty-allowed') : [];
  if (hasSelection) space(cursor);
  checkRecursiveMatch(selection);
  const reference = mailbox(cursor);
  space(cursor);
  const severalPatterns = peek(cursor) === '(';
  const patterns = severalPatterns ? list(cursor, listPattern, 'patterns') : [listPattern(cursor)];
  const hasReturns = skip(cursor, ' ');
  const extended = hasSelection || severalPatterns || hasReturns;
  return {
    name: 'LIST',
    reference,
    patterns,
    selection,
    returns: hasReturns ? returnOptions(cursor) : [],
    extended,
  };
}

/** RFC 5258 section 3.1: RECURSIVEMATCH only narrows another option; alone, or with REMOTE, it is BAD. */
function checkRecursiveMatch(selection: readonly ListSelectionOption[]): void {
  const narrowable = selection.some((option) => option === 'SUBSCRIBED' || option === 'SPECIAL-USE');
  if (selection.includes('RECURSIVEMATCH') && !narrowable) fail('RECURSIVEMATCH needs another option');
}

function selectionOption(cursor: Cursor): ListSelectionOption {
  const name = word(cursor, 'Selection option');
  return selectionOptions.find((option) => option === name) ?? fail('Unknown selection option');
}

function returnOptions(cursor: Cursor): readonly ListReturnOption[] {
  if (!skipWord(cursor, 'RETURN')) fail('RETURN expected');
  space(cursor);
  return list(cursor, returnOption, 'return options', 'empty-allowed');
}

function returnOption(cursor: Cursor): ListReturnOption {
  const name = word(cursor, 'Return option');
  switch (name) {
    case 'SUBSCRIBED':
    case 'CHILDREN':
    case 'SPECIAL-USE':
      return { kind: name };
    case 'STATUS':
      space(cursor);
      return { kind: name, items: statusItemList(cursor) };
    default:
      return fail('Unknown return option');
  }
}
