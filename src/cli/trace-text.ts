/** The words of a trace: one line for each fact of a message's life. */
import type { SessionEntry, TraceEntry } from '../../projections/trace/queries.ts';

type Fields = Readonly<Record<string, unknown>>;
export type Addresses = Readonly<Record<string, string | null>>;

/** What a session did before it sent anything; told before the message, in whose append it was recorded. */
export const leadIns: ReadonlySet<string> = new Set([
  'SessionOpened',
  'ClientIdentified',
  'TlsEstablished',
  'Authenticated',
]);

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '(erased)';
const within = (fields: Fields, name: string): Fields => (fields[name] ?? {}) as Fields;

export function sessionText({ type, detail, personal }: SessionEntry): string {
  const known: Fields = personal ?? {};
  switch (type) {
    case 'SessionOpened': {
      const { address, port } = within(known, 'peer');
      const how = detail.implicitTls === true ? ', TLS from the start' : '';
      return `connection from ${text(address)} port ${text(port)} to listener ${text(detail.listener)}${how}`;
    }
    case 'ClientIdentified':
      return `${text(detail.verb)} ${text(within(known, 'client').name)}`;
    case 'TlsEstablished':
      return `TLS started: ${text(detail.version)}, ${text(detail.cipher)}`;
    case 'Authenticated':
      return `logged in as ${text(within(known, 'who').authenticationId)} (${text(detail.mechanism)})`;
    case 'CommandRefused':
      return `refused ${text(detail.verb)}: ${text(detail.code)} ${text(detail.enhanced ?? '')} ${text(within(known, 'reply').text)}`;
    case 'SessionClosed':
      return `connection closed: ${text(detail.reason)}, ${text(detail.octetsIn)} octets in, ${text(detail.octetsOut)} out`;
    default:
      return `${type} ${fieldsText({ ...detail, ...known })}`.trimEnd();
  }
}

export function entryText({ type, accountId, by, detail }: TraceEntry, addresses: Addresses): string {
  const nameOf = (id: unknown): string => (typeof id === 'string' ? (addresses[id] ?? id) : 'nobody');
  const place = `folder ${text(detail.folderId)}, UID ${text(detail.uid)}`;
  const actor = by === 'system' ? '' : `, by ${by}`;
  switch (type) {
    case 'MessageAccepted':
      return `accepted, ${text(detail.size)} octets, ${text(detail.recipients)} recipients (${text(detail.origin)})`;
    case 'MessageDelivered':
      return `delivered to ${nameOf(accountId)}: ${place}`;
    case 'DeliveryRefused':
      return `not delivered to ${nameOf(accountId)}: ${text(detail.reason)}`;
    case 'MessagesRead':
      return `read by ${nameOf(detail.readerId)} in the mailbox of ${nameOf(accountId)}: ${text(detail.part)} of ${place}${actor}`;
    default:
      return `${type} ${accountId === null ? '' : `in the mailbox of ${nameOf(accountId)} `}${fieldsText(detail)}${actor}`;
  }
}

/** `name=value` for what is known, in order. */
function fieldsText(values: Fields): string {
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ');
}
