/** COPY (RFC 3501 section 6.4.7) and MOVE (RFC 6851), with COPYUID (RFC 4315). */
import type { MessageCommand } from '../grammar/message-commands.ts';
import type { ResponseCode } from '../responses/response-code.ts';
import { untaggedStatus } from '../responses/status-responses.ts';
import { selectedFolder } from '../session/announce.ts';
import { folderAt } from '../session/folder-tree.ts';
import { no, type Outcome, ok } from '../session/outcome.ts';
import { uidSetOf } from '../session/read-memory.ts';
import type { SelectedSession } from '../session/session.ts';
import { namedUids } from './message-sets.ts';
import { pathOf } from './names.ts';
import { askMailbox, isOutcome, targetRejection, tryCreate } from './rejections.ts';

type Transfer = Extract<MessageCommand, { name: 'COPY' | 'MOVE' }>;

export async function copy(at: SelectedSession, command: Transfer): Promise<Outcome> {
  const code = await transfer(at, command);
  if (code !== undefined && 'status' in code) return code;
  return ok('COPY completed', code);
}

/** RFC 6851 section 4.3: COPYUID comes untagged, before the EXPUNGEs that the reply is preceded by. */
export async function move(at: SelectedSession, command: Transfer): Promise<Outcome> {
  if (at.selected.readOnly) return no('The mailbox is selected read-only', 'READ-ONLY');
  const code = await transfer(at, command);
  if (code !== undefined && 'status' in code) return code;
  if (code !== undefined) at.session.output.line(untaggedStatus('OK', 'Moved', code));
  return ok('MOVE completed');
}

type CopyUid = Extract<ResponseCode, { kind: 'COPYUID' }>;

/** Undefined: there was nothing to do. */
async function transfer(at: SelectedSession, command: Transfer): Promise<CopyUid | Outcome | undefined> {
  const { account, selected } = at;
  const uids = namedUids(selected, command.set, command.uid);
  if (!Array.isArray(uids)) return uids;
  const path = pathOf(command.mailbox);
  const answer = await askMailbox(
    account,
    (state) => {
      const source = selectedFolder(state, selected);
      const target = path === undefined ? undefined : folderAt(state, path);
      if (target?.selectable !== true) return tryCreate();
      const present = uids.filter((uid) => source.messages.find(uid) !== -1);
      if (present.length < uids.length && !command.uid) {
        // RFC 2180 section 4.4.1, RFC 3501 section 6.4.7: all or none.
        return no('Some of the messages no longer exist', 'EXPUNGEISSUED');
      }
      if (present.length === 0) return ok(`${command.name} completed: no such message`);
      const type = command.name === 'COPY' ? 'CopyMessages' : 'MoveMessages';
      return { type, folderId: source.id, targetFolderId: target.id, uids: uidSetOf(present) };
    },
    targetRejection,
  );
  if (isOutcome(answer)) return answer;
  if (answer.kind !== 'transferred') throw new Error(`${command.name} was answered ${answer.kind}`);
  const { uidValidity, sourceUids, targetUids } = answer;
  // All of them went meanwhile.
  return sourceUids === '' ? undefined : { kind: 'COPYUID', uidValidity, sourceUids, targetUids };
}
