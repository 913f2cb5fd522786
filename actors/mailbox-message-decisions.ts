/** Decisions about messages: delivery, APPEND, flags, COPY, MOVE and EXPUNGE. */
import { inboxId, type MailboxEvent } from '../events/mailbox.ts';
import {
  changedFlags,
  changedKeywords,
  hasSeenSource,
  type MailboxState,
  rowsOf,
  sameKeywords,
} from '../events/mailbox-state.ts';
import { flagBits } from '../events/message-table.ts';
import { formatUidSet } from '../events/uid-set.ts';
import { actorLimits } from './actor-limits.ts';
import type { MailboxRejection, MailboxReply, NewKeywords } from './mailbox-commands.ts';
import { type CommandOf, type MailboxDecision, rejected, selectable } from './mailbox-decision.ts';

/** The last UID there can be (RFC 3501 section 2.3.1.1: 32 bits). */
const uidMax = 0xffff_fffe;

export function deliverMessage(command: CommandOf<'DeliverMessage'>, state: MailboxState): MailboxDecision {
  const { messageId, sourceIndex, skippedSources, afterSource } = command;
  if (hasSeenSource(state, sourceIndex)) return { events: [], reply: { kind: 'delivered-before' } };
  if (
    afterSource !== undefined &&
    afterSource > state.highestSource &&
    !skippedSources.includes(afterSource)
  ) {
    return rejected('out-of-order');
  }
  const inbox = state.folders.get(inboxId);
  if (state.closed || inbox === undefined) return refuse('mailbox-closed');
  if (inbox.uidNext > uidMax) return refuse('mailbox-full');
  const { blobId, size, segments, addressed, inline, receivedAt } = command;
  const place = { folderId: inbox.id, uid: inbox.uidNext };
  const source = { messageId, blobId, sourceIndex, skippedSources: [...skippedSources] };
  const content = { size, internalDate: receivedAt, segments: [...segments], addressed, inline: [...inline] };
  return {
    events: [{ type: 'MessageDelivered', data: { ...source, ...place, ...content } }],
    reply: { kind: 'delivered', ...place },
  };

  function refuse(reason: Extract<MailboxReply, { kind: 'delivery-refused' }>['reason']): MailboxDecision {
    const data = { messageId, sourceIndex, skippedSources: [...skippedSources], reason };
    return { events: [{ type: 'DeliveryRefused', data }], reply: { kind: 'delivery-refused', reason } };
  }
}

/** The events that declare new keywords, or why they cannot be declared. */
function declarations(
  state: MailboxState,
  wanted: NewKeywords | undefined,
): MailboxEvent[] | MailboxRejection {
  if (wanted === undefined || wanted.names.length === 0) return [];
  if (wanted.asOf !== state.keywords.length) return 'stale';
  if (wanted.asOf + wanted.names.length > actorLimits.keywordsMax) return 'too-many-keywords';
  return wanted.names.map((name, n) => ({
    type: 'KeywordDeclared',
    data: { keywordId: wanted.asOf + n, label: { name } },
  }));
}

export function appendMessages(command: CommandOf<'AppendMessages'>, state: MailboxState): MailboxDecision {
  const folder = selectable(state, command.folderId);
  if (typeof folder === 'string') return rejected(folder);
  const declared = declarations(state, command.newKeywords);
  if (typeof declared === 'string') return rejected(declared);
  const firstUid = folder.uidNext;
  const lastUid = firstUid + command.messages.length - 1;
  if (lastUid > uidMax) return rejected('uids-used-up');
  const messages = command.messages.map((each) => ({
    ...each,
    segments: [...each.segments],
    keywordIds: [...each.keywordIds],
  }));
  return {
    events: [...declared, { type: 'MessagesAppended', data: { folderId: folder.id, firstUid, messages } }],
    reply: {
      kind: 'appended',
      uidValidity: folder.uidValidity,
      uids: formatUidSet(span(firstUid, messages.length)),
    },
  };
}

export function changeFlags(command: CommandOf<'ChangeFlags'>, state: MailboxState): MailboxDecision {
  const folder = selectable(state, command.folderId);
  if (typeof folder === 'string') return rejected(folder);
  const declared = declarations(state, command.newKeywords);
  if (typeof declared === 'string') return rejected(declared);
  const { mode, unchangedSince } = command;
  const change = { mode, flags: command.change.flags, keywordIds: command.change.keywordIds };
  const changed: number[] = [];
  const modified: number[] = [];
  for (const row of rowsOf(folder.messages, command.uids)) {
    const uid = folder.messages.uidAt(row);
    const flags = folder.messages.flagsAt(row);
    const keywords = folder.messages.keywordsAt(row);
    if (unchangedSince !== undefined && folder.messages.modseqAt(row) > unchangedSince) modified.push(uid);
    else if (
      changedFlags(flags, change) !== flags ||
      !sameKeywords(state, keywords, changedKeywords(state, keywords, change))
    ) {
      changed.push(uid);
    }
  }
  const uids = formatUidSet(changed);
  const reply = { kind: 'flagged', changed: uids, modified: formatUidSet(modified) } as const;
  if (changed.length === 0) return { events: [], reply };
  const data = { folderId: folder.id, uids, mode, flags: change.flags, keywordIds: [...change.keywordIds] };
  return { events: [...declared, { type: 'MessagesFlagged', data }], reply };
}

export function transferMessages(
  command: CommandOf<'CopyMessages' | 'MoveMessages'>,
  state: MailboxState,
): MailboxDecision {
  const source = selectable(state, command.folderId);
  if (typeof source === 'string') return rejected(source);
  const target = selectable(state, command.targetFolderId);
  if (typeof target === 'string') return rejected(target);
  const present = rowsOf(source.messages, command.uids).map((row) => source.messages.uidAt(row));
  const firstUid = target.uidNext;
  if (firstUid + present.length - 1 > uidMax) return rejected('uids-used-up');
  const sourceUids = formatUidSet(present);
  const targetUids = formatUidSet(span(firstUid, present.length));
  const reply = { kind: 'transferred', uidValidity: target.uidValidity, sourceUids, targetUids } as const;
  if (present.length === 0) return { events: [], reply };
  const data = { sourceFolderId: source.id, targetFolderId: target.id, uids: sourceUids, firstUid };
  const type = command.type === 'CopyMessages' ? 'MessagesCopied' : 'MessagesMoved';
  return { events: [{ type, data }], reply };
}

export function expungeMessages(command: CommandOf<'ExpungeMessages'>, state: MailboxState): MailboxDecision {
  const folder = selectable(state, command.folderId);
  if (typeof folder === 'string') return rejected(folder);
  const { messages } = folder;
  const gone = rowsOf(messages, command.uids)
    .filter((row) => !command.onlyDeleted || (messages.flagsAt(row) & flagBits.deleted) !== 0)
    .map((row) => messages.uidAt(row));
  const uids = formatUidSet(gone);
  if (gone.length === 0) return { events: [], reply: { kind: 'expunged', uids } };
  return {
    events: [{ type: 'MessagesExpunged', data: { folderId: folder.id, uids } }],
    reply: { kind: 'expunged', uids },
  };
}

function* span(first: number, length: number): Generator<number> {
  for (let n = 0; n < length; n++) yield first + n;
}
