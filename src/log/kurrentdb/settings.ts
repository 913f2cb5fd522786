/** What the adapter is told, and what its connection string may not say. */
import { limits } from '../../limits.ts';

/** Waits and retries. Tests shorten them. */
export interface Timings {
  /** One try of an append, one try of a page. A server that says nothing for so long counts as silent. */
  readonly appendTryMsMax: number;
  readonly readTryMsMax: number;
  /** All tries of one append or one page together. */
  readonly appendMsMax: number;
  readonly readMsMax: number;
  /** How long a stored event may take to arrive over the subscription before it is read instead. */
  readonly arrivalMsMax: number;
  /** How long the subscription may be quiet before the end of `$all` is compared with what it brought. */
  readonly quietMsMax: number;
  readonly backOffMsMin: number;
  readonly backOffMsMax: number;
}

/** What an operator should know; none of it is an error of a caller. */
export interface Notice {
  readonly kind:
    | 'client-recreated'
    | 'subscription-lost'
    | 'position-index-rebuilt'
    | 'position-index-late'
    | 'quiet-check-failed';
  readonly cause: unknown;
}

export interface KurrentDbLogOptions {
  /** `kurrentdb://host:2113?tls=false` and its kin, see the client's documentation. */
  readonly url: string;
  /** File of the position index, which is a cache. Default: a temporary one, counted anew at each start. */
  readonly indexPath?: string;
  readonly timings?: Partial<Timings>;
  readonly report?: (notice: Notice) => void;
}

export function timingsOf(given: Partial<Timings> = {}): Timings {
  return { ...limits.kurrentdb.timings, ...given };
}

/** Throws `TypeError` for options that the client handles badly. */
export function checkUrl(url: string): void {
  const query = url.indexOf('?');
  const keys = query < 0 ? [] : url.slice(query + 1).split('&');
  for (const [key, value] of keys.map((pair) => pair.toLowerCase().replace(/[_-]/g, '').split('='))) {
    // The client's two halves read it in different units.
    if (key === 'gossiptimeout') throw new TypeError('leave gossipTimeout out of the KurrentDB URL');
    // With false any conflict is reported as success at revision 1.
    if (key === 'throwonappendfailure' && value !== 'true') {
      throw new TypeError('throwOnAppendFailure must stay true in the KurrentDB URL');
    }
  }
}
