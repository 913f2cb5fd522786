/** Mailbox names of commands to paths, and back. */
import type { OctetString } from '../grammar/command-parts.ts';
import { canonicalMailboxName, decodeMailboxName, encodeMailboxName } from '../mailbox-names.ts';
import { delimiter } from '../session/folder-tree.ts';

/** Undefined when the octets are no modified UTF-7 (RFC 3501 section 5.1.3): no mailbox has such a name. */
export function pathOf(name: OctetString): string | undefined {
  const text = decodeMailboxName(name, 'utf7');
  return text === undefined ? undefined : canonicalMailboxName(text, delimiter);
}

export function nameOf(path: string): OctetString {
  return encodeMailboxName(path, 'utf7');
}
