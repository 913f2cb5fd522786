/**
 * Passwords as argon2id in PHC strings (RFC 9106; the parameters are OWASP's: 19 MiB, two passes, one lane),
 * hashed in the thread pool, never on the main thread.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

const parameters = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const tagLength = 32;

type Parameters = { readonly memory: number; readonly passes: number; readonly parallelism: number };

const derive = (
  password: string,
  salt: Uint8Array,
  { memory, passes, parallelism }: Parameters,
  length: number,
) =>
  new Promise<Buffer>((resolve, reject) => {
    const input = {
      message: Buffer.from(password, 'utf8'),
      nonce: salt,
      memory,
      passes,
      parallelism,
      tagLength: length,
    };
    argon2('argon2id', input, (error, tag) => {
      if (error === null || error === undefined) resolve(Buffer.from(tag));
      else reject(error);
    });
  });

const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64').replace(/=+$/, '');

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const tag = await derive(password, salt, parameters, tagLength);
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** False also for a string that is not such a hash. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = phc.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return false;
  const expected = Buffer.from(tag, 'base64');
  const asked = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const actual = await derive(password, Buffer.from(salt, 'base64'), asked, expected.length);
  return timingSafeEqual(actual, expected);
}
