/**
 * Keeps, of one header, the fields that the facts are made of, as they stand in the message.
 *
 * Fed line by line, or a long line in pieces. Bounded: at most `fieldOctetsMax` of one field, and of all
 * fields of the message what its budget has left; what is over is cut off.
 */
import { asciiLower, trimWhite } from './octets.ts';

/** What the headers of one message may still keep; shared by its parts. */
export interface FieldBudget {
  octetsLeft: number;
}

export interface FieldCollector {
  /** A line from its first octet, with its line end if that is in reach. */
  line(work: Buffer, start: number, end: number): void;
  /** More of the line that came last. */
  more(work: Buffer, start: number, end: number): void;
  /** The kept fields by lower-case name, each with its values in the order of the header. */
  values(): ReadonlyMap<string, readonly string[]>;
}

const contentFields = [
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-id',
  'content-description',
  'content-md5',
  'content-language',
  'content-location',
  'mime-version',
] as const;
const envelopeFields = [
  'date',
  'subject',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'in-reply-to',
  'message-id',
] as const;

const partFields: ReadonlySet<string> = new Set(contentFields);
const messageFields: ReadonlySet<string> = new Set([...contentFields, ...envelopeFields]);

const colon = 0x3a;
/** The longest name that is of interest, and room for white space before the colon. */
const nameOctetsMax = 64;
/** What a kept field costs beside its octets, so that a flood of empty fields is bounded too. */
const fieldOverheadOctets = 32;

/** `isMessage`: the header of a message, of which the envelope is wanted too. */
export function createFieldCollector(
  isMessage: boolean,
  fieldOctetsMax: number,
  budget: FieldBudget,
): FieldCollector {
  const wanted = isMessage ? messageFields : partFields;
  const kept = new Map<string, string[]>();
  let name: string | undefined;
  let text = '';

  function finishField(): void {
    if (name === undefined) return;
    const known = kept.get(name);
    if (known === undefined) kept.set(name, [text]);
    else known.push(text);
    name = undefined;
    text = '';
  }

  function keep(work: Buffer, start: number, end: number): void {
    const octets = Math.min(end - start, fieldOctetsMax - text.length, budget.octetsLeft);
    if (octets <= 0) return;
    text += work.toString('latin1', start, start + octets);
    budget.octetsLeft -= octets;
  }

  function line(work: Buffer, start: number, end: number): void {
    const first = work[start];
    if (first === 0x20 || first === 0x09) {
      // Folding: the line belongs to the field before it (RFC 5322 section 2.2.3).
      if (name !== undefined) keep(work, start, end);
      return;
    }
    finishField();
    const at = colonAt(work, start, Math.min(end, start + nameOctetsMax));
    if (at < 0 || budget.octetsLeft < fieldOverheadOctets) return;
    const candidate = asciiLower(trimWhite(work.toString('latin1', start, at)));
    if (!wanted.has(candidate)) return;
    budget.octetsLeft -= fieldOverheadOctets;
    name = candidate;
    keep(work, at + 1, end);
  }

  return {
    line,
    more(work, start, end) {
      if (name !== undefined) keep(work, start, end);
    },
    values() {
      finishField();
      return kept;
    },
  };
}

function colonAt(work: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    if (work[at] === colon) return at;
  }
  return -1;
}
