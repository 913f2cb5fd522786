/**
 * Where the socket is. A Unix socket's path has at most 108 octets on Linux and 104 on macOS, its closing
 * NUL included; when `control.sock` in the data directory is longer than that, the socket stands in a folder
 * of its own (mode 0700) under the folder for temporary files, and `control.sock.path` says where.
 */
import { chmod, lstat, mkdtemp, readFile, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ControlError, controlCodes } from './control-error.ts';

const pathOctetsMax = 103;
const folderPrefix = 'chancery-';
const socketName = 'control.sock';

const fits = (path: string): boolean => Buffer.byteLength(path) <= pathOctetsMax;
const recordOf = (path: string): string => `${path}.path`;

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Resolves with `undefined` when the file is not there; throws anything else. */
const unlessMissing = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** The path to connect to; `undefined` when no server has said where its socket is. */
export const findSocket = async (path: string): Promise<string | undefined> => {
  if (fits(path)) return path;
  const address = (await unlessMissing(readFile(recordOf(path), 'utf8')))?.trim();
  return address !== undefined && address !== '' && fits(address) ? address : undefined;
};

/** The path to listen on, which `recordSocket` must make known once the server listens there. */
export const chooseSocket = async (path: string): Promise<string> => {
  if (fits(path)) return path;
  const folder = await mkdtemp(join(tmpdir(), folderPrefix));
  const address = join(folder, socketName);
  if (fits(address)) return address;
  await rmdir(folder);
  throw new ControlError(
    controlCodes.pathTooLong,
    `the paths ${path} and ${address} are both too long for a socket; use a data directory with a shorter path`,
  );
};

export const recordSocket = async (path: string, address: string): Promise<void> => {
  if (address === path) return;
  await writeFile(recordOf(path), `${address}\n`, { mode: 0o600 });
  await chmod(recordOf(path), 0o600);
};

/** Removes a socket that nobody listens on; refuses to remove anything that is no socket. */
export const removeSocket = async (path: string, address: string): Promise<void> => {
  const found = await unlessMissing(lstat(address));
  if (found && !found.isSocket()) {
    throw new ControlError(controlCodes.protocol, `${address} is in the way: it is no socket`);
  }
  if (found) await unlessMissing(unlink(address));
  if (address === path) return;
  await rm(recordOf(path), { force: true });
  const folder = dirname(address);
  if (basename(folder).startsWith(folderPrefix)) await unlessMissing(rmdir(folder));
};
