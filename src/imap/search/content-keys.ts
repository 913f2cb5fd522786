/**
 * Search keys that want the message itself: HEADER, BODY and TEXT (RFC 3501 section 6.4.4). Headers are read
 * with encoded words decoded, text parts with their transfer encoding and charset undone, and the headers of
 * attached messages as part of the body. Parts that are no text are not looked into.
 *
 * One pass over the message answers all keys of a search, chunk by chunk. A header field is looked at up to
 * `limits.imap.searchHeaderOctetsMax`.
 */
import type { BodyPart, MessageFacts } from '../../../projections/message-facts/message-facts.ts';
import { limits } from '../../limits.ts';
import type { MessageContent } from '../../mail/mailbox-access.ts';
import { charsetDecoder } from './charset.ts';
import { decodeHeaderText } from './encoded-words.ts';
import type { LeafAnswer, LeafKey } from './evaluate.ts';
import { createTextSearch, foldCase, type TextSearch } from './text-search.ts';
import { transferDecoder } from './transfer-decoding.ts';

export type ContentKey = LeafKey & { readonly kind: 'HEADER' | 'BODY' | 'TEXT' };

export const isContentKey = (key: LeafKey): key is ContentKey =>
  key.kind === 'HEADER' || key.kind === 'BODY' || key.kind === 'TEXT';

/** Throws `ContentErased`. */
export async function contentAnswer(
  content: MessageContent,
  facts: MessageFacts,
  keys: readonly ContentKey[],
  needle: (octets: string) => string,
): Promise<LeafAnswer> {
  const body = createTextSearch(keys.flatMap((key) => (key.kind === 'HEADER' ? [] : needle(key.text))));
  const headerText = createTextSearch(keys.flatMap((key) => (key.kind === 'TEXT' ? needle(key.text) : [])));
  const matched = new Set<LeafKey>();
  const headerKeys = keys.filter((key) => key.kind === 'HEADER');
  if (keys.some((key) => key.kind !== 'BODY')) {
    for await (const { name, value } of fieldsOf(content, facts.root)) {
      const text = decodeHeaderText(value);
      headerText.push(`${name}: ${text}\r\n`);
      for (const key of headerKeys) {
        if (foldCase(key.field) === foldCase(name) && foldCase(text).includes(needle(key.text)))
          matched.add(key);
      }
    }
  }
  if (keys.some((key) => key.kind !== 'HEADER')) await searchPart(content, facts.root, body);
  return (key) => {
    switch (key.kind) {
      case 'HEADER':
        return matched.has(key);
      case 'BODY':
        return body.has(needle(key.text));
      case 'TEXT':
        return body.has(needle(key.text)) || headerText.has(needle(key.text));
      default:
        return undefined;
    }
  };
}

async function searchPart(content: MessageContent, part: BodyPart, search: TextSearch): Promise<void> {
  if (search.isDone) return;
  search.cut();
  switch (part.kind) {
    case 'multipart':
      for (const each of part.parts) await searchPart(content, each, search);
      return;
    case 'message':
      for await (const { name, value } of fieldsOf(content, part.message)) {
        search.push(`${name}: ${decodeHeaderText(value)}\r\n`);
      }
      return searchPart(content, part.message, search);
    case 'text':
      return searchText(content, part, search);
    case 'basic':
      return;
    default:
      part satisfies never;
  }
}

async function searchText(
  content: MessageContent,
  part: Extract<BodyPart, { kind: 'text' }>,
  search: TextSearch,
): Promise<void> {
  const length = part.bodyEnd - part.bodyStart;
  if (length === 0) return;
  const transfer = transferDecoder(part.encoding);
  const charset = charsetDecoder(part.params.find(([name]) => name.toLowerCase() === 'charset')?.[1]);
  for await (const chunk of content.read(part.bodyStart, length)) {
    search.push(charset.decode(transfer.push(chunk), { stream: true }));
    if (search.isDone) return;
  }
  search.push(charset.decode(transfer.end()));
}

interface Field {
  readonly name: string;
  /** Unfolded, an octet string. */
  readonly value: string;
}

/** The fields of a part's header, one after the other. */
async function* fieldsOf(content: MessageContent, part: BodyPart): AsyncGenerator<Field> {
  const length = part.bodyStart - part.headerStart;
  if (length === 0) return;
  let text = '';
  for await (const chunk of content.read(part.headerStart, length)) {
    text += Buffer.from(chunk).toString('latin1');
    // A field goes on as long as the next line begins with white space.
    const ends = text.matchAll(/\r?\n(?![ \t])(?=[\s\S])/g);
    let from = 0;
    for (const end of ends) {
      yield* fieldOf(text.slice(from, end.index));
      from = end.index + end[0].length;
    }
    text = text.slice(from).slice(0, limits.imap.searchHeaderOctetsMax);
  }
  yield* fieldOf(text);
}

function* fieldOf(lines: string): Generator<Field> {
  const colon = lines.indexOf(':');
  if (colon <= 0) return;
  const value = lines.slice(colon + 1).replaceAll(/\r?\n(?=[ \t])/g, '');
  yield { name: lines.slice(0, colon).trim(), value: value.trim() };
}
