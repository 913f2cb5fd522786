/** The mailbox: what may happen to one account's folders and messages. */
import { inboxId, type MailboxEvent } from '../events/mailbox.ts';
import { decodeMailbox, encodeMailbox, mailboxSnapshotVersion } from '../events/mailbox-snapshot.ts';
import { applyMailbox, initialMailbox, type MailboxState } from '../events/mailbox-state.ts';
import { accountScope } from '../events/scope-keys.ts';
import { mailboxStream } from '../events/streams.ts';
import type { DecideInput, Decider } from './decider.ts';
import type { MailboxCommand, MailboxReply } from './mailbox-commands.ts';
import { type CommandOf, type MailboxDecision, rejected } from './mailbox-decision.ts';
import {
  createFolders,
  deleteFolder,
  nextUidValidity,
  renameFolder,
  restoreFolder,
} from './mailbox-folder-decisions.ts';
import {
  appendMessages,
  changeFlags,
  deliverMessage,
  expungeMessages,
  transferMessages,
} from './mailbox-message-decisions.ts';

export const mailboxDecider: Decider<MailboxState, MailboxCommand, MailboxEvent, MailboxReply> = {
  stream: mailboxStream,
  initial: initialMailbox,
  apply: applyMailbox,
  decide,
  snapshot: {
    foldVersion: mailboxSnapshotVersion,
    scope: accountScope,
    encode: encodeMailbox,
    decode: decodeMailbox,
  },
};

function decide(command: MailboxCommand, state: MailboxState, input: DecideInput): MailboxDecision {
  if (command.type === 'OpenMailbox') {
    return state.accountId === undefined
      ? openMailbox(command, input)
      : { events: [], reply: { kind: 'done' } };
  }
  if (state.accountId === undefined) return rejected('not-open');
  if (command.type === 'DeliverMessage') return deliverMessage(command, state);
  if (state.closed) return rejected('closed');
  switch (command.type) {
    case 'AppendMessages':
      return appendMessages(command, state);
    case 'ChangeFlags':
      return changeFlags(command, state);
    case 'CopyMessages':
    case 'MoveMessages':
      return transferMessages(command, state);
    case 'ExpungeMessages':
      return expungeMessages(command, state);
    case 'CreateFolders':
      return createFolders(command, state, input);
    case 'RestoreFolder':
      return restoreFolder(command, state, input);
    case 'RenameFolder':
      return renameFolder(command, state, input);
    case 'DeleteFolder':
      return deleteFolder(command, state);
    case 'SubscribeFolder': {
      if (command.foldersAsOf !== state.foldersRevision) return rejected('stale');
      const data = { subscriptionId: state.lastSubscriptionId + 1, label: { path: command.path } };
      return { events: [{ type: 'FolderSubscribed', data }], reply: { kind: 'done' } };
    }
    case 'UnsubscribeFolder': {
      if (!state.subscriptions.has(command.subscriptionId)) return { events: [], reply: { kind: 'done' } };
      const data = { subscriptionId: command.subscriptionId };
      return { events: [{ type: 'FolderUnsubscribed', data }], reply: { kind: 'done' } };
    }
    case 'CloseMailbox':
      return { events: [{ type: 'MailboxClosed', data: {} }], reply: { kind: 'done' } };
    default:
      command satisfies never;
      return rejected('closed');
  }
}

function openMailbox(command: CommandOf<'OpenMailbox'>, input: DecideInput): MailboxDecision {
  const { modseqBase, uidValidityBase, folders } = command;
  const events: MailboxEvent[] = [
    { type: 'MailboxOpened', data: { accountId: input.streamId, modseqBase, uidValidityBase } },
  ];
  let uidValidity = uidValidityBase;
  for (const [n, folder] of [{ name: 'INBOX' }, ...folders].entries()) {
    uidValidity = nextUidValidity(uidValidity, input.at);
    const specialUse = 'specialUse' in folder ? folder.specialUse : undefined;
    const place = { folderId: inboxId + n, parentId: null, uidValidity };
    const data = {
      ...place,
      ...(specialUse === undefined ? {} : { specialUse }),
      label: { name: folder.name },
    };
    events.push({ type: 'FolderCreated', data });
    events.push({ type: 'FolderSubscribed', data: { subscriptionId: n + 1, label: { path: folder.name } } });
  }
  return { events, reply: { kind: 'done' } };
}
