import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../bin/chancery', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'chancery-launcher-'));
after(() => rmSync(root, { recursive: true }));

const run = (
  file: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(file, args, options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

const script = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
};

/** A package with the launcher, in a folder with a space, and a `node` of the version on the PATH. */
const installed = (options: { version?: string; own?: string; javascript?: boolean }) => {
  const home = mkdtempSync(join(root, 'a package '));
  mkdirSync(join(home, 'bin'));
  mkdirSync(join(home, 'src'));
  copyFileSync(launcher, join(home, 'bin', 'chancery'));
  if (options.javascript) writeFileSync(join(home, 'src', 'main.js'), '');
  const fake = (version: string) =>
    `if [ "$1" = --version ]; then echo ${version}; else echo "${version} $*"; fi`;
  if (options.version) script(join(home, 'path', 'node'), fake(options.version));
  if (options.own) script(join(home, 'node_modules', '.bin', 'node'), fake(options.own));
  return { home, file: join(home, 'bin', 'chancery'), env: { PATH: `${join(home, 'path')}:/usr/bin:/bin` } };
};

describe('bin/chancery', () => {
  it('runs from a checkout, whatever the working directory', async () => {
    const { code, out, err } = await run(launcher, ['--version'], { cwd: root });
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    assert.match(out, /^chancery \d+\.\d+\.\d+\n$/);
  });

  it('passes the exit code on', async () => {
    assert.equal((await run(launcher, ['--nonsense'])).code, 2);
  });

  it('follows symbolic links, relative ones as well', async () => {
    const { home, env } = installed({ own: 'v26.0.0' });
    const folder = join(home, 'links');
    mkdirSync(folder);
    symlinkSync('../bin/chancery', join(folder, 'one'));
    symlinkSync(join(folder, 'one'), join(folder, 'two'));
    const { out } = await run(join(folder, 'two'), ['x'], { env });
    assert.equal(out, `v26.0.0 --disable-warning=ExperimentalWarning ${home}/src/main.ts x\n`);
  });

  it("prefers the runtime that npm installed over the host's", async () => {
    const { file, env } = installed({ own: 'v26.0.0', version: 'v20.1.0' });
    assert.match((await run(file, [], { env })).out, /^v26\.0\.0 /);
  });

  it("takes the host's Node from 24 on", async () => {
    for (const version of ['v24.0.0', 'v100.2.3']) {
      const { file, env } = installed({ version });
      assert.match((await run(file, ['a b'], { env })).out, new RegExp(`^${version} .*main\\.ts a b\\n$`));
    }
  });

  it('says what it needs when the Node of the host is too old', async () => {
    const { file, env } = installed({ version: 'v20.19.1' });
    const { code, out, err } = await run(file, ['serve'], { env });
    assert.deepEqual([code, out], [3, '']);
    assert.match(err, /Node\.js 24 or newer is needed; .*node is v20\.19\.1\.\n.*npm ci/);
  });

  it('says what it needs when there is no Node at all', async () => {
    const { home, file } = installed({});
    // Only what the script itself calls is on this PATH.
    for (const tool of ['dirname', 'readlink']) {
      script(join(home, 'tools', tool), `PATH=/usr/bin:/bin; exec ${tool} "$@"`);
    }
    const { code, err } = await run('/bin/sh', [file, 'serve'], { env: { PATH: join(home, 'tools') } });
    assert.equal(code, 3);
    assert.match(err, /Node\.js 24 or newer is needed, and there is no node on the PATH/);
  });

  it('runs the JavaScript of a published package', async () => {
    const { file, env } = installed({ own: 'v26.0.0', javascript: true });
    assert.match((await run(file, [], { env })).out, /main\.js\n$/);
  });
});
