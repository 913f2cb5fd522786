/** STATUS (RFC 3501 section 6.3.10), with SIZE (RFC 8438) and APPENDLIMIT (RFC 7889). */
import type { Folder } from '../../../events/mailbox-state.ts';
import { flagBits } from '../../../events/message-table.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import type { StatusItem } from '../grammar/mailbox-commands.ts';
import { type StatusValue, statusResponse } from '../responses/mailbox-responses.ts';
import { folderAt } from '../session/folder-tree.ts';
import { bad, no, type Outcome, ok } from '../session/outcome.ts';
import { folderKey } from '../session/recent-watermarks.ts';
import type { AccountSession } from '../session/session.ts';
import { nameOf, pathOf } from './names.ts';

export async function mailboxStatus(
  at: AccountSession,
  command: { readonly mailbox: OctetString; readonly items: readonly StatusItem[] },
): Promise<Outcome> {
  const path = pathOf(command.mailbox);
  const folder = path === undefined ? undefined : folderAt(await at.account.mailbox.current(), path);
  if (path === undefined || folder === undefined) return no('There is no such mailbox', 'NONEXISTENT');
  if (!folder.selectable) return no('This name holds no messages', 'CANNOT');
  const values = command.items.map((item) => statusValue(at, folder, item));
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length) return bad('STATUS: item not supported');
  at.session.output.line(statusResponse(nameOf(path), known));
  return ok('STATUS completed');
}

function statusValue(
  { session, account }: AccountSession,
  folder: Folder,
  item: StatusItem,
): StatusValue | undefined {
  const { messages } = folder;
  switch (item) {
    case 'MESSAGES':
      return { item, value: messages.length };
    case 'RECENT': {
      const watermark = session.recent.get(folderKey(account.id, folder.id, folder.uidValidity));
      return { item, value: messages.length - messages.lowerBound(watermark) };
    }
    case 'UIDNEXT':
      return { item, value: folder.uidNext };
    case 'UIDVALIDITY':
      return { item, value: folder.uidValidity };
    case 'UNSEEN':
      return { item, value: countUnseen(folder) };
    case 'SIZE':
      return { item, value: folder.octets };
    case 'APPENDLIMIT':
      return { item, value: session.settings.sizeMax };
    case 'DELETED':
    case 'HIGHESTMODSEQ':
    case 'MAILBOXID':
      return undefined;
    default:
      return item satisfies never;
  }
}

function countUnseen({ messages }: Folder): number {
  let count = 0;
  for (let row = 0; row < messages.length; row += 1) {
    if ((messages.flagsAt(row) & flagBits.seen) === 0) count += 1;
  }
  return count;
}
