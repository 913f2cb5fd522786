/**
 * One pass over the header section of a message while it streams by: counts Received fields, finds where
 * Return-Path fields stand, and keeps the first Message-ID, Subject and From for the record.
 *
 * Assumes lines ending in CRLF, as the data decoder hands them over; any other octets are taken as they
 * are. The header ends at the first empty line (RFC 5322 section 2.1); a line in it that is no field is
 * passed over. One step for each octet of the header and none for the body; kept values are cut at
 * `limits.smtp.headerValueOctetsMax`, and Return-Path fields past their limit are counted, not kept.
 */
import { limits } from '../limits.ts';
import type { OctetRange } from './ports.ts';

export interface HeaderFindings {
  readonly receivedCount: number;
  readonly returnPaths: readonly OctetRange[];
  readonly tooManyReturnPaths: boolean;
  readonly messageIdHeader?: string;
  readonly subject?: string;
  readonly from?: string;
}

export interface HeaderScan {
  push(content: Uint8Array): void;
  /** What was found so far; to be asked after the last `push`. */
  findings(): HeaderFindings;
}

type KeptField = 'messageIdHeader' | 'subject' | 'from';

const keptFields: ReadonlyMap<string, KeptField> = new Map([
  ['message-id', 'messageIdHeader'],
  ['subject', 'subject'],
  ['from', 'from'],
]);
/** Longest name that means something here. */
const nameOctetsMax = 'return-path'.length;

export function createHeaderScan(): HeaderScan {
  const kept: { [K in KeptField]?: string } = {};
  const returnPaths: OctetRange[] = [];
  let receivedCount = 0;
  let tooManyReturnPaths = false;

  let offset = 0;
  let ended = false;
  /** Start of the line that is being read. */
  let lineStart = 0;
  let name: number[] = [];
  /** `fold` is a line start that a space could still make a continuation of the field before it. */
  let where: 'start' | 'name' | 'after-name' | 'value' | 'junk' = 'start';
  let field: { readonly name: string; readonly start: number; readonly value: number[] } | undefined;

  function endField(end: number): void {
    if (field === undefined) return;
    if (field.name === 'received') receivedCount += 1;
    if (field.name === 'return-path') keepReturnPath({ offset: field.start, length: end - field.start });
    const key = keptFields.get(field.name);
    if (key !== undefined) kept[key] ??= decodeValue(field.value);
    field = undefined;
  }

  function keepReturnPath(range: OctetRange): void {
    if (returnPaths.length < limits.smtp.returnPathFieldsMax) returnPaths.push(range);
    else tooManyReturnPaths = true;
  }

  /** The first octet of a line: a continuation, a new field, or the empty line that ends the header. */
  function beginLine(octet: number): void {
    lineStart = offset;
    if (octet === SPACE || octet === TAB) {
      where = 'value';
      keepOctet(octet);
      return;
    }
    endField(offset);
    if (octet === CR || octet === LF) {
      ended = true;
      return;
    }
    name = [];
    where = 'name';
    readName(octet);
  }

  function readName(octet: number): void {
    if (octet === COLON) beginField();
    else if (octet === SPACE || octet === TAB) where = 'after-name';
    else if (name.length <= nameOctetsMax) name.push(octet);
  }

  function beginField(): void {
    field = { name: String.fromCharCode(...name).toLowerCase(), start: lineStart, value: [] };
    where = 'value';
  }

  function keepOctet(octet: number): void {
    if (field === undefined || !keptFields.has(field.name)) return;
    if (octet !== CR && octet !== LF && field.value.length < limits.smtp.headerValueOctetsMax) {
      field.value.push(octet);
    }
  }

  function step(octet: number): void {
    if (where === 'start') beginLine(octet);
    else if (octet === LF) where = 'start';
    else if (where === 'name') readName(octet);
    else if (where === 'after-name') {
      // RFC 5322 section 4.5.8: white space may stand before the colon in the obsolete form.
      if (octet === COLON) beginField();
      else if (octet !== SPACE && octet !== TAB) where = 'junk';
    } else if (where === 'value') keepOctet(octet);
  }

  return {
    push(content) {
      for (let index = 0; index < content.length && !ended; index += 1) {
        step(content[index] as number);
        offset += 1;
      }
    },
    findings() {
      if (!ended) endField(offset);
      return { receivedCount, returnPaths, tooManyReturnPaths, ...kept };
    },
  };
}

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;

/** Unfolded already. UTF-8 when it is that, otherwise one character for each octet. */
function decodeValue(octets: readonly number[]): string {
  const bytes = Buffer.from(octets);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return bytes.toString('latin1').trim();
  }
}
