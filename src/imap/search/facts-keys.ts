/** Search keys that a message's envelope answers (RFC 3501 section 6.4.4). */
import type { Address, Envelope } from '../../../projections/message-facts/message-facts.ts';
import { decodeHeaderText } from './encoded-words.ts';
import type { LeafAnswer } from './evaluate.ts';
import { foldCase } from './text-search.ts';

const dayMs = 86_400_000;
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `needle` gives the folded text of a key's octets. */
export function factsAnswer(envelope: Envelope, needle: (octets: string) => string): LeafAnswer {
  return (key) => {
    switch (key.kind) {
      case 'FROM':
        return hasAddress(envelope.from, needle(key.text));
      case 'TO':
        return hasAddress(envelope.to, needle(key.text));
      case 'CC':
        return hasAddress(envelope.cc, needle(key.text));
      case 'BCC':
        return hasAddress(envelope.bcc, needle(key.text));
      case 'SUBJECT':
        return foldCase(decodeHeaderText(envelope.subject ?? '')).includes(needle(key.text));
      case 'SENTBEFORE':
        return sentDay(envelope, (day) => day < key.day);
      case 'SENTON':
        return sentDay(envelope, (day) => day === key.day);
      case 'SENTSINCE':
        return sentDay(envelope, (day) => day >= key.day);
      default:
        return undefined;
    }
  };
}

/** As a mail program shows an address: name and `mailbox@host`. */
function hasAddress(addresses: readonly Address[] | undefined, needle: string): boolean {
  const shown = (addresses ?? []).map(({ name, mailbox, host }) => {
    const address = host === undefined ? (mailbox ?? '') : `${mailbox ?? ''}@${host}`;
    return `${decodeHeaderText(name ?? '')} <${address}>`;
  });
  return foldCase(shown.join(', ')).includes(needle);
}

/** The day of the Date field as it is written, whatever its zone; without one nothing matches. */
function sentDay(envelope: Envelope, matches: (day: number) => boolean): boolean {
  const written = /(\d{1,2})[ \t-]+([a-z]{3})[a-z]*[ \t-]+(\d{2,4})/i.exec(envelope.date ?? '');
  const month = monthNames.indexOf(written?.[2]?.toLowerCase() ?? '');
  if (written === null || month === -1) return false;
  return matches(Date.UTC(fullYear(written[3] ?? ''), month, Number(written[1])) / dayMs);
}

/** RFC 5322 section 4.3: years of two and three digits. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits.length === 3 ? 1900 + year : year;
}
