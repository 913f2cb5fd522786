/** Helpers of the message facts' tests: messages as binary strings, structures in short. */
import {
  type BodyPart,
  type MessageFacts,
  messageFacts,
} from '../../../projections/message-facts/message-facts.ts';
import { type SectionText, sectionRange } from '../../../projections/message-facts/section-range.ts';
import { limits } from '../../../src/limits.ts';

export function factsOf(message: string): MessageFacts {
  return messageFacts(Buffer.from(message, 'latin1'), limits.mime);
}

/** The lines of a message, each with CRLF. */
export function crlf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}

/** A section as `1.2.MIME`, `HEADER`, `` and so on; undefined when there is none. */
export function section(message: string, name: string): string | undefined {
  const pieces = name === '' ? [] : name.split('.');
  const text = /^[A-Z]/.test(pieces.at(-1) ?? '') ? (pieces.pop() as SectionText) : undefined;
  const range = sectionRange(factsOf(message), pieces.map(Number), text);
  return range === undefined ? undefined : message.slice(range.offset, range.offset + range.length);
}

/** The types of a structure, as in `mixed(text/plain message(text/plain))`. */
export function shape(part: BodyPart): string {
  switch (part.kind) {
    case 'multipart':
      return `${part.subtype}(${part.parts.map(shape).join(' ')})`;
    case 'message':
      return `message(${shape(part.message)})`;
    case 'text':
    case 'basic':
      return `${part.type}/${part.subtype}`;
    default:
      return part satisfies never;
  }
}

/** The part and everything in it. */
export function everyPart(part: BodyPart): readonly BodyPart[] {
  const found: BodyPart[] = [];
  const waiting: BodyPart[] = [part];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next);
    if (next.kind === 'multipart') waiting.push(...next.parts);
    if (next.kind === 'message') waiting.push(next.message);
  }
  return found;
}
