/**
 * What IMAP says about a message, computed once from its octets: ENVELOPE, BODY and BODYSTRUCTURE,
 * sizes, and the offsets from which every BODY[section] is answered without reading the message again.
 *
 * Plain data that survives JSON. Every string is a *binary string*: one char (U+0000 to U+00FF) for one
 * octet as it stands in the message, nothing decoded, so that any octet survives. To send one, write it
 * as latin1. Absent means NIL; an empty string is an empty string.
 *
 * Offsets and sizes count the stored octets from the start of the message. A message with bare LF is
 * not pretended to have CRLF: RFC822.SIZE, part sizes and partial ranges all speak of the same octets.
 */
import { createMimeScanner } from './mime-scanner.ts';

/** Bounds of the scanner and of what it keeps. Past a bound a message is described more coarsely; it is
 * never refused. */
export interface MimeLimits {
  /** Levels of nesting, the message itself being the first. A multipart or a message at the last level
   * is described as application/octet-stream. */
  readonly depthMax: number;
  /** Parts of one message, nested messages included. The part that reaches it takes the rest. */
  readonly partsMax: number;
  /** A boundary longer than this is compared by its beginning. */
  readonly boundaryOctetsMax: number;
  /** Octets kept of one header field. */
  readonly fieldOctetsMax: number;
  /** Octets kept of all header fields of a message, those of its parts included. */
  readonly fieldsOctetsMax: number;
  /** Addresses kept of all address fields of a message, those of nested messages included. */
  readonly addressesMax: number;
  /** Parameters kept of one Content-Type or Content-Disposition. */
  readonly parametersMax: number;
}

/**
 * One address structure (RFC 3501 section 7.4.2). A group is an address with only `mailbox` (its name),
 * its members, and an address with nothing at all.
 */
export interface Address {
  readonly name?: string;
  /** The obsolete source route (RFC 5322 section 4.4), as in `@a,@b`. */
  readonly route?: string;
  readonly mailbox?: string;
  readonly host?: string;
}

/** RFC 3501 section 7.4.2, RFC 9051 section 7.5.2. `sender` and `replyTo` are filled from `from` when
 * the message has none or empty ones. An address list that is present has at least one entry. */
export interface Envelope {
  readonly date?: string;
  readonly subject?: string;
  readonly from?: readonly Address[];
  readonly sender?: readonly Address[];
  readonly replyTo?: readonly Address[];
  readonly to?: readonly Address[];
  readonly cc?: readonly Address[];
  readonly bcc?: readonly Address[];
  readonly inReplyTo?: string;
  readonly messageId?: string;
}

/** Name and value, both as sent but for quoting: RFC 2231 continuations and charsets are left alone. */
export type Parameter = readonly [name: string, value: string];

export interface Disposition {
  readonly type: string;
  readonly params: readonly Parameter[];
}

/**
 * What every part has. The header is `headerStart` to `bodyStart` and includes the empty line, the body
 * `bodyStart` to `bodyEnd`; the line end before a boundary belongs to the boundary (RFC 2046 section
 * 5.1.1).
 */
interface PartFacts {
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Media type and subtype in the case that they were sent in. */
  readonly type: string;
  readonly subtype: string;
  readonly params: readonly Parameter[];
  readonly disposition?: Disposition;
  readonly language?: readonly string[];
  readonly location?: string;
}

interface SinglePartFacts extends PartFacts {
  readonly id?: string;
  readonly description?: string;
  /** Content-Transfer-Encoding as sent, `7bit` when there is none. */
  readonly encoding: string;
  readonly md5?: string;
}

export interface MultipartFacts extends PartFacts {
  readonly kind: 'multipart';
  /** Never empty: a multipart without parts is given one empty text/plain at its end, because the
   * grammar of BODYSTRUCTURE wants one. */
  readonly parts: readonly BodyPart[];
}

export interface TextPartFacts extends SinglePartFacts {
  readonly kind: 'text';
  /** LFs in the body. */
  readonly lines: number;
}

/** message/rfc822, with the message that is its body. */
export interface MessagePartFacts extends SinglePartFacts {
  readonly kind: 'message';
  readonly envelope: Envelope;
  readonly message: BodyPart;
  /** LFs in the body, that is, in the whole nested message. */
  readonly lines: number;
}

export interface BasicPartFacts extends SinglePartFacts {
  readonly kind: 'basic';
}

/** The body structure (RFC 3501 section 7.4.2). A single part's size is `bodyEnd - bodyStart`. */
export type BodyPart = MultipartFacts | TextPartFacts | MessagePartFacts | BasicPartFacts;

export interface MessageFacts {
  /** RFC822.SIZE. */
  readonly size: number;
  readonly envelope: Envelope;
  /** The message itself as a part: its header is the message's header. */
  readonly root: BodyPart;
}

/** The facts of a message that is in memory. Never throws, whatever the octets are. */
export function messageFacts(message: Uint8Array, limits: MimeLimits): MessageFacts {
  const scanner = createMimeScanner(limits);
  scanner.push(message);
  return scanner.end();
}
