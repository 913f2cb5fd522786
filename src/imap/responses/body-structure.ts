/**
 * BODY and BODYSTRUCTURE (RFC 3501 section 7.4.2): the MIME structure without and with extension data.
 * Strings are octets as they stand in the message's headers. The tree is walked recursively; the scanner
 * that makes it bounds its depth.
 */
import type { OctetString } from '../grammar/command-parts.ts';
import { type Envelope, formatEnvelope } from './envelope.ts';
import { formatNString, formatString } from './strings.ts';

type Parameters = readonly (readonly [name: OctetString, value: OctetString])[];

interface PartFields {
  readonly type: OctetString;
  readonly subtype: OctetString;
  readonly params: Parameters;
  readonly disposition?: { readonly type: OctetString; readonly params: Parameters };
  readonly language?: readonly OctetString[];
  readonly location?: OctetString;
}

interface SinglePartFields extends PartFields {
  /** The body's first octet and the one after its last; their distance is the size. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly id?: OctetString;
  readonly description?: OctetString;
  readonly encoding: OctetString;
  readonly md5?: OctetString;
}

export type BodyStructure =
  /** At least one part. */
  | (PartFields & { readonly kind: 'multipart'; readonly parts: readonly BodyStructure[] })
  | (SinglePartFields & { readonly kind: 'text'; readonly lines: number })
  | (SinglePartFields & {
      readonly kind: 'message';
      readonly envelope: Envelope;
      readonly message: BodyStructure;
      readonly lines: number;
    })
  | (SinglePartFields & { readonly kind: 'basic' });

/** `extended`: BODYSTRUCTURE rather than BODY. */
export function formatBodyStructure(part: BodyStructure, extended: boolean): OctetString {
  const extension = extended ? ` ${formatExtension(part)}` : '';
  if (part.kind === 'multipart') {
    const parts = part.parts.map((child) => formatBodyStructure(child, extended)).join('');
    return `(${parts} ${formatString(part.subtype)}${extension})`;
  }
  const fields = [
    formatString(part.type),
    formatString(part.subtype),
    formatParameters(part.params),
    formatNString(part.id),
    formatNString(part.description),
    formatString(part.encoding),
    `${part.bodyEnd - part.bodyStart}`,
  ];
  if (part.kind === 'message') {
    fields.push(formatEnvelope(part.envelope), formatBodyStructure(part.message, extended));
  }
  if (part.kind !== 'basic') fields.push(`${part.lines}`);
  return `(${fields.join(' ')}${extension})`;
}

/** body-ext-1part begins with the MD5, body-ext-mpart with the parameters; the rest is the same. */
function formatExtension(part: BodyStructure): OctetString {
  const first = part.kind === 'multipart' ? formatParameters(part.params) : formatNString(part.md5);
  const { disposition, language, location } = part;
  const shown =
    disposition === undefined
      ? 'NIL'
      : `(${formatString(disposition.type)} ${formatParameters(disposition.params)})`;
  return `${first} ${shown} ${formatLanguage(language)} ${formatNString(location)}`;
}

function formatParameters(parameters: Parameters): OctetString {
  if (parameters.length === 0) return 'NIL';
  return `(${parameters.map(([name, value]) => `${formatString(name)} ${formatString(value)}`).join(' ')})`;
}

/** body-fld-lang: one language is a string, several are a list. */
function formatLanguage(language: readonly OctetString[] | undefined): OctetString {
  const [first] = language ?? [];
  if (language === undefined || first === undefined) return 'NIL';
  return language.length === 1 ? formatString(first) : `(${language.map(formatString).join(' ')})`;
}
