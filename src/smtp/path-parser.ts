/**
 * The arguments of MAIL and RCPT (RFC 5321 section 4.1.2): path, then parameters.
 *
 * Input is one octet per character ("binary" string), as it came over the wire. A path comes out twice:
 * as sent, for the record, and understood: the local part without its quoting, the domain in lower case,
 * a source route passed over (appendix C). Two leniencies, both common practice: spaces around the
 * path, and underscores in domain labels. Failures are replies from the table, never exceptions.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { limits } from '../limits.ts';
import { type Reply, replies } from './replies.ts';

export interface AddressPath {
  /** The mailbox's name, quotes and backslashes removed, case kept. */
  readonly localPart: string;
  /** Lower case; an address literal with its brackets; '' for the bare `<Postmaster>`. */
  readonly domain: string;
}

export interface ParsedPath {
  /** Angle brackets and all, exactly as it came. */
  readonly asSent: string;
  /** Undefined for the null path `<>`, which only MAIL may have. */
  readonly address?: AddressPath;
  readonly parameters: readonly Parameter[];
}

export interface Parameter {
  readonly asSent: string;
  /** Upper case. */
  readonly keyword: string;
  readonly value?: string;
}

export type ParseResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reply: Reply };

/** `argument` is what follows `MAIL `. */
export function parseReversePath(argument: string): ParseResult<ParsedPath> {
  return parsePath(argument, {
    prefix: /^FROM: */i,
    syntax: replies.syntaxMail,
    badAddress: replies.badSenderSyntax,
    special: (inner) => (inner === '' ? 'null-path' : undefined),
  });
}

/** `argument` is what follows `RCPT `. */
export function parseForwardPath(argument: string): ParseResult<ParsedPath & { address: AddressPath }> {
  const result = parsePath(argument, {
    prefix: /^TO: */i,
    syntax: replies.syntaxRecipient,
    badAddress: replies.badRecipientSyntax,
    // RFC 5321 section 4.1.1.3: the one path without a domain, in any case.
    special: (inner) => (/^postmaster$/i.test(inner) ? { localPart: inner, domain: '' } : undefined),
  });
  if (!result.ok) return result;
  const { address } = result.value;
  if (address === undefined) return refuse(replies.badRecipientSyntax);
  return { ok: true, value: { ...result.value, address } };
}

/** The address in the form that RFC 5321 writes it: the local part quoted where it has to be. */
export function formatAddress(address: AddressPath): string {
  const localPart = dotString.test(address.localPart)
    ? address.localPart
    : `"${address.localPart.replace(/["\\]/g, '\\$&')}"`;
  return address.domain === '' ? localPart : `${localPart}@${address.domain}`;
}

interface PathRules {
  readonly prefix: RegExp;
  readonly syntax: Reply;
  readonly badAddress: Reply;
  /** The paths that are no mailbox: `<>` after MAIL, `<Postmaster>` after RCPT. */
  special(inner: string): AddressPath | 'null-path' | undefined;
}

function parsePath(argument: string, rules: PathRules): ParseResult<ParsedPath> {
  const prefix = rules.prefix.exec(argument);
  if (prefix === null) return refuse(rules.syntax);
  const rest = argument.slice(prefix[0].length);
  if (!rest.startsWith('<')) return refuse(rules.badAddress);
  const end = endOfPath(rest);
  if (end === undefined) return refuse(rules.badAddress);
  const asSent = rest.slice(0, end);
  // RFC 6531 section 3.3: without SMTPUTF8 an address is ASCII; section 3.5 gives the code.
  if (/[^\x00-\x7f]/.test(asSent)) return refuse(replies.nonAsciiAddress);

  const inner = asSent.slice(1, -1);
  const address = rules.special(inner) ?? parseMailbox(stripSourceRoute(inner));
  if (address === undefined) return refuse(rules.badAddress);

  const parameters = parseParameters(rest.slice(end));
  if (!parameters.ok) return parameters;
  return accept({ asSent, ...(address === 'null-path' ? {} : { address }), parameters: parameters.value });
}

