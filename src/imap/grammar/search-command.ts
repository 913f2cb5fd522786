/**
 * SEARCH and UID SEARCH: options, charset and a search program as a tree (RFC 3501 section 6.4.4), with
 * ESEARCH (RFC 4731) and SEARCHRES (RFC 5182). Strings stay octets in the charset the client named.
 * Parsers throw `SyntaxFault`.
 */
import { type Cursor, fail, skip, skipWord, space, word } from './cursor.ts';
import { type SearchKey, searchKey } from './search-key.ts';
import { astring, list, spaced } from './values.ts';

const returnOptions = ['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE'] as const;

export type SearchReturnOption = (typeof returnOptions)[number];

export interface SearchCommand {
  readonly name: 'SEARCH';
  readonly uid: boolean;
  /** Undefined: the old SEARCH response. `RETURN ()` is `['ALL']` (RFC 4731 section 3.1). */
  readonly returns?: readonly SearchReturnOption[];
  /** In capitals; undefined when not given. */
  readonly charset?: string;
  /** All must match. */
  readonly keys: readonly SearchKey[];
}

export function search(uid: boolean): (cursor: Cursor) => SearchCommand {
  return (cursor) => {
    const returns = takeOption(cursor, 'RETURN', searchReturns);
    const charset = takeOption(cursor, 'CHARSET', (at) => astring(at, 'Charset').toUpperCase());
    const keys = spaced(cursor, searchKey);
    return {
      name: 'SEARCH',
      uid,
      ...(returns === undefined ? {} : { returns }),
      ...(charset === undefined ? {} : { charset }),
      keys,
    };
  };
}

/** ` NAME value` when NAME is next. */
function takeOption<T>(cursor: Cursor, name: string, value: (cursor: Cursor) => T): T | undefined {
  const start = cursor.offset;
  if (skip(cursor, ' ') && skipWord(cursor, name)) {
    space(cursor);
    return value(cursor);
  }
  cursor.offset = start;
  return undefined;
}

function searchReturns(cursor: Cursor): readonly SearchReturnOption[] {
  const options = list(cursor, searchReturn, 'return options', 'empty-allowed');
  return options.length === 0 ? ['ALL'] : options;
}

function searchReturn(cursor: Cursor): SearchReturnOption {
  const name = word(cursor, 'Return option');
  return returnOptions.find((option) => option === name) ?? fail('Unknown return option');
}
