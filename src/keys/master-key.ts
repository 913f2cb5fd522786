/**
 * The master key, which wraps every scope key: 32 octets from `CHANCERY_MASTER_KEY` (64 hex digits or
 * base64), else from the file `master.key` in the data directory, made on the first start for its owner
 * only. Whoever loses it has erased everything; whoever reads it can read everything.
 *
 * Fails with `MasterKeyError`. No message ever contains a key.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const masterKeyVariable = 'CHANCERY_MASTER_KEY';
const masterKeyFile = 'master.key';
const masterKeyOctets = 32;

/** `invalid`: not 32 octets in a known notation. `exposed`: others may read the file. `missing`: there is
 * no key, but there are things it once wrapped. `unreadable`: the file system refused. `wrong`: it is not
 * the key that wrapped what is stored. */
export type MasterKeyFault = 'invalid' | 'exposed' | 'missing' | 'unreadable' | 'wrong';

export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
  readonly fault: MasterKeyFault;
  constructor(fault: MasterKeyFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

export interface MasterKeyOptions {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a missing file is made: only when nothing was wrapped yet, that is, no key store exists. */
  readonly mayCreate: boolean;
}

export async function loadMasterKey(options: MasterKeyOptions): Promise<Uint8Array> {
  const given = options.env[masterKeyVariable];
  if (given !== undefined && given !== '') return parseMasterKey(given, masterKeyVariable);
  const path = join(options.dataDir, masterKeyFile);
  try {
    const stored = await readMasterKey(path);
    if (stored !== undefined) return stored;
    if (!options.mayCreate) {
      throw new MasterKeyError(
        'missing',
        `${path} is not there, but the keys it wrapped are: put it back, or set ${masterKeyVariable}`,
      );
    }
    return await createMasterKey(options.dataDir, path);
  } catch (error) {
    if (error instanceof MasterKeyError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new MasterKeyError('unreadable', `the master key in ${path} cannot be had: ${reason}`, error);
  }
}

/** What a key store keeps in clear, to recognise the master key it was made with. */
export const masterKeyCheck = (masterKey: Uint8Array): Uint8Array =>
  createHmac('sha256', masterKey).update('chancery-master-key-check').digest();

export const wrongMasterKey = (storePath: string): MasterKeyError =>
  new MasterKeyError(
    'wrong',
    `${storePath} was made with another master key: start with the one from then ` +
      `(${masterKeyVariable}, or the file ${masterKeyFile} that belongs to this data directory)`,
  );

/** `where` names the place in the error. */
export function parseMasterKey(text: string, where: string): Uint8Array {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex');
  // 32 octets in base64 are 43 characters and one for padding; both alphabets of RFC 4648 will do.
  if (/^[0-9a-z+/_-]{43}=?$/i.test(trimmed)) return Buffer.from(trimmed, 'base64');
  throw new MasterKeyError(
    'invalid',
    `${where} holds no master key: it takes ${masterKeyOctets} octets as 64 hex digits or as base64`,
  );
}

/** Undefined when there is no file. */
async function readMasterKey(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(undefinedWhen('ENOENT'));
  if (found === undefined) return undefined;
  const exposed = found.mode & 0o077;
  if (exposed !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    throw new MasterKeyError(
      'exposed',
      `${path} has mode ${mode}, so others than its owner have access to it: run chmod 600 on it, ` +
        'and think about who has read it',
    );
  }
  return parseMasterKey(await readFile(path, 'utf8'), path);
}

/** Written beside its place and linked there whole: a crash in between leaves no half key, and a file that
 * came meanwhile is never replaced. */
async function createMasterKey(dataDir: string, path: string): Promise<Uint8Array> {
  const key = randomBytes(masterKeyOctets);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const beside = `${path}.new`;
  await rm(beside, { force: true });
  const file = await open(beside, 'wx', 0o600);
  try {
    await file.writeFile(`${key.toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  const linked = await link(beside, path).then(() => true, undefinedWhen('EEXIST'));
  await rm(beside);
  await syncDirectory(dataDir);
  if (linked) return key;
  return (await readMasterKey(path)) ?? createMasterKey(dataDir, path);
}

/** A new name is durable only once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const undefinedWhen =
  (code: string) =>
  (error: unknown): undefined => {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  };
