/**
 * The sections of a message that FETCH asks for: where they are, how their reading goes on record, and their
 * octets (RFC 3501 section 6.4.5). Nothing of a message is held but a chunk, or a header that is filtered.
 *
 * A message that was erased has no content any more: every section of it is NIL, as for a part that there
 * is not, and its structure is that of an empty text. The command succeeds, because a client that was
 * answered NO would ask again for ever.
 */
import { filterHeaderFields } from '../../../projections/message-facts/filter-header-fields.ts';
import type { MessageFacts } from '../../../projections/message-facts/message-facts.ts';
import { type OctetRange, sectionRange } from '../../../projections/message-facts/section-range.ts';
import { ContentErased } from '../../content/errors.ts';
import { limits } from '../../limits.ts';
import type { MessageContent } from '../../mail/mailbox-access.ts';
import type { FetchItem } from '../grammar/fetch-command.ts';
import type { Partial, Section } from '../grammar/section.ts';
import type { FetchValue, SectionOctets } from '../responses/fetch-response.ts';
import { streamHeaderFields } from './header-stream.ts';

export interface WantedSection {
  readonly section: Section;
  readonly partial?: Partial | undefined;
  readonly peek: boolean;
  /** As it goes on record. */
  readonly part: string;
  value(octets: SectionOctets): FetchValue;
}

/** Undefined: the item asks for no octets of the message. */
export function wantedSection(item: FetchItem): WantedSection | undefined {
  switch (item.kind) {
    case 'RFC822':
      return wanted({ path: [] }, item.kind, false);
    case 'RFC822.HEADER':
      return wanted({ path: [], text: { kind: 'HEADER' } }, item.kind, true);
    case 'RFC822.TEXT':
      return wanted({ path: [], text: { kind: 'TEXT' } }, item.kind, false);
    case 'BODY[]': {
      const { section, partial, peek } = item;
      const origin = partial === undefined ? {} : { origin: partial.offset };
      const value = (octets: SectionOctets): FetchValue => ({ kind: 'BODY[]', section, ...origin, octets });
      return { section, partial, peek, part: partName(section), value };
    }
    default:
      return undefined;
  }
}

function wanted(
  section: Section,
  kind: 'RFC822' | 'RFC822.HEADER' | 'RFC822.TEXT',
  peek: boolean,
): WantedSection {
  return { section, peek, part: partName(section), value: (octets) => ({ kind, octets }) };
}

const fieldNamesCharsMax = 200;

/** A list of field names that is too long to be kept counts as the whole header. */
function partName({ path, text }: Section): string {
  const names = path.map(String);
  let fields = '';
  if (text !== undefined) {
    const listed = 'fields' in text ? ` (${[...text.fields].sort().join(' ').toUpperCase()})` : '';
    const isKept = listed.length <= fieldNamesCharsMax && /^[ -~]*$/.test(listed);
    names.push(isKept ? text.kind : 'HEADER');
    if (isKept) fields = listed;
  }
  return `BODY[${names.join('.')}${fields}]`;
}

/** The octets of a section. Throws `ContentErased`. */
export async function sectionOctets(
  content: MessageContent,
  facts: MessageFacts,
  { section, partial }: WantedSection,
): Promise<SectionOctets> {
  const { path, text } = section;
  const isFiltered = text !== undefined && 'fields' in text;
  const range = sectionRange(facts, path, isFiltered ? 'HEADER' : text?.kind);
  // RFC 3501 section 6.4.5 leaves open what a part is that is not there; servers send an empty string.
  if (range === undefined) return new Uint8Array(0);
  if (isFiltered) return headerFields(content, range, text, partial);
  return contentOctets(content, cut(range, partial));
}

function cut(range: OctetRange, partial: Partial | undefined): OctetRange {
  if (partial === undefined) return range;
  const offset = Math.min(partial.offset, range.length);
  return { offset: range.offset + offset, length: Math.min(partial.count, range.length - offset) };
}

/** The first chunk is read at once, so that an erased message is noticed before its length is announced. */
async function contentOctets(content: MessageContent, range: OctetRange): Promise<SectionOctets> {
  if (range.length === 0) return new Uint8Array(0);
  const chunks = content.read(range.offset, range.length)[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? new Uint8Array(0) : first.value;
  if (head.length === range.length) {
    await chunks.return?.();
    return head;
  }
  return { length: range.length, open: () => chain(head, chunks) };
}

async function* chain(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function headerFields(
  content: MessageContent,
  range: OctetRange,
  text: { readonly kind: string; readonly fields: readonly string[] },
  partial: Partial | undefined,
): Promise<SectionOctets> {
  const not = text.kind === 'HEADER.FIELDS.NOT';
  if (range.length > limits.imap.headerInMemoryOctetsMax) {
    return streamHeaderFields(content, range, { names: text.fields, not }, partial);
  }
  const header = await readAll(content, range);
  const kept = filterHeaderFields(header, text.fields, not);
  return partial === undefined ? kept : kept.subarray(partial.offset, partial.offset + partial.count);
}

async function readAll(content: MessageContent, range: OctetRange): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  if (range.length > 0)
    for await (const chunk of content.read(range.offset, range.length)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Undefined when the content was erased. */
export async function unlessErased<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ContentErased) return undefined;
    throw error;
  }
}
