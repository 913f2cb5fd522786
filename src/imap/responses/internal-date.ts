/** INTERNALDATE as it is sent (RFC 3501 section 9, date-time). */
import type { OctetString } from '../grammar/command-parts.ts';
import type { InternalDate } from '../grammar/date-time.ts';

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `"17-Jul-1996 02:44:25 -0700"`, in the zone it came in. Milliseconds are cut off. An instant that has no
 * four-digit year is a `RangeError`: no parser of ours makes one.
 */
export function formatInternalDate({ instantMs, offsetMinutes }: InternalDate): OctetString {
  const local = new Date(Math.floor(instantMs / 1000) * 1000 + offsetMinutes * 60_000);
  const year = local.getUTCFullYear();
  if (!(year >= 0 && year <= 9999) || Math.abs(offsetMinutes) >= 100 * 60) {
    throw new RangeError(`no date-time: ${instantMs} ms, ${offsetMinutes} minutes`);
  }
  const day = String(local.getUTCDate()).padStart(2, ' ');
  const time = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(twoDigits).join(':');
  const month = monthNames[local.getUTCMonth()];
  return `"${day}-${month}-${String(year).padStart(4, '0')} ${time} ${formatZone(offsetMinutes)}"`;
}

function formatZone(offsetMinutes: number): OctetString {
  const minutes = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.trunc(minutes / 60))}${twoDigits(minutes % 60)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
