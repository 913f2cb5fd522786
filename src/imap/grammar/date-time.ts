/**
 * Dates in commands (RFC 3501 section 9): `date-time` of APPEND, an instant with its zone, and `date` of
 * SEARCH, a day without one. Days that no calendar has are refused; a leap second is its minute's last.
 * Parsers throw `SyntaxFault`.
 */
import type { OctetString } from './command-parts.ts';
import { type Cursor, countToken, fail, peek } from './cursor.ts';
import { atom, quoted } from './values.ts';

/** An instant and the zone it was written in, so that INTERNALDATE can give it back as it came. */
export interface InternalDate {
  /** Milliseconds since the epoch. */
  readonly instantMs: number;
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dateTimePattern =
  /^([ 0-9][0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})$/;
const datePattern = /^([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})$/;
const dayMs = 86_400_000;

/** `"dd-Mon-yyyy hh:mm:ss +zzzz"`; a day below 10 has a space or, as clients write, a zero before it. */
export function dateTime(cursor: Cursor): InternalDate {
  const date = parseDateTime(quoted(cursor));
  return date ?? fail('Invalid date-time');
}

/** The text between the quotes; undefined when it is no date-time. */
export function parseDateTime(text: OctetString): InternalDate | undefined {
  const match = dateTimePattern.exec(text);
  if (match === null) return undefined;
  const [, day, month, year, hour, minute, second, sign, zoneHour, zoneMinute] = match;
  const midnightMs = dayStartMs(Number(year), month ?? '', Number(day));
  const seconds = Number(second);
  if (midnightMs === undefined || Number(hour) > 23 || Number(minute) > 59 || seconds > 60) return undefined;
  if (Number(zoneMinute) > 59) return undefined;
  const offsetMinutes = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1) + 0;
  const localMs = ((Number(hour) * 60 + Number(minute)) * 60 + Math.min(seconds, 59)) * 1000;
  return { instantMs: midnightMs + localMs - offsetMinutes * 60_000, offsetMinutes };
}

/** `1-Feb-1994`, with or without quotes: days since 1 January 1970. */
export function searchDay(cursor: Cursor): number {
  countToken(cursor);
  const text = peek(cursor) === '"' ? quoted(cursor) : atom(cursor, 'Date');
  const match = datePattern.exec(text);
  const startMs = match === null ? undefined : dayStartMs(Number(match[3]), match[2] ?? '', Number(match[1]));
  return startMs === undefined ? fail('Invalid date') : startMs / dayMs;
}

/** Midnight UTC; undefined when the calendar has no such day. */
function dayStartMs(year: number, monthName: string, day: number): number | undefined {
  const month = monthNames.indexOf(monthName.toLowerCase());
  if (month === -1) return undefined;
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month, day);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? date.getTime() : undefined;
}
