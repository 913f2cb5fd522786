/**
 * LIST patterns (RFC 3501 section 6.3.8): `*` matches anything, `%` anything within one level of the
 * hierarchy, everything else itself. Names and patterns are decoded text, both in any Unicode.
 *
 * Matching costs at most pattern times name, whatever the pattern, because all ways through it are followed
 * at once; the pattern is bounded by `limits.imap.listPatternOctetsMax`, and over it there is no matcher.
 */
import { limits } from '../limits.ts';

export type ListMatcher = (name: string) => boolean;

/**
 * `reference` and `pattern` are joined as they stand. Undefined: the pattern is too long. The first level
 * of a name matches in any case when it is INBOX.
 */
export function createListMatcher(
  reference: string,
  pattern: string,
  delimiter: string,
): ListMatcher | undefined {
  const joined = `${reference}${pattern}`.replaceAll(/[*%]*\*[*%]*/g, '*').replaceAll(/%+/g, '%');
  if (joined.length > limits.imap.listPatternOctetsMax) return undefined;
  return (name) => matches(joined, name, delimiter);
}

function matches(pattern: string, name: string, delimiter: string): boolean {
  const inboxEnd = /^inbox/i.test(name) && (name.length === 5 || name[5] === delimiter) ? 5 : 0;
  // reached[i]: the first i chars of the pattern match what was read of the name.
  let reached = new Uint8Array(pattern.length + 1);
  reached[0] = 1;
  passWildcards(pattern, reached);
  for (let at = 0; at < name.length; at += 1) {
    const char = name[at] ?? '';
    const after = new Uint8Array(pattern.length + 1);
    for (let i = 0; i < pattern.length; i += 1) {
      if (reached[i] === 0) continue;
      const wanted = pattern[i] ?? '';
      if (wanted === '*' || (wanted === '%' && char !== delimiter)) after[i] = 1;
      else if (wanted !== '%' && sameChar(wanted, char, at < inboxEnd)) after[i + 1] = 1;
    }
    passWildcards(pattern, after);
    reached = after;
  }
  return reached[pattern.length] === 1;
}

/** A wildcard also matches nothing. */
function passWildcards(pattern: string, reached: Uint8Array): void {
  for (let i = 0; i < pattern.length; i += 1) {
    if (reached[i] === 1 && (pattern[i] === '*' || pattern[i] === '%')) reached[i + 1] = 1;
  }
}

function sameChar(wanted: string, char: string, anyCase: boolean): boolean {
  return wanted === char || (anyCase && wanted.toUpperCase() === char.toUpperCase());
}
