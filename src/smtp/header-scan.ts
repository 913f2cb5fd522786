/**
 * One pass over the header section of a message while it streams by: counts Received fields, finds where
 * Return-Path fields stand, and keeps the first Message-ID, Subject and From for the record.
 *
 * Assumes lines ending in CRLF, as the data decoder hands them over; any other octets are taken as they
 * are. The header ends at the first empty line (RFC 5322 section 2.1); a line in it that is no field is
 * passed over. At most one step for each octet of the header and none for the body; kept values are cut at
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

interface HeaderScan {
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
const meaningful: ReadonlySet<string> = new Set([...keptFields.keys(), 'received', 'return-path']);
/** Spares most fields the making of a string. */
const meaningfulLengths: ReadonlySet<number> = new Set([...meaningful].map((field) => field.length));
/** Longest name that means something here. */
const nameOctetsMax = 'return-path'.length;

/** Where in a line the scan stands. In `skip` nothing before the next LF matters. */
type Place = 'start' | 'name' | 'after-name' | 'value' | 'skip';

export function createHeaderScan(): HeaderScan {
  const fields = createFieldKeeper();
  const name = Buffer.allocUnsafe(nameOctetsMax + 1);
  let nameLength = 0;
  let offset = 0;
  let lineStart = 0;
  let place: Place = 'start';
  let ended = false;

  /** The first octet of a line: a continuation, a new field, or the empty line that ends the header. */
  function beginLine(octet: number): void {
    if (octet === SPACE || octet === TAB) {
      place = fields.keepsValue() ? 'value' : 'skip';
      if (place === 'value') fields.push(octet);
      return;
    }
    fields.end(offset);
    lineStart = offset;
    nameLength = 0;
    if (octet === CR || octet === LF) ended = true;
    else readName(octet);
  }

  function readName(octet: number): void {
    place = 'name';
    if (octet === COLON) beginField();
    else if (octet === SPACE || octet === TAB) place = 'after-name';
    // Longer than any name that means something: the line need not be looked at.
    else if (nameLength === nameOctetsMax) place = 'skip';
    else name[nameLength++] = octet;
  }

  function beginField(): void {
    fields.begin(meaningfulLengths.has(nameLength) ? name.toString('latin1', 0, nameLength) : '', lineStart);
    place = fields.keepsValue() ? 'value' : 'skip';
  }

  function step(octet: number): void {
    if (place === 'start') beginLine(octet);
    else if (octet === LF) place = 'start';
    else if (place === 'name') readName(octet);
    else if (place === 'value') fields.push(octet);
    // RFC 5322 section 4.5.8: white space may stand before the colon in the obsolete form.
    else if (octet === COLON) beginField();
    else if (octet !== SPACE && octet !== TAB) place = 'skip';
  }

  return {
    push(content) {
      const base = offset;
      let index = 0;
      while (index < content.length && !ended) {
        if (place === 'skip') {
          const lineEnd = content.indexOf(LF, index);
          index = lineEnd < 0 ? content.length : lineEnd;
          if (lineEnd < 0) break;
        }
        offset = base + index;
        step(content[index] as number);
        index += 1;
      }
      offset = base + index;
    },
    findings() {
      if (!ended) fields.end(offset);
      return fields.findings();
    },
  };
}

interface FieldKeeper {
  begin(name: string, start: number): void;
  /** Does the value of the field that is open matter? */
  keepsValue(): boolean;
  push(octet: number): void;
  end(offset: number): void;
  findings(): HeaderFindings;
}

function createFieldKeeper(): FieldKeeper {
  const kept: { [K in KeptField]?: string } = {};
  const returnPaths: OctetRange[] = [];
  const value = Buffer.allocUnsafe(limits.smtp.headerValueOctetsMax);
  let valueLength = 0;
  let receivedCount = 0;
  let tooManyReturnPaths = false;
  let open:
    | { readonly name: string; readonly start: number; readonly key: KeptField | undefined }
    | undefined;

  return {
    begin(name, start) {
      valueLength = 0;
      const lower = name.toLowerCase();
      open = meaningful.has(lower) ? { name: lower, start, key: keptFields.get(lower) } : undefined;
    },
    keepsValue: () => open?.key !== undefined,
    push(octet) {
      if (octet !== CR && octet !== LF && valueLength < value.length) value[valueLength++] = octet;
    },
    end(offset) {
      if (open === undefined) return;
      if (open.name === 'received') receivedCount += 1;
      if (open.name === 'return-path') {
        const range = { offset: open.start, length: offset - open.start };
        if (returnPaths.length < limits.smtp.returnPathFieldsMax) returnPaths.push(range);
        else tooManyReturnPaths = true;
      }
      if (open.key !== undefined) kept[open.key] ??= decodeValue(value.subarray(0, valueLength));
      open = undefined;
    },
    findings: () => ({ receivedCount, returnPaths, tooManyReturnPaths, ...kept }),
  };
}

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;

/** Unfolded already. UTF-8 when it is that, otherwise one character for each octet. */
function decodeValue(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return bytes.toString('latin1').trim();
  }
}
