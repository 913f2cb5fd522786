/** The word somebody probably meant. */

/** Letters and digits only: `message_size`, `Message-Size` and `messageSize` are the same to a person. */
const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Edits between two words: insert, delete, replace, swap of neighbours (optimal string alignment). */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
};

const wordLengthMax = 64;

/** The candidate nearest to the word, when one is near enough to be meant. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  const wanted = plain(word);
  if (wanted === '' || wanted.length > wordLengthMax) return undefined;
  const scored = candidates.map((candidate) => {
    const other = plain(candidate);
    // `cert` for `certificate`, `size` for `messageSize`: a part of the word counts as a near miss.
    const part = wanted.length >= 3 && (other.startsWith(wanted) || other.endsWith(wanted));
    return { candidate, edits: part ? 1 : distance(wanted, other) };
  });
  const best = scored.toSorted((a, b) => a.edits - b.edits)[0];
  const allowed = wanted.length <= 3 ? 1 : wanted.length <= 6 ? 2 : 3;
  return best && best.edits <= allowed && best.edits < wanted.length ? best.candidate : undefined;
};
