/**
 * Sections of a message: what stands between the brackets of BODY[...] (RFC 3501 section 6.4.5) and of
 * BINARY[...] (RFC 3516). Parsers throw `SyntaxFault`.
 */
import type { OctetString } from './command-parts.ts';
import { type Cursor, expect, fail, peek, skip, space, word } from './cursor.ts';
import { astring, list, number64, nzNumber } from './values.ts';

export type SectionText =
  | { readonly kind: 'HEADER' | 'TEXT' | 'MIME' }
  /** Field names as sent; matching ignores case. */
  | { readonly kind: 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT'; readonly fields: readonly OctetString[] };

export interface Section {
  /** `[4, 2]` for 4.2; empty for the whole message. */
  readonly path: readonly number[];
  readonly text?: SectionText;
}

/** `<offset.count>`. */
export interface Partial {
  readonly offset: number;
  readonly count: number;
}

/** `[` section `]` */
export function section(cursor: Cursor): Section {
  expect(cursor, '[', 'Section');
  const path = partPath(cursor);
  if (skip(cursor, ']')) return { path };
  if (path.length > 0) expect(cursor, '.', '. in section');
  const text = sectionText(cursor);
  // RFC 3501 section 6.4.5: "MIME MUST be prefixed by one or more numeric part specifiers".
  if (text.kind === 'MIME' && path.length === 0) fail('MIME needs a part number');
  expect(cursor, ']', '] after section');
  return { path, text };
}

/** `[` part numbers only `]`, as BINARY has it. */
export function binarySection(cursor: Cursor): Section {
  expect(cursor, '[', 'Section');
  const path = partPath(cursor);
  expect(cursor, ']', '] after part');
  return { path };
}

/** Reads numbers; stops before a dot that a name follows. */
function partPath(cursor: Cursor): readonly number[] {
  const path: number[] = [];
  if (!/[0-9]/.test(peek(cursor))) return path;
  path.push(nzNumber(cursor, 'Part number'));
  while (peek(cursor) === '.' && /[0-9]/.test(cursor.text[cursor.offset + 1] ?? '')) {
    cursor.offset += 1;
    path.push(nzNumber(cursor, 'Part number'));
  }
  return path;
}

function sectionText(cursor: Cursor): SectionText {
  const kind = word(cursor, 'Section');
  switch (kind) {
    case 'HEADER':
    case 'TEXT':
    case 'MIME':
      return { kind };
    case 'HEADER.FIELDS':
    case 'HEADER.FIELDS.NOT':
      space(cursor);
      return { kind, fields: list(cursor, (at) => astring(at, 'Field name'), 'field names') };
    default:
      return fail('Unknown section');
  }
}

/** `<0.1024>`, when it is there. */
export function partial(cursor: Cursor): Partial | undefined {
  if (peek(cursor) !== '<') return undefined;
  expect(cursor, '<', '<');
  const offset = number64(cursor, 'Offset');
  expect(cursor, '.', '. in partial');
  const count = number64(cursor, 'Count');
  if (count === 0) fail('Count out of range');
  expect(cursor, '>', '> after partial');
  return { offset, count };
}
