import type { MailboxEvent } from '../events/mailbox.ts';
import type { Folder, MailboxState } from '../events/mailbox-state.ts';
import type { Decision } from './decider.ts';
import type { MailboxCommand, MailboxRejection, MailboxReply } from './mailbox-commands.ts';

export type MailboxDecision = Decision<MailboxEvent, MailboxReply>;
export type CommandOf<T extends MailboxCommand['type']> = Extract<MailboxCommand, { type: T }>;

export const rejected = (reason: MailboxRejection): MailboxDecision => ({
  events: [],
  reply: { kind: 'rejected', reason },
});

/** The folder when messages can be put into it or taken from it, else why not. */
export function selectable(state: MailboxState, folderId: number): Folder | MailboxRejection {
  const folder = state.folders.get(folderId);
  if (folder === undefined) return 'no-such-folder';
  return folder.selectable ? folder : 'not-selectable';
}
