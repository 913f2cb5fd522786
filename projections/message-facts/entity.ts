/**
 * An entity of a message (RFC 2045 section 2.4) while it is scanned: the message, a part, or the message
 * inside a message/rfc822. Opened at its header, described when the header ends, closed when its body
 * ends, which makes the part that the facts hold.
 */
import {
  boundaryOf,
  parseContentType,
  parseDisposition,
  parseLanguages,
  parseTransferEncoding,
} from './content-fields.ts';
import type { FieldCollector } from './field-collector.ts';
import type {
  BodyPart,
  Disposition,
  Envelope,
  MimeLimits,
  Parameter,
  TextPartFacts,
} from './message-facts.ts';
import { asciiLower, unfold } from './octets.ts';

type Kind = BodyPart['kind'];
type Values = ReadonlyMap<string, readonly string[]>;

/** What the header says of an entity. */
interface Description {
  readonly kind: Kind;
  readonly type: string;
  readonly subtype: string;
  readonly params: readonly Parameter[];
  readonly disposition: Disposition | undefined;
  readonly language: readonly string[];
  readonly location: string | undefined;
  readonly id: string | undefined;
  readonly description: string | undefined;
  readonly encoding: string;
  readonly md5: string | undefined;
}

export interface Entity {
  readonly headerStart: number;
  /** A message's own header and body, not a part of a multipart. */
  readonly isMessage: boolean;
  readonly fields: FieldCollector;
  bodyStart: number;
  /** LFs of the message before the body. */
  linesBefore: number;
  described: Description | undefined;
  /** Of a multipart, as long as it is open. */
  boundary: string | undefined;
  /** Of a message. */
  envelope: Envelope;
  /** The closed parts of a multipart, or the one nested message. */
  readonly parts: BodyPart[];
  /** The envelope of the nested message. */
  nestedEnvelope: Envelope;
}

export function openEntity(headerStart: number, isMessage: boolean, fields: FieldCollector): Entity {
  return {
    headerStart,
    isMessage,
    fields,
    bodyStart: headerStart,
    linesBefore: 0,
    described: undefined,
    boundary: undefined,
    envelope: {},
    parts: [],
    nestedEnvelope: {},
  };
}

/** Describes the entity by its header. `mayNest`: there is depth and room for parts inside of it. */
export function describe(
  entity: Entity,
  parent: Entity | undefined,
  mayNest: boolean,
  limits: MimeLimits,
): void {
  const all = entity.fields.values();
  // In a message the fields mean something only when it says that it is MIME (RFC 2045 section 4), with
  // MIME-Version or, as many senders do, with nothing but a Content-Type. A part always is.
  const isMime = !entity.isMessage || all.has('mime-version') || all.has('content-type');
  const values: Values = isMime ? all : new Map();
  const isInDigest = parent?.described !== undefined && isDigest(parent.described);
  const media = mediaOf(values, isInDigest, mayNest, limits);
  const language = values.get('content-language')?.[0];
  const disposition = values.get('content-disposition')?.[0];
  entity.described = {
    ...media,
    disposition: disposition === undefined ? undefined : parseDisposition(disposition, limits.parametersMax),
    language: language === undefined ? [] : parseLanguages(language, limits.parametersMax),
    location: unfolded(values, 'content-location'),
    id: unfolded(values, 'content-id'),
    description: unfolded(values, 'content-description'),
    encoding: encodingOf(values),
    md5: unfolded(values, 'content-md5'),
  };
  if (media.kind === 'multipart') {
    entity.boundary = boundaryOf(media.params)?.slice(0, limits.boundaryOctetsMax);
  }
}

type Media = Pick<Description, 'kind' | 'type' | 'subtype' | 'params'>;

function mediaOf(values: Values, isInDigest: boolean, mayNest: boolean, limits: MimeLimits): Media {
  const field = values.get('content-type')?.[0];
  const given = field === undefined ? undefined : parseContentType(field, limits.parametersMax);
  // RFC 2046 section 5.1.5: in a digest a part without a type is a message.
  const absent = isInDigest && field === undefined ? ['message', 'rfc822'] : ['text', 'plain'];
  const type = given?.type ?? absent[0]!;
  const subtype = given?.subtype ?? absent[1]!;
  const params = given?.params ?? [];
  const kind = kindOf(asciiLower(type), asciiLower(subtype));
  if ((kind === 'multipart' || kind === 'message') && !mayNest) {
    return { kind: 'basic', type: 'application', subtype: 'octet-stream', params: [] };
  }
  return { kind, type, subtype, params: kind === 'text' ? withCharset(params) : params };
}

function kindOf(type: string, subtype: string): Kind {
  if (type === 'multipart' || type === 'text') return type;
  return type === 'message' && subtype === 'rfc822' ? 'message' : 'basic';
}

/** RFC 2045 section 5.2: text without a charset is us-ascii. IMAP servers say so in the structure. */
function withCharset(params: readonly Parameter[]): readonly Parameter[] {
  const has = params.some(([name]) => asciiLower(name) === 'charset');
  return has ? params : [...params, ['charset', 'us-ascii']];
}

function isDigest(described: Description): boolean {
  return described.kind === 'multipart' && asciiLower(described.subtype) === 'digest';
}

function unfolded(values: Values, name: string): string | undefined {
  const value = values.get(name)?.[0];
  return value === undefined ? undefined : unfold(value);
}

function encodingOf(values: Values): string {
  for (const value of values.get('content-transfer-encoding') ?? []) {
    const encoding = parseTransferEncoding(value);
    if (encoding !== undefined) return encoding;
  }
  return '7bit';
}

/** Whether the facts of this entity count lines. */
export function countsLines(entity: Entity): boolean {
  return entity.described?.kind === 'text' || entity.described?.kind === 'message';
}

/** The part that the entity has become. `lines`: the LFs of the message before `bodyEnd`. */
export function closedPart(entity: Entity, bodyEnd: number, lines: number): BodyPart {
  const described = entity.described!;
  const facts = {
    headerStart: entity.headerStart,
    bodyStart: entity.bodyStart,
    bodyEnd,
    type: described.type,
    subtype: described.subtype,
    params: described.params,
    ...(described.disposition === undefined ? {} : { disposition: described.disposition }),
    ...(described.language.length === 0 ? {} : { language: described.language }),
    ...(described.location === undefined ? {} : { location: described.location }),
  };
  if (described.kind === 'multipart') {
    const parts = entity.parts.length === 0 ? [emptyPart(bodyEnd)] : entity.parts;
    return { kind: 'multipart', ...facts, parts };
  }
  const single = {
    ...facts,
    ...(described.id === undefined ? {} : { id: described.id }),
    ...(described.description === undefined ? {} : { description: described.description }),
    encoding: described.encoding,
    ...(described.md5 === undefined ? {} : { md5: described.md5 }),
  };
  switch (described.kind) {
    case 'text':
      return { kind: 'text', ...single, lines: lines - entity.linesBefore };
    case 'message':
      return {
        kind: 'message',
        ...single,
        envelope: entity.nestedEnvelope,
        message: entity.parts[0]!,
        lines: lines - entity.linesBefore,
      };
    case 'basic':
      return { kind: 'basic', ...single };
    default:
      return described.kind satisfies never;
  }
}

function emptyPart(at: number): TextPartFacts {
  return {
    kind: 'text',
    headerStart: at,
    bodyStart: at,
    bodyEnd: at,
    type: 'text',
    subtype: 'plain',
    params: [['charset', 'us-ascii']],
    encoding: '7bit',
    lines: 0,
  };
}
