/**
 * A YAML file as plain values that remember where they stood. A syntax error, a repeated key, a second
 * document, an unknown tag or a cycle of aliases is a `ConfigError` with its place.
 */
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { ConfigError, type ConfigProblem } from './config-error.ts';

export type KeyPath = readonly PropertyKey[];

interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ConfigDocument {
  /** Maps, lists and scalars; `undefined` for an empty file. */
  readonly value: unknown;
  /** Where the key at the path stands, or the nearest thing around it that the file has; nothing when the
   * file does not even have the first key of the path. */
  placeOfKey(path: KeyPath): Place | undefined;
  /** The same for the value. */
  placeOfValue(path: KeyPath): Place | undefined;
}

/** The library's message without the position and the quoted source that it appends. */
const syntaxProblem = (error: YAMLError, file: string): ConfigProblem => {
  const start = error.linePos?.[0];
  const message = (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  const hint = error.code === 'TAB_AS_INDENT' ? ' (indent with spaces)' : '';
  return { file, ...(start ? { line: start.line, column: start.col } : {}), message: `${message}${hint}` };
};

interface Found {
  readonly keyOffset: number;
  readonly valueOffset: number;
}

/** Follows the path as far as the file goes. */
const find = (root: Node | null, path: KeyPath): Found | undefined => {
  let node: unknown = root;
  let found: Found = { keyOffset: root?.range?.[0] ?? 0, valueOffset: root?.range?.[0] ?? 0 };
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === step,
      );
      if (!pair || !isScalar(pair.key)) return depth === 0 ? undefined : found;
      node = pair.value;
      const keyOffset = pair.key.range?.[0] ?? found.keyOffset;
      // An empty value has no place of its own that a person would look at.
      const empty = isScalar(node) && node.value === null;
      const valueOffset = !empty && isNode(node) ? (node.range?.[0] ?? keyOffset) : keyOffset;
      found = { keyOffset, valueOffset };
    } else {
      const items = (node as { items?: unknown[] } | null)?.items;
      const item = items?.[Number(step)];
      if (!isNode(item)) return found;
      node = item;
      const offset = item.range?.[0] ?? found.valueOffset;
      found = { keyOffset: offset, valueOffset: offset };
    }
  }
  return found;
};

/** @param file the name for messages */
export const parseConfigDocument = (text: string, file: string): ConfigDocument => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) throw new ConfigError(syntax.map((error) => syntaxProblem(error, file)));
  const place = (offset: number | undefined): Place | undefined => {
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // Aliases could tie a knot; a configuration of this size needs none.
  visit(document, {
    Alias: (_, alias) => {
      throw new ConfigError([
        { file, ...place(alias.range?.[0]), message: 'aliases (*name) are not supported here' },
      ]);
    },
  });
  const root = document.contents;
  return {
    value: root === null || (isScalar(root) && root.value === null) ? undefined : document.toJS(),
    placeOfKey: (path) => place(find(root, path)?.keyOffset),
    placeOfValue: (path) => place(find(root, path)?.valueOffset),
  };
};
