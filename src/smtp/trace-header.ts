/**
 * The Received field that this server puts before a message (RFC 5321 section 4.4), and the "with"
 * keyword in it (RFC 3848; RFC 6531 section 4.3 once SMTPUTF8 is spoken). ASCII, folded, CRLF ends.
 */
import { type AddressPath, formatAddress, parseDomain } from './path-parser.ts';
import type { TlsFacts, WithProtocol } from './ports.ts';

export interface TraceFacts {
  readonly helo: string;
  readonly peerAddress: string;
  readonly by: string;
  readonly protocol: WithProtocol;
  readonly messageId: string;
  readonly tls?: TlsFacts;
  readonly recipients: readonly AddressPath[];
  readonly at: Date;
}

export function formatTraceHeader(facts: TraceFacts): string {
  const lines = [
    `Received: from ${fromDomain(facts.helo)} (${addressLiteral(facts.peerAddress)})`,
    `by ${facts.by} (Chancery) with ${facts.protocol} id ${facts.messageId}`,
  ];
  const [first, ...others] = facts.recipients;
  // More than one name in "for" would show the blind copies to everybody (RFC 5321 section 7.2). The bare
  // postmaster has no form that the grammar of "for" allows.
  if (first !== undefined && others.length === 0 && first.domain !== '') {
    lines.push(`for <${formatAddress(first)}>`);
  }
  // RFC 8314 section 7.4: the cipher as an additional clause.
  if (facts.tls !== undefined) lines.push(`tls ${facts.tls.cipher.replace(/[^\w-]/g, '')}`);
  return `${lines.join('\r\n\t')};\r\n\t${formatDate(facts.at)}\r\n`;
}

export function withProtocol(session: {
  readonly extended: boolean;
  readonly tls: boolean;
  readonly authenticated: boolean;
}): WithProtocol {
  // RFC 3848 section 2 has keywords for extended sessions only.
  if (!session.extended) return 'SMTP';
  if (session.tls) return session.authenticated ? 'ESMTPSA' : 'ESMTPS';
  return session.authenticated ? 'ESMTPA' : 'ESMTP';
}

/** RFC 5322 section 3.3, in UTC with a numeric zone. */
function formatDate(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000');
}

/** What the client called itself. Where that is no domain it still goes in, without what could end or
 * comment out the field. */
function fromDomain(helo: string): string {
  return parseDomain(helo) === undefined ? helo.replace(/[^\w.:-]/g, '?') : helo;
}

/** RFC 5321 section 4.1.3. */
function addressLiteral(address: string): string {
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;
}
