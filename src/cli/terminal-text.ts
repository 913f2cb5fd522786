/**
 * Text on its way to a terminal. Subjects, names and addresses come from strangers: a control character in
 * them could move the cursor, retitle the window or worse, so none is ever written as it is.
 */

/** C0, DEL, C1, the line separators, and the marks that turn the direction of text around. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const escapeOf = (char: string): string => {
  if (char === '\n') return '\\n';
  if (char === '\r') return '\\r';
  if (char === '\t') return '\\t';
  const hex = char.charCodeAt(0).toString(16);
  return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
};

/** The text on one line, with every unsafe character written as an escape. */
export const printable = (text: string): string => text.toWellFormed().replace(unsafe, escapeOf);

/** JSON on one line; what JSON itself leaves in clear but a terminal obeys is escaped as JSON can. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Characters that take two columns: East Asian wide and full-width forms, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const zeroWidth = /^(?:\p{Mn}|\p{Me}|[\u200b-\u200d]|[\ufe00-\ufe0f])/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const plainAscii = /^[\u0020-\u007e]*$/;

const graphemeWidth = (grapheme: string): number =>
  zeroWidth.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1;

/** Columns that the text takes, as nearly as one can know without asking the terminal. */
export const displayWidth = (text: string): number => {
  if (plainAscii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment);
  return width;
};

/** The text in at most so many columns; what is cut off is marked by an ellipsis. */
export const truncate = (text: string, columnsMax: number): string => {
  if (displayWidth(text) <= columnsMax) return text;
  let width = 0;
  let kept = '';
  for (const { segment } of segmenter.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columnsMax - 1) break;
    kept += segment;
  }
  return columnsMax > 0 ? `${kept}…` : '';
};

/** Filled up with spaces on the right, or on the left. */
export const pad = (text: string, columns: number, align: 'left' | 'right'): string => {
  const fill = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'left' ? text + fill : fill + text;
};
