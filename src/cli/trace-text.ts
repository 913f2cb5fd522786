/** The words of a trace: one line for each fact of a message's life. Nothing here is made printable. */
import { flagBits } from '../../events/message-table.ts';
import type { SessionEntry, TraceEntry } from '../../projections/trace/queries.ts';
import type { NamedTrace } from '../admin/trace-handler.ts';

type Fields = Readonly<Record<string, unknown>>;
export type Names = Pick<NamedTrace, 'addresses' | 'folders' | 'keywords' | 'sessions'>;

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
const plural = (count: unknown, one: string): string => `${text(count)} ${one}${count === 1 ? '' : 's'}`;

export function sessionText({ type, detail, personal }: SessionEntry): string {
  const known: Fields = personal ?? {};
  switch (type) {
    case 'SessionOpened': {
      const { address, port } = within(known, 'peer');
      const how = detail.implicitTls === true ? ', TLS from the start' : '';
      return `connection from ${text(address)} port ${text(port)} to listener ${text(detail.listener)}${how}`;
    }
    case 'ClientIdentified':
      return `the client says ${text(detail.verb)} ${text(within(known, 'client').name)}`;
    case 'TlsEstablished':
      return `TLS: ${text(detail.version)}, ${text(detail.cipher)}`;
    case 'Authenticated':
      return `logged in as ${text(within(known, 'who').authenticationId)} (${text(detail.mechanism)})`;
    case 'AuthenticationFailed':
      return `login failed (${text(detail.mechanism)})`;
    case 'CommandRefused': {
      const code = [detail.code, detail.enhanced].filter((each) => each !== undefined).join(' ');
      return `refused ${text(detail.verb)}: ${code} ${text(within(known, 'reply').text)}`;
    }
    case 'SessionClosed':
      return `connection closed: ${text(detail.reason)}, ${text(detail.octetsIn)} octets in, ${text(detail.octetsOut)} out`;
    default:
      return `${type} ${fieldsText({ ...detail, ...known })}`.trimEnd();
  }
}

export function entryText({ type, accountId, by, detail }: TraceEntry, names: Names): string {
  const nameOf = (id: unknown): string => (typeof id === 'string' ? (names.addresses[id] ?? id) : 'nobody');
  const account = nameOf(accountId);
  const place = placeText(names, accountId, detail.folderId, detail.uid);
  const actor = actorText(by, names);
  switch (type) {
    case 'MessageAccepted':
      return `accepted by ${text(detail.origin)}: ${plural(detail.size, 'octet')}, ${plural(detail.recipients, 'recipient')}`;
    case 'MessageDelivered':
      return `delivered to ${account}: ${place}, ${plural(detail.size, 'octet')}`;
    case 'DeliveryRefused':
      return `not delivered to ${account}: ${text(detail.reason)}`;
    case 'MessagesAppended': {
      const flags = flagsText(detail, accountId, names);
      return `put into the mailbox of ${account}: ${place}, ${plural(detail.size, 'octet')}${flags && `, ${flags}`}${actor}`;
    }
    case 'MessagesCopied':
    case 'MessagesMoved': {
      const from = placeText(names, accountId, detail.fromFolderId, detail.fromUid);
      const done = type === 'MessagesCopied' ? 'copied' : 'moved';
      return `${done} in the mailbox of ${account}: ${from}, to ${place}${actor}`;
    }
    case 'MessagesFlagged': {
      const flags = flagsText(detail, accountId, names) || 'none';
      return `flags ${modes[text(detail.mode)] ?? text(detail.mode)} in the mailbox of ${account}: ${flags} (${place})${actor}`;
    }
    case 'MessagesExpunged':
      return `expunged from the mailbox of ${account}: ${place}${actor}`;
    case 'FolderDeleted':
      return `deleted with its folder from the mailbox of ${account}: ${place}${actor}`;
    case 'MessagesRead':
      return `read by ${nameOf(detail.readerId)}${detail.readerId === accountId ? '' : ` in the mailbox of ${account}`}: ${text(detail.part)} (${place})${sessionPlace(by, names)}`;
    default:
      return queueText(type, account, detail) ?? `${type} ${fieldsText(detail)}${actor}`;
  }
}

const modes: Readonly<Record<string, string>> = { add: 'set', remove: 'taken away', replace: 'replaced by' };

function queueText(type: string, account: string, detail: Fields): string | undefined {
  const attempt = plural(detail.attempt, 'attempt');
  const due = typeof detail.dueAt === 'number' ? localTime(detail.dueAt) : '(unknown)';
  switch (type) {
    case 'DeliveryEnqueued':
      return `queued for ${account}, due ${due}: ${text(detail.reason)}`;
    case 'DeliveryAttempted':
      return `attempt ${text(detail.attempt)} to deliver to ${account}`;
    case 'DeliveryDeferred':
      return `deferred for ${account} after ${attempt}, due ${due}: ${text(detail.reason)}`;
    case 'DeliveryCompleted':
      return `out of the queue: delivered to ${account}`;
    case 'DeliveryFailed':
      return `given up for ${account}: ${text(detail.reason)}`;
    case 'DeliveryCancelled':
      return `cancelled for ${account}: ${text(detail.reason)}`;
    default:
      return undefined;
  }
}

function placeText({ folders }: Names, accountId: string | null, folderId: unknown, uid: unknown): string {
  const path = folders[accountId ?? '']?.[String(folderId)] ?? `a folder that is gone (${String(folderId)})`;
  return `${path} UID ${text(uid)}`;
}

function flagsText({ flags, keywordIds }: Fields, accountId: string | null, { keywords }: Names): string {
  const bits = typeof flags === 'number' ? flags : 0;
  const system = Object.entries(flagBits)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => `\\${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  const known = keywords[accountId ?? ''] ?? {};
  const own = Array.isArray(keywordIds) ? keywordIds.map((each) => known[String(each)] ?? '(erased)') : [];
  return [...system, ...own].join(' ');
}

function actorText(by: string, names: Names): string {
  const session = names.sessions[by.replace(/^session:/, '')];
  if (session === undefined) return by === 'system' ? '' : `, by ${by}`;
  return `, by ${session.who ?? 'an unknown login'}${sessionPlace(by, names)}`;
}

function sessionPlace(by: string, { sessions }: Names): string {
  const session = sessions[by.replace(/^session:/, '')];
  if (session === undefined) return '';
  return `, over ${session.protocol.toUpperCase()} from ${session.peer ?? '(erased)'}`;
}

/** `name=value` for what is known, in order. */
function fieldsText(values: Fields): string {
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ');
}

/** ISO 8601 in the time zone of the machine, with its offset: `2026-01-02 03:04:05.678+01:00`. */
export function localTime(at: number): string {
  const offset = -new Date(at).getTimezoneOffset();
  const local = new Date(at + offset * 60_000).toISOString().slice(0, -1).replace('T', ' ');
  const minutes = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