/** Where the path's closing bracket is passed; one inside a quoted string does not count. */
function endOfPath(text: string): number | undefined {
  let quoted = false;
  for (let index = 1; index < text.length; index += 1) {
    const char = text[index];
    if (quoted && char === '\\') index += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === '>') return index + 1;
  }
  return undefined;
}

// RFC 5321 section 4.1.2, Let-dig and Ldh-str, with the underscore that real hosts have.
const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
const domainPattern = new RegExp(`^${label}(?:\\.${label})*$`);
// RFC 5321 section 4.1.2, A-d-l. Source routes SHOULD be ignored (appendix C).
const sourceRoute = new RegExp(`^@${label}(?:\\.${label})*(?:,@${label}(?:\\.${label})*)*:`);
// RFC 5322 section 3.2.3, atext; RFC 5321 section 4.1.2, Dot-string.
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const dotString = new RegExp(`^${atom}(?:\\.${atom})*$`);
// RFC 5321 section 4.1.2, QcontentSMTP.
const quotedString = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*)"$/;

function stripSourceRoute(inner: string): string {
  return inner.startsWith('@') ? inner.replace(sourceRoute, '') : inner;
}

function parseMailbox(text: string): AddressPath | undefined {
  // A quoted local part may hold an at sign, a domain cannot: the last one divides.
  const at = text.lastIndexOf('@');
  if (at < 1) return undefined;
  const localPart = parseLocalPart(text.slice(0, at));
  const domain = parseDomain(text.slice(at + 1));
  return localPart === undefined || domain === undefined ? undefined : { localPart, domain };
}

function parseLocalPart(text: string): string | undefined {
  if (text.length > limits.smtp.localPartOctetsMax) return undefined;
  if (dotString.test(text)) return text;
  const quoted = quotedString.exec(text);
  return quoted?.[1]?.replace(/\\(.)/g, '$1');
}

/** Domain or address literal in lower case; undefined when it is neither. Also what EHLO announces. */
export function parseDomain(text: string): string | undefined {
  if (text.length > limits.smtp.domainOctetsMax) return undefined;
  if (domainPattern.test(text)) return text.split('.').every(fitsDns) ? text.toLowerCase() : undefined;
  // RFC 5321 section 4.1.3. No other tag than IPv6 has been standardised.
  const literal = /^\[(IPv6:)?([0-9A-Fa-f:.]+)\]$/i.exec(text);
  if (literal === null) return undefined;
  const valid = literal[1] === undefined ? isIPv4(literal[2] ?? '') : isIPv6(literal[2] ?? '');
  return valid ? text.toLowerCase() : undefined;
}

/** RFC 1035 section 2.3.4. */
function fitsDns(part: string): boolean {
  return part.length <= 63;
}

/** RFC 5321 section 4.1.2, Mail-parameters: each preceded by a space. */
function parseParameters(text: string): ParseResult<readonly Parameter[]> {
  if (text !== '' && !text.startsWith(' ')) return refuse(replies.badParameter);
  const parameters: Parameter[] = [];
  for (const asSent of text.split(' ')) {
    if (asSent === '') continue;
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?$/.exec(asSent);
    if (match?.[1] === undefined) return refuse(replies.badParameter);
    const keyword = match[1].toUpperCase();
    if (parameters.some((other) => other.keyword === keyword)) return refuse(replies.duplicateParameter);
    if (parameters.length >= limits.smtp.parametersMax) return refuse(replies.badParameter);
    parameters.push({ asSent, keyword, ...(match[2] === undefined ? {} : { value: match[2] }) });
  }
  return accept(parameters);
}

function accept<T>(value: T): ParseResult<T> {
  return { ok: true, value };
}

function refuse(reply: Reply): { readonly ok: false; readonly reply: Reply } {
  return { ok: false, reply };
}
