/**
 * Sorts what the client package throws. Its two halves throw differently: the JavaScript half typed
 * errors or raw gRPC errors with a numeric code, the native half plain errors with a telling name.
 */
import { WrongExpectedVersionError } from '@kurrent/kurrentdb-client';
import type { Revision } from '../../../events/event-log.ts';

/** The server did not answer in time. */
export class SilentServer extends Error {
  override readonly name = 'SilentServer';
}

/** An append whose time was over before it could go out. */
export class NeverSent extends Error {
  override readonly name = 'NeverSent';
}

export type Failure =
  | { readonly kind: 'conflict'; readonly actual: Revision }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'no-stream' }
  /** Trying again will not help. */
  | { readonly kind: 'refused' }
  /** `sent` false: it certainly never reached a server. `answered`: the connection works. */
  | { readonly kind: 'passing'; readonly sent: boolean; readonly answered: boolean };

const refusals: ReadonlySet<string> = new Set([
  'AccessDeniedError',
  'StreamDeletedError',
  'StreamTombstonedError',
  'InvalidArgumentError',
]);
const lostConnections: ReadonlySet<string> = new Set(['SilentServer', 'UnavailableError', 'CancelledError']);

/** gRPC status codes: CANCELLED, UNAVAILABLE. */
const connectionCodes: ReadonlySet<unknown> = new Set([1, 14]);

export function sortFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'passing', sent: true, answered: false };
  if (error instanceof WrongExpectedVersionError) {
    const actual = error.actualState;
    return { kind: 'conflict', actual: typeof actual === 'bigint' ? Number(actual) : -1 };
  }
  // The native half names its errors; the other half leaves the name to the class.
  const name = error.name === 'Error' ? error.constructor.name : error.name;
  if (name === 'MaxAppendSizeExceededError') return { kind: 'too-large' };
  if (name === 'StreamNotFoundError') return { kind: 'no-stream' };
  if (refusals.has(name)) return { kind: 'refused' };
  // A follower refuses before it writes; the client's channel has moved on to the leader it named.
  if (name === 'NotLeaderError' || name === 'NeverSent')
    return { kind: 'passing', sent: false, answered: true };
  const lost = lostConnections.has(name) || connectionCodes.has('code' in error ? error.code : undefined);
  const neverSent = /No connection established|ECONNREFUSED/.test(error.message);
  return { kind: 'passing', sent: !neverSent, answered: !lost };
}
