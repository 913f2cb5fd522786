/**
 * Snapshots as sealed files, one for each stream: caches of folded states, so nothing is flushed and what cannot be
 * read counts as absent. AES-256-GCM under a key derived from the scope's; stream, fold version, revision and time
 * are bound to it, and destroying the scope's key makes the file unreadable for good.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Snapshot, SnapshotStore } from '../../actors/ports.ts';
import type { KeyScope, ScopeKeys } from '../../events/scope-keys.ts';
import { streamId } from '../../events/streams.ts';

interface Head {
  readonly stream: string;
  readonly foldVersion: number;
  readonly revision: number;
  readonly at: number;
}

const nonceOctets = 12;
const tagOctets = 16;

export function createFileSnapshots(directory: string, keys: ScopeKeys): SnapshotStore {
  const pathOf = (stream: string): string => join(directory, streamId(stream).slice(-2), stream);
  let written = 0;

  async function keyOf(scope: KeyScope): Promise<Buffer | undefined> {
    const key = keys.cached(scope) ?? (await keys.get(scope));
    if (key === undefined || key === 'destroyed') return undefined;
    return createHmac('sha256', key).update('chancery-snapshot').digest();
  }

  return {
    async load(stream, foldVersion, scope): Promise<Snapshot | undefined> {
      const key = await keyOf(scope);
      if (key === undefined) return undefined;
      const file = await readFile(pathOf(stream)).catch(absent);
      if (file === undefined) return undefined;
      const headEnd = file.indexOf(0x0a);
      const head = JSON.parse(file.toString('utf8', 0, headEnd)) as Head;
      if (head.stream !== stream || head.foldVersion !== foldVersion) return undefined;
      const body = file.subarray(headEnd + 1);
      const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, nonceOctets));
      decipher.setAAD(file.subarray(0, headEnd));
      decipher.setAuthTag(body.subarray(-tagOctets));
      const octets = Buffer.concat([
        decipher.update(body.subarray(nonceOctets, -tagOctets)),
        decipher.final(),
      ]);
      return { revision: head.revision, at: head.at, octets };
    },
    async save(stream, foldVersion, scope, snapshot): Promise<void> {
      const key = await keyOf(scope);
      if (key === undefined) return;
      const head = Buffer.from(
        JSON.stringify({ stream, foldVersion, revision: snapshot.revision, at: snapshot.at }),
      );
      const nonce = randomBytes(nonceOctets);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(head);
      const sealed = [cipher.update(snapshot.octets), cipher.final(), cipher.getAuthTag()];
      const path = pathOf(stream);
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}.${written++}`;
      try {
        await writeFile(temporary, Buffer.concat([head, Buffer.from('\n'), nonce, ...sealed]), {
          mode: 0o600,
        });
        await rename(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
    },
  };
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
