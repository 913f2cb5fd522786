/** A directory for one test, removed when the test has ended. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export async function temporaryDirectory(t: Pick<TestContext, 'after'>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'chancery-test-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}
