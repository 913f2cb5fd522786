/** Search results: SEARCH (RFC 3501 section 7.2.5) and ESEARCH (RFC 4731). */
import type { UidSet } from '../../../events/uid-set.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import { formatString } from './strings.ts';

/** `modseq`: the highest of the messages found, when the search asked for MODSEQ (RFC 7162 section 3.1.5). */
export function searchResponse(numbers: Iterable<number>, modseq?: number): OctetString {
  const found = [...numbers];
  const list = found.length === 0 ? '' : ` ${found.join(' ')}`;
  return `* SEARCH${list}${modseq === undefined ? '' : ` (MODSEQ ${modseq})`}\r\n`;
}

export interface ExtendedSearchResult {
  /** The tag of the SEARCH command. */
  readonly tag: string;
  readonly uid: boolean;
  /** Absent when not asked for; MIN, MAX and ALL also when nothing was found (RFC 4731 section 3.1). */
  readonly min?: number;
  readonly max?: number;
  readonly all?: UidSet;
  readonly count?: number;
  readonly modseq?: number;
}

export function extendedSearchResponse(result: ExtendedSearchResult): OctetString {
  const items = [
    result.min === undefined ? '' : ` MIN ${result.min}`,
    result.max === undefined ? '' : ` MAX ${result.max}`,
    result.all === undefined || result.all === '' ? '' : ` ALL ${result.all}`,
    result.count === undefined ? '' : ` COUNT ${result.count}`,
    result.modseq === undefined ? '' : ` MODSEQ ${result.modseq}`,
  ];
  return `* ESEARCH (TAG ${formatString(result.tag)})${result.uid ? ' UID' : ''}${items.join('')}\r\n`;
}
