/** The layer rule (biome.json) is a rule only if breaking it fails: each arrow is broken here once. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where it stands, and what it must not import. */
const violations: readonly (readonly [file: string, imported: string])[] = [
  ['events/a.ts', '../actors/decider.ts'],
  ['events/a.ts', '../projections/runner.ts'],
  ['events/a.ts', '../src/limits.ts'],
  ['actors/a.ts', '../projections/runner.ts'],
  ['actors/a.ts', '../src/limits.ts'],
  ['projections/a.ts', '../actors/decider.ts'],
  ['projections/a.ts', '../src/limits.ts'],
  ['projections/deep/a.ts', '../../src/limits.ts'],
  ['src/smtp/a.ts', '../imap/listener.ts'],
  ['src/imap/a.ts', '../pop3/listener.ts'],
  ['src/pop3/a.ts', '../smtp/listener.ts'],
  ['src/mail/a.ts', 'nact'],
  ['events/a.ts', 'nact'],
  ['src/mail/a.ts', '@kurrent/kurrentdb-client'],
  ['src/log/sqlite/a.ts', '@kurrent/kurrentdb-client'],
  ['src/mail/a.ts', 'node:sqlite'],
  ['projections/a.ts', 'node:sqlite'],
  ['src/imap/a.ts', 'smtp-server'],
  ['src/mail/a.ts', 'pino'],
  ['src/imap/a.ts', 'mailparser'],
];

/** Imports that the rule must let pass, so that it does not simply refuse everything. */
const allowed: readonly (readonly [file: string, imported: string])[] = [
  ['actors/a.ts', 'nact'],
  ['actors/a.ts', '../events/codec.ts'],
  ['src/smtp/a.ts', 'smtp-server'],
  ['src/log/kurrentdb/a.ts', '@kurrent/kurrentdb-client'],
  ['src/log/sqlite/a.ts', 'node:sqlite'],
  ['src/logger.ts', 'pino'],
  ['src/imap/a.ts', '../mail/mailbox-access.ts'],
];

function lint(file: string, imported: string): { readonly code: number | null; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-layers-'));
  try {
    copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'));
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `export { a } from '${imported}';\n`);
    const biome = join(root, 'node_modules/.bin/biome');
    const { status, stdout, stderr } = spawnSync(biome, ['lint', file], { cwd: folder, encoding: 'utf8' });
    return { code: status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [file, imported] of violations) {
  test(`${file} may not import ${imported}`, () => {
    const { code, output } = lint(file, imported);
    assert.equal(code, 1, output);
    assert.match(output, /noRestrictedImports/);
  });
}

for (const [file, imported] of allowed) {
  test(`${file} may import ${imported}`, () => {
    const { code, output } = lint(file, imported);
    assert.equal(code, 0, output);
  });
}
