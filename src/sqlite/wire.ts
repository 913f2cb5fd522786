/**
 * What travels between the main thread and a SQLite worker: batches of requests one way, batches of
 * answers the other, each as ONE message.
 *
 * All octets of a batch are copied into one buffer, which is transferred: structured clone would copy
 * the whole slab behind every small Buffer, and a transfer list of thousands of buffers is slow. The
 * receiver gets views of that one buffer, so whoever keeps one view keeps its batch.
 */
import type { FailureInfo } from './failure.ts';

/** A request or an answer: a head that structured clone can carry, and octets beside it. */
export interface Framed<Head> {
  readonly head: Head;
  readonly octets: readonly Uint8Array[];
}

export interface Packed<Head> {
  readonly heads: readonly Head[];
  /** How many pieces of octets belong to each head. */
  readonly counts: Uint32Array<ArrayBuffer>;
  /** Length of each piece, in order. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly octets: Uint8Array<ArrayBuffer>;
}

export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: FailureInfo };

export type ToWorker<Head> =
  | { readonly kind: 'batch'; readonly batch: Packed<Head> }
  | { readonly kind: 'close' };

export type FromWorker<Hello, Value> =
  | { readonly kind: 'started'; readonly hello: Hello }
  | { readonly kind: 'not-started'; readonly failure: FailureInfo }
  | { readonly kind: 'answers'; readonly batch: Packed<Outcome<Value>> };

export function pack<Head>(messages: readonly Framed<Head>[]): Packed<Head> {
  const heads: Head[] = [];
  const counts = new Uint32Array(messages.length);
  let pieces = 0;
  let total = 0;
  for (const [at, message] of messages.entries()) {
    heads.push(message.head);
    counts[at] = message.octets.length;
    pieces += message.octets.length;
    for (const piece of message.octets) total += piece.byteLength;
  }
  const lengths = new Uint32Array(pieces);
  // Never from the pool: a pooled buffer cannot be transferred.
  const octets = Buffer.allocUnsafeSlow(total);
  let offset = 0;
  let next = 0;
  for (const message of messages) {
    for (const piece of message.octets) {
      octets.set(piece, offset);
      offset += piece.byteLength;
      lengths[next++] = piece.byteLength;
    }
  }
  return { heads, counts, lengths, octets };
}

export function unpack<Head>(packed: Packed<Head>): Framed<Head>[] {
  let offset = 0;
  let next = 0;
  return packed.heads.map((head, at) => {
    const octets: Uint8Array[] = [];
    for (let left = packed.counts[at] ?? 0; left > 0; left--) {
      const length = packed.lengths[next++] ?? 0;
      octets.push(packed.octets.subarray(offset, offset + length));
      offset += length;
    }
    return { head, octets };
  });
}
