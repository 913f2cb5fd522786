/** Who a login is. One implementation for all protocols, so that back-off counts over all of them. */

export type LoginResult =
  | { readonly kind: 'ok'; readonly accountId: string; readonly name: string }
  | { readonly kind: 'failed' }
  /** Too many failures from this address or for this account: try again later. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number };

export interface LoginOrigin {
  /** The peer's IP address. */
  readonly address: string;
  readonly sessionId: string;
  readonly mechanism: string;
}

/** `login` is a full address. Rejects with `ServiceUnavailable` when the directory is not known to be current. */
export type Authenticate = (login: string, password: string, from: LoginOrigin) => Promise<LoginResult>;
