/**
 * Untagged responses about the server and the session: CAPABILITY, ENABLED, ID, NAMESPACE.
 */
import type { OctetString } from '../grammar/command-parts.ts';
import { formatNString, formatString } from './strings.ts';

export function capabilityResponse(capabilities: readonly string[]): OctetString {
  return `* CAPABILITY ${capabilities.join(' ')}\r\n`;
}

/** RFC 5161 section 3.2: what this ENABLE turned on, possibly nothing. */
export function enabledResponse(capabilities: readonly string[]): OctetString {
  return `* ENABLED${capabilities.map((name) => ` ${name}`).join('')}\r\n`;
}

/** RFC 2971 section 3.2. */
export function idResponse(fields: readonly (readonly [string, OctetString | null])[]): OctetString {
  const pairs = fields.map(([name, value]) => `${formatString(name)} ${formatNString(value)}`);
  return pairs.length === 0 ? '* ID NIL\r\n' : `* ID (${pairs.join(' ')})\r\n`;
}

export interface NamespaceDescription {
  /** Octets in the session's mailbox name mode. */
  readonly prefix: OctetString;
  /** Null: names have no levels here. */
  readonly delimiter: string | null;
}

/** RFC 2342 section 5: an empty list is NIL. */
export function namespaceResponse(
  personal: readonly NamespaceDescription[],
  otherUsers: readonly NamespaceDescription[],
  shared: readonly NamespaceDescription[],
): OctetString {
  return `* NAMESPACE ${[personal, otherUsers, shared].map(formatNamespaces).join(' ')}\r\n`;
}

function formatNamespaces(namespaces: readonly NamespaceDescription[]): OctetString {
  if (namespaces.length === 0) return 'NIL';
  const each = namespaces.map(
    ({ prefix, delimiter }) => `(${formatString(prefix)} ${formatNString(delimiter)})`,
  );
  return `(${each.join('')})`;
}
