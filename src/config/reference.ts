/**
 * What is generated from the schema: `chancery.schema.json` for editors, `docs/configuration.md`, and
 * `chancery.example.yaml`. Pure: `write-reference.ts` writes the files, a test holds them current.
 */
import { stringify } from 'yaml';
import { configJsonSchema, type SchemaNode } from './json-schema.ts';

const widthMax = 100;

/** JSON with short lists on one line, as the formatter of the repository leaves it. */
const json = (value: unknown, indent = ''): string => {
  const inner = `${indent}  `;
  if (Array.isArray(value) && value.length > 0) {
    const line = `[${value.map((item) => json(item)).join(', ')}]`;
    const flat = value.flat().every((item) => typeof item !== 'object' || item === null);
    if (flat && inner.length + line.length <= widthMax) return line;
    return `[\n${value.map((item) => inner + json(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${json(item, inner)}`,
  );
  return `{\n${fields.join(',\n')}\n${indent}}`;
};

export const schemaFile = (): string => `${json(configJsonSchema())}\n`;

/** A value as it is written in YAML on one line. */
const inline = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', flowCollectionPadding: true, lineWidth: 0 }).trim();

const variantsOf = (node: SchemaNode): readonly SchemaNode[] => node.oneOf ?? [];

const typeText = (node: SchemaNode): string => {
  if (node.title !== undefined) return node.title;
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum) return node.enum.map((name) => `\`${name}\``).join(', ');
  if (node.oneOf) return 'one of the following';
  if (node.type === 'array') return 'list';
  if (node.type === 'object') return 'block';
  if (node.type === 'integer') {
    return node.minimum !== undefined && node.maximum !== undefined
      ? `whole number, ${node.minimum} to ${node.maximum}`
      : 'whole number';
  }
  return 'text';
};

/** What a key is when it is left out. Defaults that are blocks or long lists show in their own keys. */
const defaultText = (node: SchemaNode, required: boolean): string => {
  if (required) return 'needed';
  if (node.default === undefined) return '';
  const text = inline(node.default);
  if (node.properties || text.length > 60) return '';
  return `\`${text}\``;
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (name: string, node: SchemaNode, required: boolean): string => {
  const example = node.examples?.[0];
  const exampleText = example === undefined ? '' : ` Example: \`${inline(example)}\``;
  const meaning = cell(`${node.description ?? ''}${exampleText}`);
  return `| \`${name}\` | ${cell(typeText(node))} | ${cell(defaultText(node, required))} | ${meaning} |`;
};

/** The rows of an object's keys, each followed by the rows of what is inside it. */
const rows = (node: SchemaNode, prefix: string): readonly string[] =>
  Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`;
    const items = inner.items?.properties ? rows(inner.items, `${name}[].`) : [];
    return [
      row(name, inner, (node.required ?? []).includes(key) && inner.default === undefined),
      ...rows(inner, `${name}.`),
      ...items,
      ...variantsOf(inner).flatMap((variant) => rows(variant, `${name}.`)),
    ];
  });

/** The default listeners as a table of their own: too long for a cell. */
const listenerRows = (): readonly string[] => {
  const listeners = configJsonSchema().properties?.listeners?.default as Record<string, unknown>[];
  return listeners.map(({ protocol, port, tls }) => `| ${protocol} | ${port} | ${tls} |`);
};

export const referencePage = (): string =>
  [
    '# Configuration',
    '',
    '<!-- Generated from src/config/schema.ts by `node src/config/write-reference.ts`. Do not edit. -->',
    '',
    'Chancery needs no configuration file. When there is a `chancery.yaml` in the working directory it is',
    'read, or another file that `--config` names; every key is optional. An unknown key, a value out of',
    'bounds or a contradiction stops the start, and the message names the file, the line, the column and',
    'the key:',
    '',
    '```',
    'chancery.yaml:4:5: listeners[0].prot: unknown key; did you mean "protocol"?',
    '```',
    '',
    'Flags win over the environment, and the environment over the file. Editors that understand JSON',
    'schemas complete and check the file when its first line is',
    '`# yaml-language-server: $schema=./chancery.schema.json`; `chancery.example.yaml` shows every key.',
    '',
    '| flag | environment | meaning |',
    '|---|---|---|',
    '| `--config <file>` | `CHANCERY_CONFIG` | the configuration file |',
    '| `--data <folder>` | `CHANCERY_DATA` | the data directory, instead of `data` |',
    '| `--host <address>` | | where every listener listens, instead of its `host` |',
    '| `--port-offset <number>` | | added to every port but 0 |',
    '| | `CHANCERY_DEMO_PASSWORD` | the password of the accounts made on first start, instead of generated ones |',
    '| | `CHANCERY_MASTER_KEY` | the master key, instead of the file in the data directory |',
    '',
    'A size is written with its unit (`50MiB`, `800kB`) or as a number of octets; a duration always has its',
    'unit (`500ms`, `30s`, `5m`, `2h`, `1d`). A relative path starts at the folder of the file.',
    '',
    '## Keys',
    '',
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...rows(configJsonSchema(), ''),
    '',
    '## Default listeners',
    '',
    'All on `127.0.0.1`. A loopback client may log in without TLS; any other needs it.',
    '',
    '| protocol | port | tls |',
    '|---|---|---|',
    ...listenerRows(),
    '',
  ].join('\n');

