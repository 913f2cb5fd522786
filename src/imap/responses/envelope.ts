/** ENVELOPE (RFC 3501 section 7.4.2). Strings are octets as they stand in the message's header. */
import type { OctetString } from '../grammar/command-parts.ts';
import { formatNString } from './strings.ts';

/** A group is an address with only `mailbox`, its members, and an address with nothing. */
export interface EnvelopeAddress {
  readonly name?: OctetString;
  readonly route?: OctetString;
  readonly mailbox?: OctetString;
  readonly host?: OctetString;
}

/** Absent means NIL. Sender and reply-to default to from before they come here. */
export interface Envelope {
  readonly date?: OctetString;
  readonly subject?: OctetString;
  readonly from?: readonly EnvelopeAddress[];
  readonly sender?: readonly EnvelopeAddress[];
  readonly replyTo?: readonly EnvelopeAddress[];
  readonly to?: readonly EnvelopeAddress[];
  readonly cc?: readonly EnvelopeAddress[];
  readonly bcc?: readonly EnvelopeAddress[];
  readonly inReplyTo?: OctetString;
  readonly messageId?: OctetString;
}

export function formatEnvelope(envelope: Envelope): OctetString {
  const fields = [
    formatNString(envelope.date),
    formatNString(envelope.subject),
    formatAddresses(envelope.from),
    formatAddresses(envelope.sender),
    formatAddresses(envelope.replyTo),
    formatAddresses(envelope.to),
    formatAddresses(envelope.cc),
    formatAddresses(envelope.bcc),
    formatNString(envelope.inReplyTo),
    formatNString(envelope.messageId),
  ];
  return `(${fields.join(' ')})`;
}

/** An empty list is NIL; the addresses of a list have no space between them (section 9, env-from). */
function formatAddresses(addresses: readonly EnvelopeAddress[] | undefined): OctetString {
  if (addresses === undefined || addresses.length === 0) return 'NIL';
  return `(${addresses.map(formatAddress).join('')})`;
}

function formatAddress({ name, route, mailbox, host }: EnvelopeAddress): OctetString {
  return `(${[name, route, mailbox, host].map(formatNString).join(' ')})`;
}
