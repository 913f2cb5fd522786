/**
 * Random octets in small pieces from a larger reserve: a call for each key or nonce would cost the main
 * thread more than the sealing. What was given out is overwritten in the reserve.
 */
import { randomFillSync } from 'node:crypto';

const reserveOctets = 4096;

/** The returned function gives `length` (at most 4,096) fresh octets, never the same ones twice. */
export function createRandomPool(): (length: number) => Uint8Array {
  const reserve = new Uint8Array(reserveOctets);
  let used = reserveOctets;
  return (length) => {
    if (length > reserveOctets) throw new RangeError(`${length} octets are more than the reserve holds`);
    if (used + length > reserveOctets) {
      randomFillSync(reserve);
      used = 0;
    }
    const octets = reserve.slice(used, used + length);
    reserve.fill(0, used, used + length);
    used += length;
    return octets;
  };
}
