/** What a mailbox refuses, as tagged replies with the codes of RFC 5530, and asking again when it says `stale`. */
import type { MailboxCommand, MailboxRejection, MailboxReply } from '../../../actors/mailbox-commands.ts';
import type { MailboxState } from '../../../events/mailbox-state.ts';
import { limits } from '../../limits.ts';
import { no, type Outcome } from '../session/outcome.ts';
import type { Account } from '../session/session.ts';

export function rejection(reason: MailboxRejection): Outcome {
  switch (reason) {
    case 'not-open':
    case 'closed':
      return no('The account is closed', 'CONTACTADMIN');
    case 'no-such-folder':
      return no('There is no such mailbox', 'NONEXISTENT');
    case 'not-selectable':
      return no('This name holds no messages', 'CANNOT');
    case 'stale':
    case 'out-of-order':
      return no('Others change the same mailbox; try again', 'INUSE');
    case 'is-inbox':
      return no('INBOX cannot be deleted', 'CANNOT');
    case 'has-children':
      return no('Delete the mailboxes below it first', 'HASCHILDREN');
    case 'own-descendant':
      return no('A mailbox cannot move below itself', 'CANNOT');
    case 'too-many-folders':
      return no('Too many mailboxes', 'LIMIT');
    case 'too-many-keywords':
      return no('Too many keywords', 'LIMIT');
    case 'uids-used-up':
      return no('The mailbox has no UID left', 'LIMIT');
    default:
      return reason satisfies never;
  }
}

/** As for a target of messages: where making the mailbox would help, the client is told (RFC 3501 section 7.1). */
export function targetRejection(reason: MailboxRejection): Outcome {
  return reason === 'no-such-folder' || reason === 'not-selectable' ? tryCreate() : rejection(reason);
}

export function tryCreate(): Outcome {
  return no('There is no such mailbox', 'TRYCREATE');
}

export type Answered = Exclude<MailboxReply, { kind: 'rejected' }>;

/**
 * Builds a command on what the mailbox is now and asks; when somebody else changed it meanwhile, looks again
 * and builds anew. `plan` may find that there is nothing to ask, and gives the outcome instead.
 */
export async function askMailbox(
  account: Account,
  plan: (state: MailboxState) => MailboxCommand | Outcome,
  refuse: (reason: MailboxRejection) => Outcome = rejection,
): Promise<Answered | Outcome> {
  for (let tries = 1; ; tries += 1) {
    const planned = plan(await account.mailbox.current());
    if ('status' in planned) return planned;
    const reply = await account.mailbox.execute(planned);
    if (reply.kind !== 'rejected') return reply;
    if (reply.reason !== 'stale' || tries >= limits.imap.staleTriesMax) return refuse(reply.reason);
  }
}

export const isOutcome = (answer: Answered | Outcome): answer is Outcome => 'status' in answer;
