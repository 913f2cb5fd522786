/**
 * The ENVELOPE of a message from its kept header fields (RFC 3501 section 7.4.2).
 *
 * A field that stands more than once should not (RFC 5322 section 3.6): address fields are joined, so
 * that no reader is shown a From that another one never saw; of the others the last one counts.
 */
import { parseAddressList } from './address-list.ts';
import type { Address, Envelope } from './message-facts.ts';
import { oneLine, unfold } from './octets.ts';

/** What the address fields of one message may still keep; shared by its nested messages. */
export interface AddressBudget {
  addressesLeft: number;
}

type Values = ReadonlyMap<string, readonly string[]>;

export function envelopeOf(values: Values, budget: AddressBudget): Envelope {
  const addresses = (name: string): readonly Address[] | undefined => addressesOf(values, name, budget);
  const date = values.get('date')?.at(-1);
  const subject = values.get('subject')?.at(-1);
  const from = addresses('from');
  const sender = addresses('sender') ?? from;
  const replyTo = addresses('reply-to') ?? from;
  const to = addresses('to');
  const cc = addresses('cc');
  const bcc = addresses('bcc');
  const inReplyTo = values.get('in-reply-to')?.at(-1);
  const messageId = values.get('message-id')?.at(-1);
  return {
    ...(date === undefined ? {} : { date: unfold(date) }),
    ...(subject === undefined ? {} : { subject: oneLine(subject) }),
    ...(from === undefined ? {} : { from }),
    ...(sender === undefined ? {} : { sender }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(to === undefined ? {} : { to }),
    ...(cc === undefined ? {} : { cc }),
    ...(bcc === undefined ? {} : { bcc }),
    ...(inReplyTo === undefined ? {} : { inReplyTo: unfold(inReplyTo) }),
    ...(messageId === undefined ? {} : { messageId: unfold(messageId) }),
  };
}

/** Undefined when there is no address: an empty list is NIL (RFC 3501 section 7.4.2). */
function addressesOf(values: Values, name: string, budget: AddressBudget): readonly Address[] | undefined {
  const found: Address[] = [];
  for (const value of values.get(name) ?? []) {
    if (budget.addressesLeft <= 0) break;
    const addresses = parseAddressList(value, budget.addressesLeft);
    budget.addressesLeft -= addresses.length;
    for (const address of addresses) found.push(address);
  }
  return found.length === 0 ? undefined : found;
}