/** A description as comment lines, without the marks of Markdown. */
const comment = (text: string, indent: string): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.replaceAll('`', '').split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && `${line} ${word}`.length <= widthMax)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return lines;
};

/** The keys of an object with their defaults; what has none stands as a comment with its example. */
const exampleLines = (node: SchemaNode, indent: string): readonly string[] =>
  Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const about = comment(inner.description ?? '', indent);
    const gap = indent === '' ? [''] : [];
    const constants = Object.entries(inner.properties ?? {}).filter(([, leaf]) => leaf.const !== undefined);
    if (inner.properties && constants.length === Object.keys(inner.properties).length) {
      const store = Object.fromEntries(constants.map(([name, leaf]) => [name, leaf.const]));
      return [...gap, ...about, `${indent}${key}: ${inline(store)}`];
    }
    if (inner.properties && inner.default !== undefined) {
      return [...gap, ...about, `${indent}${key}:`, ...exampleLines(inner, `${indent}  `)];
    }
    if (inner.properties) {
      const keys = Object.entries(inner.properties).map(([name, leaf]) => [name, leaf.examples?.[0]]);
      return [...gap, ...about, `${indent}# ${key}: ${inline(Object.fromEntries(keys))}`];
    }
    if (Array.isArray(inner.default) && inner.default.length > 1) {
      const items = inner.default.map((item) => `${indent}  - ${inline(item)}`);
      return [...gap, ...about, `${indent}${key}:`, ...items];
    }
    const others = variantsOf(inner)
      .slice(1)
      .map((variant) => {
        const keys = Object.entries(variant.properties ?? {});
        return `${indent}# ${key}: ${inline(Object.fromEntries(keys.map(([name, leaf]) => [name, leaf.const ?? leaf.examples?.[0]])))}`;
      });
    const value = inner.default ?? inner.examples?.[0];
    const line = `${indent}${inner.default === undefined ? '# ' : ''}${key}: ${inline(value)}`;
    return [...gap, ...about, line, ...others];
  });

export const exampleFile = (): string =>
  [
    '# yaml-language-server: $schema=./chancery.schema.json',
    '# Every key of chancery.yaml with its default; what has no default stands behind a #.',
    '# Generated from src/config/schema.ts by `node src/config/write-reference.ts`.',
    ...exampleLines(configJsonSchema(), ''),
    '',
  ].join('\n');

/** The files by their path from the root of the repository. */
export const referenceFiles = (): Readonly<Record<string, string>> => ({
  'chancery.schema.json': schemaFile(),
  'chancery.example.yaml': exampleFile(),
  'docs/configuration.md': referencePage(),
});
