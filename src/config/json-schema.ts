/** The schema as JSON Schema: for editors, for the reference, and for finding out which key was meant. */
import * as z from 'zod';
import type { KeyPath } from './document.ts';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that our schema comes out as. */
export interface SchemaNode {
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

let cached: SchemaNode | undefined;

export const configJsonSchema = (): SchemaNode => {
  cached ??= z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode;
  return cached;
};

/** The schemas that a value at the path may follow: several under a choice, none off the schema. */
const schemasAt = (path: KeyPath): readonly SchemaNode[] => {
  let nodes: readonly SchemaNode[] = [configJsonSchema()];
  for (const step of path) {
    nodes = nodes
      .flatMap((node) => [node, ...(node.oneOf ?? []), ...(node.anyOf ?? [])])
      .map((node) => (typeof step === 'number' ? node.items : node.properties?.[String(step)]))
      .filter((node) => node !== undefined);
  }
  return nodes.flatMap((node) => [node, ...(node.oneOf ?? []), ...(node.anyOf ?? [])]);
};

/** Names of the keys that the object at the path may have. */
export const keysAt = (path: KeyPath): readonly string[] => [
  ...new Set(schemasAt(path).flatMap((node) => Object.keys(node.properties ?? {}))),
];

/** Every place in the schema where a key of this name stands, such as `limits.messageSize`. */
export const placesOf = (
  name: string,
  node: SchemaNode = configJsonSchema(),
  prefix = '',
): readonly string[] => [
  ...Object.entries(node.properties ?? {}).flatMap(([key, inner]) => [
    ...(key === name ? [`${prefix}${key}`] : []),
    ...placesOf(name, inner, `${prefix}${key}.`),
  ]),
  ...(node.items ? placesOf(name, node.items, prefix.replace(/\.$/, '[].')) : []),
  ...(node.oneOf ?? []).flatMap((inner) => placesOf(name, inner, prefix)),
];
