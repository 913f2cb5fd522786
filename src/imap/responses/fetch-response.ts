/**
 * FETCH responses (RFC 3501 section 7.4.2): values to pieces. Sections of a message go out as literals
 * whose octets may still be in a store.
 */
import type { OctetString } from '../grammar/command-parts.ts';
import type { InternalDate } from '../grammar/date-time.ts';
import type { Flag } from '../grammar/flags.ts';
import type { Section } from '../grammar/section.ts';
import { type BodyStructure, formatBodyStructure } from './body-structure.ts';
import { type Envelope, formatEnvelope } from './envelope.ts';
import { formatInternalDate } from './internal-date.ts';
import { literal, type OctetSource, type Response, type ResponsePiece } from './response-pieces.ts';
import { formatAstring, formatNString } from './strings.ts';

/** Null is NIL. */
export type SectionOctets = Uint8Array | OctetSource | null;

export type FetchValue =
  | { readonly kind: 'FLAGS'; readonly flags: readonly Flag[] }
  | { readonly kind: 'UID' | 'RFC822.SIZE' | 'MODSEQ'; readonly value: number }
  | { readonly kind: 'INTERNALDATE'; readonly date: InternalDate }
  | { readonly kind: 'ENVELOPE'; readonly envelope: Envelope }
  | { readonly kind: 'BODY' | 'BODYSTRUCTURE'; readonly structure: BodyStructure }
  | { readonly kind: 'RFC822' | 'RFC822.HEADER' | 'RFC822.TEXT'; readonly octets: SectionOctets }
  | {
      readonly kind: 'BODY[]' | 'BINARY[]';
      readonly section: Section;
      /** Where a partial begins; absent when the whole section was asked for. */
      readonly origin?: number;
      readonly octets: SectionOctets;
    }
  /** RFC 3516 section 4.3: the size of the decoded part. */
  | { readonly kind: 'BINARY.SIZE[]'; readonly section: Section; readonly value: number }
  /** RFC 8474 section 5 */
  | { readonly kind: 'EMAILID'; readonly id: string }
  | { readonly kind: 'THREADID'; readonly id: string | null }
  /** RFC 8514 section 4.3: NIL when the mailbox does not keep it. */
  | { readonly kind: 'SAVEDATE'; readonly date: InternalDate | null }
  /** RFC 8970; octets of UTF-8. */
  | { readonly kind: 'PREVIEW'; readonly text: OctetString | null };

export function fetchResponse(messageNumber: number, values: readonly FetchValue[]): Response {
  const pieces: ResponsePiece[] = [];
  let text = `* ${messageNumber} FETCH (`;
  values.forEach((value, index) => {
    if (index > 0) text += ' ';
    for (const piece of formatFetchValue(value)) {
      if (typeof piece === 'string') text += piece;
      else {
        pieces.push(text, piece);
        text = '';
      }
    }
  });
  pieces.push(`${text})\r\n`);
  return pieces;
}

function formatFetchValue(value: FetchValue): Response {
  switch (value.kind) {
    case 'FLAGS':
      return [`FLAGS (${value.flags.join(' ')})`];
    case 'UID':
    case 'RFC822.SIZE':
      return [`${value.kind} ${value.value}`];
    case 'MODSEQ':
      return [`MODSEQ (${value.value})`];
    case 'INTERNALDATE':
      return [`INTERNALDATE ${formatInternalDate(value.date)}`];
    case 'ENVELOPE':
      return [`ENVELOPE ${formatEnvelope(value.envelope)}`];
    case 'BODY':
    case 'BODYSTRUCTURE':
      return [`${value.kind} ${formatBodyStructure(value.structure, value.kind === 'BODYSTRUCTURE')}`];
    case 'RFC822':
    case 'RFC822.HEADER':
    case 'RFC822.TEXT':
      return [`${value.kind} `, ...formatOctets(value.octets, false)];
    case 'BODY[]':
      return [`BODY${formatSection(value.section, value.origin)} `, ...formatOctets(value.octets, false)];
    case 'BINARY[]':
      return [`BINARY${formatSection(value.section, value.origin)} `, ...formatOctets(value.octets, true)];
    case 'BINARY.SIZE[]':
      return [`BINARY.SIZE${formatSection(value.section, undefined)} ${value.value}`];
    case 'EMAILID':
      return [`EMAILID (${value.id})`];
    case 'THREADID':
      return [`THREADID ${value.id === null ? 'NIL' : `(${value.id})`}`];
    case 'SAVEDATE':
      return [`SAVEDATE ${value.date === null ? 'NIL' : formatInternalDate(value.date)}`];
    case 'PREVIEW':
      return [`PREVIEW ${formatNString(value.text)}`];
    default:
      return value satisfies never;
  }
}

/** RFC 3516 section 4.3 wants a literal8 when there is a NUL; before the octets are read nobody knows. */
function formatOctets(octets: SectionOctets, binary: boolean): Response {
  return octets === null ? ['NIL'] : literal(octets, binary);
}

/** `[4.2.HEADER.FIELDS (Date)]<0>`, as a client knows its question again by. */
function formatSection({ path, text }: Section, origin: number | undefined): OctetString {
  const names = path.map(String);
  if (text !== undefined) names.push(text.kind);
  const fields =
    text !== undefined && 'fields' in text ? ` (${text.fields.map(formatAstring).join(' ')})` : '';
  return `[${names.join('.')}${fields}]${origin === undefined ? '' : `<${origin}>`}`;
}
