/** SELECT and EXAMINE (RFC 3501 sections 6.3.1 and 6.3.2). */
import { type Folder, highestModseq, type MailboxState } from '../../../events/mailbox-state.ts';
import { flagBits } from '../../../events/message-table.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import type { SelectParameter } from '../grammar/mailbox-parameters.ts';
import { existsResponse, flagsResponse, recentResponse } from '../responses/mailbox-responses.ts';
import type { ResponseCode } from '../responses/response-code.ts';
import { untaggedStatus } from '../responses/status-responses.ts';
import { claimRecent, recentCount } from '../session/announce.ts';
import { definedFlags, permanentFlags } from '../session/flags.ts';
import { folderAt } from '../session/folder-tree.ts';
import { createKnownUids } from '../session/known-uids.ts';
import { bad, no, type Outcome, ok } from '../session/outcome.ts';
import type { AccountSession, Selected } from '../session/session.ts';
import { pathOf } from './names.ts';

export async function select(
  at: AccountSession,
  command: {
    readonly name: 'SELECT' | 'EXAMINE';
    readonly mailbox: OctetString;
    readonly parameters: readonly SelectParameter[];
  },
): Promise<Outcome> {
  const { session, account } = at;
  if (command.parameters.length > 0) return bad(`${command.name}: parameter not supported`);
  // Whatever comes of it, the mailbox that was selected is so no longer.
  session.selected = undefined;
  const path = pathOf(command.mailbox);
  const state = await account.mailbox.current();
  const folder = path === undefined ? undefined : folderAt(state, path);
  if (folder === undefined) return no('There is no such mailbox', 'NONEXISTENT');
  if (!folder.selectable) return no('This name holds no messages', 'CANNOT');
  const readOnly = command.name === 'EXAMINE';
  const selected: Selected = {
    folderId: folder.id,
    uidValidity: folder.uidValidity,
    readOnly,
    known: createKnownUids(folder.messages),
    flagsModseq: highestModseq(state),
    keywordsTold: state.keywords.length,
    recentUids: [],
  };
  claimRecent(session, account, selected, folder, 1);
  tell(at, selected, state, folder);
  session.selected = selected;
  session.recorder.note({ type: 'FolderOpened', accountId: account.id, folderId: folder.id, readOnly });
  return ok(`${command.name} completed`, readOnly ? 'READ-ONLY' : 'READ-WRITE');
}

function tell({ session }: AccountSession, selected: Selected, state: MailboxState, folder: Folder): void {
  const { output } = session;
  const say = (text: string, code: ResponseCode): void => output.line(untaggedStatus('OK', text, code));
  output.line(flagsResponse(definedFlags(state)));
  // RFC 3501 section 7.1: no flag can be changed for good in a mailbox that is read-only.
  const lasting = selected.readOnly ? [] : permanentFlags(state);
  say('Flags permitted', { kind: 'PERMANENTFLAGS', flags: lasting });
  output.line(existsResponse(selected.known.count));
  output.line(recentResponse(recentCount(selected)));
  const unseen = firstUnseen(folder);
  if (unseen > 0) say('First unseen', { kind: 'UNSEEN', value: unseen });
  say('UIDs valid', { kind: 'UIDVALIDITY', value: folder.uidValidity });
  say('Predicted next UID', { kind: 'UIDNEXT', value: folder.uidNext });
}

/** The number of the first message without `\Seen`; 0 when there is none. */
function firstUnseen({ messages }: Folder): number {
  for (let row = 0; row < messages.length; row += 1) {
    if ((messages.flagsAt(row) & flagBits.seen) === 0) return row + 1;
  }
  return 0;
}
