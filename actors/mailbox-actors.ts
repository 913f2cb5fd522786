/** The mailbox actors: one for each account's store. A mailbox is opened by the first thing asked of it, but for
 * deliveries: those must keep their order, so the dispatcher opens it first. */
import { type Answer, createEventSourcedActors } from './event-sourced-actor.ts';
import type { FolderPlan, MailboxCommand, MailboxReply } from './mailbox-commands.ts';
import { mailboxDecider } from './mailbox-decider.ts';
import type { ActorRuntime, AskContext } from './ports.ts';

/** RFC 6154 folders that clients look for. */
export const standardFolders: readonly FolderPlan[] = [
  { name: 'Drafts', specialUse: 'Drafts' },
  { name: 'Sent', specialUse: 'Sent' },
  { name: 'Archive', specialUse: 'Archive' },
  { name: 'Junk', specialUse: 'Junk' },
  { name: 'Trash', specialUse: 'Trash' },
];

export interface MailboxActors {
  /** Throws `ActorUnavailable`. */
  askMailbox(accountId: string, command: MailboxCommand, context: AskContext): Promise<Answer<MailboxReply>>;
  /** Opens it with the standard folders; nothing happens when it is open. */
  openMailbox(accountId: string, context: AskContext): Promise<void>;
  readonly size: number;
  stop(): Promise<void>;
}

export function createMailboxActors(
  runtime: ActorRuntime,
  options: { readonly idleMs?: number } = {},
): MailboxActors {
  const actors = createEventSourcedActors(mailboxDecider, runtime, { name: 'mailbox', ...options });

  async function askMailbox(
    accountId: string,
    command: MailboxCommand,
    context: AskContext,
  ): Promise<Answer<MailboxReply>> {
    const answer = await actors.ask(accountId, command, context);
    const unopened = answer.reply.kind === 'rejected' && answer.reply.reason === 'not-open';
    if (!unopened || command.type === 'DeliverMessage') return answer;
    await openMailbox(accountId, context);
    return actors.ask(accountId, command, context);
  }

  async function openMailbox(accountId: string, context: AskContext): Promise<void> {
    const bases = { modseqBase: 0, uidValidityBase: 0 };
    await actors.ask(accountId, { type: 'OpenMailbox', ...bases, folders: standardFolders }, context);
  }

  return {
    askMailbox,
    openMailbox,
    get size() {
      return actors.size;
    },
    stop: actors.stop,
  };
}
