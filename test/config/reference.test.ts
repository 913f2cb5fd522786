import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configJsonSchema, type SchemaNode } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { referenceFiles } from '../../src/config/reference.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const undocumented = (node: SchemaNode, at: string): string[] => [
  ...Object.entries(node.properties ?? {}).flatMap(([key, inner]) => [
    ...(inner.description ? [] : [`${at}${key}`]),
    ...undocumented(inner, `${at}${key}.`),
  ]),
  ...(node.items ? undocumented(node.items, at) : []),
  ...[...(node.oneOf ?? []), ...(node.anyOf ?? [])].flatMap((inner) => undocumented(inner, at)),
];

describe('the reference of the configuration', () => {
  for (const [path, text] of Object.entries(referenceFiles())) {
    it(`${path} is current (else run: node src/config/write-reference.ts)`, () => {
      assert.equal(readFileSync(fromRoot(path), 'utf8'), text);
    });
  }

  it('describes every key', () => {
    assert.deepEqual(undocumented(configJsonSchema(), ''), []);
  });

  it('has an example whose values are the defaults', () => {
    const { file, dataDirectory, ...example } = loadConfig(
      { configPath: fromRoot('chancery.example.yaml') },
      {},
    );
    const {
      file: none,
      dataDirectory: other,
      ...defaults
    } = loadConfig({ workingDirectory: fromRoot('test/config') }, {});
    assert.deepEqual(example, defaults);
  });

  it('has an example that is still valid with every example uncommented', async () => {
    const { parse } = await import('yaml');
    const { configSchema } = await import('../../src/config/schema.ts');
    const text = readFileSync(fromRoot('chancery.example.yaml'), 'utf8');
    for (const [, line = ''] of text.matchAll(/^# ((?:hostname|tls|log|nodes): .*)$/gm)) {
      assert.equal(configSchema.safeParse(parse(line)).success, true, line);
    }
  });
});
