/**
 * Logins against the directory, for every protocol. Failures slow down the address and the account they name;
 * an unknown login costs as much as a wrong password, so that time does not tell which names exist.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { isErased } from '../../events/event-definition.ts';
import { limits } from '../limits.ts';
import { hashPassword, verifyPassword } from '../passwords/argon2id.ts';
import type { Authenticate, LoginOrigin, LoginResult } from './authentication.ts';
import type { CurrentDirectory } from './current-directory.ts';
import { createLoginThrottle, type ThrottleSettings } from './login-throttle.ts';
import { ServiceUnavailable } from './service-unavailable.ts';

export function createAuthenticator(
  directory: CurrentDirectory,
  settings: ThrottleSettings,
  now: () => number,
): Authenticate {
  const throttle = createLoginThrottle(settings, now);
  const verify = createVerifier(now);

  return async (login: string, password: string, from: LoginOrigin): Promise<LoginResult> => {
    const index = await directory.current();
    const at = login.lastIndexOf('@');
    const localPart = at < 0 ? login : login.slice(0, at);
    const domain = at < 0 ? (index.firstDomain() ?? '') : login.slice(at + 1);
    const account = index.accountByAddress(localPart, domain);
    const keys = [`address ${from.address}`, `account ${account?.accountId ?? login.toLowerCase()}`];
    const retryAfterMs = throttle.retryAfterMs(keys);
    if (retryAfterMs > 0) return { kind: 'throttled', retryAfterMs };
    const credential = account?.credential;
    const hash = credential === undefined || isErased(credential) ? undefined : credential.hash;
    const right = await verify(password, hash);
    if (!right || account === undefined) {
      throttle.failed(keys);
      return { kind: 'failed' };
    }
    throttle.succeeded(keys);
    return { kind: 'ok', accountId: account.accountId, name: index.addressOf(account.accountId) ?? login };
  };
}

/** Verifies with bounded concurrency; remembers for a minute which password fitted which hash, by a keyed hash
 * of both, because clients log in again and again. */
function createVerifier(now: () => number) {
  const memoryKey = randomBytes(32);
  const fitted = new Map<string, number>();
  const decoy = hashPassword(randomBytes(16).toString('hex'));
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (password: string, hash: string | undefined): Promise<boolean> => {
    const memory = createHmac('sha256', memoryKey)
      .update(JSON.stringify([password, hash]))
      .digest('base64');
    if (hash !== undefined && (fitted.get(memory) ?? 0) > now()) return true;
    if (running >= limits.authentication.hashesAtOnce) {
      if (waiting.length >= limits.authentication.hashesWaitingMax)
        throw new ServiceUnavailable('too many logins at once');
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running++;
    try {
      const right = await verifyPassword(password, hash ?? (await decoy));
      if (right && hash !== undefined) remember(memory);
      return right && hash !== undefined;
    } finally {
      running--;
      waiting.shift()?.();
    }
  };

  function remember(memory: string): void {
    if (fitted.size >= limits.authentication.rememberedMax) fitted.clear();
    fitted.set(memory, now() + limits.authentication.rememberedMs);
  }
}
