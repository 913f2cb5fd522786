/**
 * Commands that name mailboxes: SELECT and EXAMINE, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS,
 * NAMESPACE. Names stay octet strings as sent; `mailbox-names.ts` decodes them. Parsers throw `SyntaxFault`.
 *
 * Extension parameters (CONDSTORE and QRESYNC of RFC 7162, USE of RFC 6154) stand in `mailbox-parameters.ts`.
 */
import type { OctetString } from './command-parts.ts';
import { type Cursor, fail, skip, space, word } from './cursor.ts';
import {
  type CreateParameter,
  createParameter,
  type SelectParameter,
  selectParameter,
} from './mailbox-parameters.ts';
import { astring, list } from './values.ts';

const statusItems = [
  'MESSAGES',
  'RECENT',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  // RFC 9051 section 6.3.11, RFC 8438
  'DELETED',
  'SIZE',
  // RFC 7162, RFC 8474, RFC 7889
  'HIGHESTMODSEQ',
  'MAILBOXID',
  'APPENDLIMIT',
] as const;

export type StatusItem = (typeof statusItems)[number];

export type MailboxCommand =
  | {
      readonly name: 'SELECT' | 'EXAMINE';
      readonly mailbox: OctetString;
      readonly parameters: readonly SelectParameter[];
    }
  | {
      readonly name: 'CREATE';
      readonly mailbox: OctetString;
      readonly parameters: readonly CreateParameter[];
    }
  | { readonly name: 'DELETE' | 'SUBSCRIBE' | 'UNSUBSCRIBE'; readonly mailbox: OctetString }
  | { readonly name: 'RENAME'; readonly from: OctetString; readonly to: OctetString }
  | { readonly name: 'STATUS'; readonly mailbox: OctetString; readonly items: readonly StatusItem[] }
  | { readonly name: 'NAMESPACE' };

export function mailbox(cursor: Cursor): OctetString {
  return astring(cursor, 'Mailbox name');
}

function spacedMailbox(cursor: Cursor): OctetString {
  space(cursor);
  return mailbox(cursor);
}

export function select(name: 'SELECT' | 'EXAMINE'): (cursor: Cursor) => MailboxCommand {
  return (cursor) => {
    const selected = spacedMailbox(cursor);
    const parameters = skip(cursor, ' ') ? list(cursor, selectParameter, 'parameters') : [];
    return { name, mailbox: selected, parameters };
  };
}

export function create(cursor: Cursor): MailboxCommand {
  const created = spacedMailbox(cursor);
  const parameters = skip(cursor, ' ') ? list(cursor, createParameter, 'parameters') : [];
  return { name: 'CREATE', mailbox: created, parameters };
}

export function oneMailbox(name: 'DELETE' | 'SUBSCRIBE' | 'UNSUBSCRIBE'): (cursor: Cursor) => MailboxCommand {
  return (cursor) => ({ name, mailbox: spacedMailbox(cursor) });
}

export function rename(cursor: Cursor): MailboxCommand {
  const from = spacedMailbox(cursor);
  return { name: 'RENAME', from, to: spacedMailbox(cursor) };
}

export function status(cursor: Cursor): MailboxCommand {
  const asked = spacedMailbox(cursor);
  space(cursor);
  return { name: 'STATUS', mailbox: asked, items: statusItemList(cursor) };
}

/** Also in LIST RETURN (STATUS (...)), RFC 5819. */
export function statusItemList(cursor: Cursor): readonly StatusItem[] {
  return list(cursor, statusItem, 'status items');
}

function statusItem(cursor: Cursor): StatusItem {
  const name = word(cursor, 'Status item');
  return statusItems.find((item) => item === name) ?? fail('Unknown status item');
}
