/**
 * BODY[section] as a range of the message's octets, from the facts alone (RFC 3501 section 6.4.5,
 * RFC 9051 section 6.4.5.1).
 */
import type { BodyPart, MessageFacts } from './message-facts.ts';

/** What a section names behind its part numbers. `HEADER` serves HEADER.FIELDS and HEADER.FIELDS.NOT
 * too: filter the header's octets with `filterHeaderFields`. */
export type SectionText = 'HEADER' | 'TEXT' | 'MIME';

export interface OctetRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * The octets of a section: `path` are its part numbers (none for the message itself), `text` what follows
 * them, if anything. Undefined when the message has no such section, which is answered with an empty
 * string.
 */
export function sectionRange(
  facts: MessageFacts,
  path: readonly number[],
  text?: SectionText,
): OctetRange | undefined {
  if (path.length === 0) return messageRange(facts, text);
  const part = partAt(facts.root, path);
  if (part === undefined) return undefined;
  switch (text) {
    case undefined:
      return range(part.bodyStart, part.bodyEnd);
    case 'MIME':
      // Of part 1 of a message that is not multipart this is the message's header, as Dovecot has it:
      // its Content-* fields stand there.
      return range(part.headerStart, part.bodyStart);
    case 'HEADER':
      return part.kind === 'message' ? range(part.message.headerStart, part.message.bodyStart) : undefined;
    case 'TEXT':
      return part.kind === 'message' ? range(part.message.bodyStart, part.message.bodyEnd) : undefined;
    default:
      return text satisfies never;
  }
}

function messageRange(facts: MessageFacts, text: SectionText | undefined): OctetRange | undefined {
  switch (text) {
    case undefined:
      return range(0, facts.size);
    case 'HEADER':
      return range(facts.root.headerStart, facts.root.bodyStart);
    case 'TEXT':
      return range(facts.root.bodyStart, facts.root.bodyEnd);
    case 'MIME':
      // MIME wants a part number.
      return undefined;
    default:
      return text satisfies never;
  }
}

/**
 * The part that the numbers lead to. A message that is not multipart has one part, 1, which is its own
 * body; below a message/rfc822 the numbers count the parts of the nested message.
 */
function partAt(message: BodyPart, path: readonly number[]): BodyPart | undefined {
  let part: BodyPart | undefined;
  /** The message whose parts the next number counts, when it counts those of a message. */
  let counted: BodyPart | undefined = message;
  for (const number of path) {
    const whole: BodyPart | undefined = counted ?? part;
    if (whole?.kind === 'multipart') part = whole.parts[number - 1];
    else part = counted !== undefined && number === 1 ? counted : undefined;
    if (part === undefined) return undefined;
    counted = part.kind === 'message' ? part.message : undefined;
  }
  return part;
}

function range(start: number, end: number): OctetRange {
  return { offset: start, length: end - start };
}
