/**
 * Untagged responses about mailboxes: LIST, LSUB, STATUS, FLAGS, EXISTS, RECENT, EXPUNGE, VANISHED
 * (RFC 3501 sections 7.2 to 7.4, RFC 7162). Mailbox names are octets in the session's name mode.
 */
import type { UidSet } from '../../../events/uid-set.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import type { Flag } from '../grammar/flags.ts';
import type { StatusItem } from '../grammar/mailbox-commands.ts';
import { formatAstring, formatNString, formatString } from './strings.ts';

export interface ListedMailbox {
  /** `\HasChildren`, `\Sent` and so on, with their backslash. */
  readonly attributes: readonly string[];
  readonly delimiter: string | null;
  readonly mailbox: OctetString;
  /** RFC 5258 section 3.5: the options that children of the mailbox match, for RECURSIVEMATCH. */
  readonly childInfo?: readonly string[];
}

export function listResponse(listed: ListedMailbox): OctetString {
  const { childInfo } = listed;
  const extended =
    childInfo === undefined
      ? ''
      : ` ("CHILDINFO" (${childInfo.map((option) => formatString(option)).join(' ')}))`;
  return `* LIST ${formatListed(listed)}${extended}\r\n`;
}

export function lsubResponse(listed: Omit<ListedMailbox, 'childInfo'>): OctetString {
  return `* LSUB ${formatListed(listed)}\r\n`;
}

function formatListed({ attributes, delimiter, mailbox }: ListedMailbox): OctetString {
  return `(${attributes.join(' ')}) ${formatNString(delimiter)} ${formatAstring(mailbox)}`;
}

export type StatusValue =
  | { readonly item: Exclude<StatusItem, 'MAILBOXID' | 'APPENDLIMIT'>; readonly value: number }
  | { readonly item: 'MAILBOXID'; readonly value: string }
  /** RFC 7889 section 3: NIL when there is no limit. */
  | { readonly item: 'APPENDLIMIT'; readonly value: number | null };

export function statusResponse(mailbox: OctetString, values: readonly StatusValue[]): OctetString {
  return `* STATUS ${formatAstring(mailbox)} (${values.map(formatStatusValue).join(' ')})\r\n`;
}

function formatStatusValue(status: StatusValue): OctetString {
  switch (status.item) {
    case 'MAILBOXID':
      return `MAILBOXID (${status.value})`;
    case 'APPENDLIMIT':
      return `APPENDLIMIT ${status.value ?? 'NIL'}`;
    default:
      return `${status.item} ${status.value}`;
  }
}

export function flagsResponse(flags: readonly Flag[]): OctetString {
  return `* FLAGS (${flags.join(' ')})\r\n`;
}

export function existsResponse(messages: number): OctetString {
  return `* ${messages} EXISTS\r\n`;
}

export function recentResponse(messages: number): OctetString {
  return `* ${messages} RECENT\r\n`;
}

/** The message number as it is after the expunges that were announced before (RFC 3501 section 7.4.1). */
export function expungeResponse(messageNumber: number): OctetString {
  return `* ${messageNumber} EXPUNGE\r\n`;
}

/** RFC 7162 section 3.2.10. `earlier`: gone before this session could see it. */
export function vanishedResponse(uids: UidSet, earlier: boolean): OctetString {
  return `* VANISHED ${earlier ? '(EARLIER) ' : ''}${uids}\r\n`;
}
