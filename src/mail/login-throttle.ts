/** Back-off after failed logins, by address and by account: the first few are free, then the pause doubles. */
import { limits } from '../limits.ts';

export interface LoginThrottle {
  /** How long until the next try of any of these keys is heard; 0 when now. */
  retryAfterMs(keys: readonly string[]): number;
  failed(keys: readonly string[]): void;
  succeeded(keys: readonly string[]): void;
}

interface Failures {
  count: number;
  last: number;
}

export interface ThrottleSettings {
  readonly failuresBeforePause: number;
  readonly pauseFirstMs: number;
  readonly pauseLongestMs: number;
  readonly forgetAfterMs: number;
}

export function createLoginThrottle(settings: ThrottleSettings, now: () => number): LoginThrottle {
  const { failuresBeforePause, pauseFirstMs, pauseLongestMs, forgetAfterMs } = settings;
  const { trackedMax } = limits.authentication;
  const failures = new Map<string, Failures>();

  function retryAfter(key: string): number {
    const known = failures.get(key);
    if (known === undefined || known.count <= failuresBeforePause) return 0;
    const pause = Math.min(pauseLongestMs, pauseFirstMs * 2 ** (known.count - failuresBeforePause - 1));
    return Math.max(0, known.last + pause - now());
  }

  function failed(key: string): void {
    const known = failures.get(key);
    const fresh = known === undefined || known.last + forgetAfterMs < now();
    failures.delete(key);
    failures.set(key, { count: fresh ? 1 : known.count + 1, last: now() });
    // The map keeps insertion order, so the first key is the one that failed longest ago.
    const oldest = failures.keys().next().value;
    if (failures.size > trackedMax && oldest !== undefined) failures.delete(oldest);
  }

  return {
    retryAfterMs: (keys) => Math.max(0, ...keys.map(retryAfter)),
    failed: (keys) => keys.forEach(failed),
    // A right password clears the account, not the address: a guesser may own one account.
    succeeded: (keys) => {
      for (const key of keys) if (key.startsWith('account ')) failures.delete(key);
    },
  };
}
