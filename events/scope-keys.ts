/**
 * Key scopes: whose key seals which personal data, and so what destroying a key erases.
 * The keys themselves live in a key store outside the log; this file only names them.
 */

/** `message/<id>` | `account/<id>` | `activity/<account>/<yyyy-mm>` | `peer/<yyyy-mm-dd>` */
export type KeyScope =
  | `message/${string}`
  | `account/${string}`
  | `activity/${string}/${string}`
  | `peer/${string}`;

export const messageScope = (messageId: string): KeyScope => `message/${messageId}`;
export const accountScope = (accountId: string): KeyScope => `account/${accountId}`;
/** `at` in milliseconds since the epoch, UTC. */
export const activityScope = (accountId: string, at: number): KeyScope =>
  `activity/${accountId}/${new Date(at).toISOString().slice(0, 7)}`;
export const peerScope = (at: number): KeyScope => `peer/${new Date(at).toISOString().slice(0, 10)}`;

/** A scope's 32-octet key, or `'destroyed'` when it once existed and was erased for good. */
export type ScopeKey = Uint8Array | 'destroyed';

/** Where keys come from, as the codec, the actors and the projections see it. Durable when resolved. */
export interface ScopeKeys {
  /** The scope's key; made, stored and durable when there was none. `'destroyed'` stays destroyed. */
  ensure(scope: KeyScope): Promise<ScopeKey>;
  /** The scope's key; undefined when there never was one. */
  get(scope: KeyScope): Promise<ScopeKey | undefined>;
  /** The cached key, without waiting: undefined means "ask `get`". */
  cached(scope: KeyScope): ScopeKey | undefined;
}
