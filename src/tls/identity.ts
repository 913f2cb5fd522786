/**
 * The certificate that the server shows: the operator's files, or a self-signed one that is made on first
 * start and kept under `tls/` in the data directory. The self-signed one is made anew when one of its two
 * files is gone, when the host name is no longer the one that it was made for, and when it has expired;
 * anything else that is wrong with it is an error, for somebody may have put files there by hand.
 */
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPem, type TlsMaterial } from './load-pem.ts';
import { makeSelfSigned } from './self-signed.ts';
import { TlsError } from './tls-error.ts';

export interface TlsIdentity {
  /** What new connections use. */
  current(): TlsMaterial;
  /** Reads the files again. Throws `TlsError` and keeps what it had when they cannot be used. */
  reload(): Promise<TlsMaterial>;
  /** Calls the listener after each reload that brought another certificate; returns how to stop that. */
  onChange(listener: (material: TlsMaterial) => void): () => void;
  readonly origin: 'configured' | 'self-signed';
  /** Whether opening made the certificate just now. */
  readonly madeNow: boolean;
}

export interface TlsIdentityOptions {
  /** The operator's files; without them a self-signed certificate. */
  readonly files?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  readonly dataDirectory: string;
  readonly hostname: string;
  /** Milliseconds since the epoch; the clock when not given. */
  readonly now?: () => number;
}

/** Written beside, synced, then renamed, so that a crash leaves the old file or the new one. */
const writeDurably = async (folder: string, name: string, text: string, mode: number): Promise<void> => {
  const beside = join(folder, `${name}.new`);
  const file = await open(beside, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, join(folder, name));
  const parent = await open(folder, 'r');
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
};

const loadKept = async (certificateFile: string, keyFile: string): Promise<TlsMaterial | undefined> => {
  try {
    return await loadPem(certificateFile, keyFile);
  } catch (error) {
    // A mismatch is what a crash between the two renames leaves behind.
    if (error instanceof TlsError && (error.code === 'missing' || error.code === 'key-mismatch'))
      return undefined;
    throw error;
  }
};

const openSelfSigned = async (
  { dataDirectory, hostname }: TlsIdentityOptions,
  now: () => number,
): Promise<{ material: TlsMaterial; madeNow: boolean }> => {
  const folder = join(dataDirectory, 'tls');
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  const kept = await loadKept(certificateFile, keyFile);
  if (kept?.covers(hostname) && kept.notAfter > now()) return { material: kept, madeNow: false };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = await makeSelfSigned(hostname, now());
  await writeDurably(folder, 'key.pem', made.key, 0o600);
  await writeDurably(folder, 'certificate.pem', made.certificate, 0o644);
  return { material: await loadPem(certificateFile, keyFile), madeNow: true };
};

export const openTlsIdentity = async (options: TlsIdentityOptions): Promise<TlsIdentity> => {
  const now = options.now ?? Date.now;
  const { files } = options;
  const load = async (): Promise<{ material: TlsMaterial; madeNow: boolean }> =>
    files
      ? { material: await loadPem(files.certificateFile, files.keyFile), madeNow: false }
      : openSelfSigned(options, now);
  const listeners = new Set<(material: TlsMaterial) => void>();
  const first = await load();
  let material = first.material;
  return {
    current: () => material,
    reload: async () => {
      const before = material;
      material = (await load()).material;
      if (before.certificate !== material.certificate || before.key !== material.key) {
        for (const listener of listeners) listener(material);
      }
      return material;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    origin: files ? 'configured' : 'self-signed',
    madeNow: first.madeNow,
  };
};
