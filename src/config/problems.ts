/** What zod found, in words for somebody who writes YAML: which key, what stood there, what was expected. */
import type * as z from 'zod';
import type { KeyPath } from './document.ts';
import { keysAt, placesOf } from './json-schema.ts';
import { nearest } from './suggest.ts';

export interface Finding {
  readonly path: KeyPath;
  /** Whether the key or its value is at fault. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** `listeners[0].port` */
export const keyText = (path: KeyPath): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );

const valueAt = (root: unknown, path: KeyPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    root,
  );

const textMax = 60;

/** A value as it is shown back. Text with an `@` may hold a password, as connection strings do. */
const shown = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block of keys';
  if (typeof value === 'string' && (value.includes('@') || value.length > textMax)) return 'this text';
  return JSON.stringify(value);
};

const kinds: Readonly<Record<string, string>> = {
  object: 'a block of keys (`key: value`, indented)',
  array: 'a list (`- item` lines, or [item, item])',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const unknownKey = (path: KeyPath, key: string): Finding => {
  const meant = nearest(key, keysAt(path));
  const elsewhere = placesOf(key)[0];
  const hint =
    meant !== undefined
      ? `; did you mean "${meant}"?`
      : elsewhere !== undefined
        ? `; it belongs at "${elsewhere}"`
        : `; expected one of ${keysAt(path).join(', ')}`;
  return { path: [...path, key], at: 'key', message: `unknown key${hint}` };
};

const choice = (issue: z.core.$ZodIssue, values: readonly unknown[], value: unknown): string => {
  const names = values.map(String);
  const meant = typeof value === 'string' ? nearest(value, names) : undefined;
  const expected = names.length === 1 ? `expected ${names[0]}` : `expected one of ${names.join(', ')}`;
  const got = value === undefined ? 'missing; ' : '';
  const tail = value === undefined ? '' : `, got ${shown(value)}`;
  return `${got}${issue.message.startsWith('expected') ? issue.message : expected}${tail}${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
};

const messageFor = (issue: z.core.$ZodIssue, value: unknown): string => {
  if (issue.code === 'invalid_value') return choice(issue, issue.values, value);
  const options =
    issue.code === 'invalid_union' ? (issue as { options?: readonly unknown[] }).options : undefined;
  if (options) return choice(issue, options, value);
  const kind = issue.code === 'invalid_type' ? kinds[issue.expected] : undefined;
  const expected = issue.message.startsWith('expected')
    ? issue.message
    : kind !== undefined
      ? `expected ${kind}`
      : issue.message;
  return value === undefined ? `missing; ${expected}` : `${expected}, got ${shown(value)}`;
};

/** Whether the finding is a missing key whose misspelt form stands beside it and was reported already. */
const explained = (finding: Finding, unknown: readonly Finding[], input: unknown): boolean =>
  valueAt(input, finding.path) === undefined &&
  unknown.some(
    (other) =>
      keyText(other.path.slice(0, -1)) === keyText(finding.path.slice(0, -1)) &&
      other.message.includes(`did you mean "${String(finding.path.at(-1))}"`),
  );

/** @param input the values as they stood in the file */
export const findingsOf = (issues: readonly z.core.$ZodIssue[], input: unknown): readonly Finding[] => {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownKey(issue.path, key)) : [],
  );
  const others = issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .map(
      (issue): Finding => ({
        path: issue.path,
        at: 'value',
        message: messageFor(issue, valueAt(input, issue.path)),
      }),
    )
    .filter((finding) => !explained(finding, unknown, input));
  return [...unknown, ...others];
};
