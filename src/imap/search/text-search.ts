/**
 * Looks for strings in text that passes by, without regard to case (RFC 3501 section 6.4.4). Holds no more of
 * the text than the longest string could span.
 */

export interface TextSearch {
  push(text: string): void;
  /** A new text begins: nothing is found across the border. */
  cut(): void;
  readonly isDone: boolean;
  has(needle: string): boolean;
}

export function foldCase(text: string): string {
  return text.toLowerCase();
}

/** `needles` are folded already. An empty one is in every text. */
export function createTextSearch(needles: Iterable<string>): TextSearch {
  const found = new Set<string>(['']);
  const missing = new Set(needles);
  missing.delete('');
  const longest = Math.max(0, ...[...missing].map((each) => each.length));
  let tail = '';
  return {
    push(text) {
      const seen = tail + foldCase(text);
      for (const needle of missing) {
        if (!seen.includes(needle)) continue;
        missing.delete(needle);
        found.add(needle);
      }
      tail = longest > 1 ? seen.slice(-(longest - 1)) : '';
    },
    cut() {
      tail = '';
    },
    get isDone() {
      return missing.size === 0;
    },
    has: (needle) => found.has(needle),
  };
}
