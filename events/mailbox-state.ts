/**
 * What the facts of one account's mailbox add up to. Actor, view, replay and time travel all use this fold.
 * Consumes its state: tables are changed in place (see `message-table.ts`).
 */
import type { Personal } from './event-definition.ts';
import type { MailboxEvent, SpecialUse } from './mailbox.ts';
import { MessageTable } from './message-table.ts';
import { iterateUidSet, parseUidSet } from './uid-set.ts';

/** Raise it when a change makes older snapshots mean something else. */
export const mailboxFoldVersion = 1;

export interface Folder {
  readonly id: number;
  parentId: number | null;
  label: Personal<{ readonly name: string }>;
  uidValidity: number;
  uidNext: number;
  readonly specialUse: SpecialUse | undefined;
  /** False for a deleted folder that stays as the parent of others. */
  selectable: boolean;
  /** Highest modseq of any change in this folder, expunges included (RFC 7162 section 3.1.2.1). */
  highestModseq: number;
  /** Octets of all messages. */
  octets: number;
  messages: MessageTable;
}

export interface MailboxState {
  accountId: string | undefined;
  closed: boolean;
  /** Of the last applied event; -1 before the first. */
  revision: number;
  modseqBase: number;
  lastUidValidity: number;
  lastFolderId: number;
  /** Revision of the last event that changed names or subscriptions: what `foldersAsOf` is compared with. */
  foldersRevision: number;
  readonly folders: Map<number, Folder>;
  /** By keyword number. */
  readonly keywords: Personal<{ readonly name: string }>[];
  /** Distinct keyword combinations, each a sorted list of keyword numbers; [0] is none. */
  readonly keywordSets: (readonly number[])[];
  readonly keywordSetIndex: Map<string, number>;
  readonly subscriptions: Map<number, Personal<{ readonly path: string }>>;
  lastSubscriptionId: number;
  /** Highest source index that has been delivered or refused here. */
  highestSource: number;
  /** Sources below it that are still to come from the local queue. */
  readonly skippedSources: Set<number>;
}

export const initialMailbox = (): MailboxState => ({
  accountId: undefined,
  closed: false,
  revision: -1,
  modseqBase: 0,
  lastUidValidity: 0,
  lastFolderId: 0,
  foldersRevision: -1,
  folders: new Map(),
  keywords: [],
  keywordSets: [[]],
  keywordSetIndex: new Map([['', 0]]),
  subscriptions: new Map(),
  lastSubscriptionId: 0,
  highestSource: -1,
  skippedSources: new Set(),
});

/** The account's change counter as of the last applied event. */
export const highestModseq = (state: MailboxState): number => state.modseqBase + state.revision + 1;

export function applyMailbox(
  state: MailboxState,
  event: MailboxEvent,
  revision: number,
  at: number,
): MailboxState {
  state.revision = revision;
  const modseq = highestModseq(state);
  switch (event.type) {
    case 'MailboxOpened':
      state.accountId = event.data.accountId;
      state.modseqBase = event.data.modseqBase;
      state.lastUidValidity = event.data.uidValidityBase;
      return state;
    case 'MailboxClosed':
      state.closed = true;
      return state;
    case 'FolderCreated':
    case 'FolderRenamed':
    case 'FolderDeleted':
    case 'FolderRestored':
    case 'FolderSubscribed':
    case 'FolderUnsubscribed':
      state.foldersRevision = revision;
      applyFolders(state, event, state.modseqBase + revision + 1);
      return state;
    case 'KeywordDeclared':
      state.keywords[event.data.keywordId] = event.data.label;
      return state;
    case 'MessageDelivered': {
      noteSource(state, event.data.sourceIndex, event.data.skippedSources);
      const { folderId, uid, size, internalDate } = event.data;
      const content = { size, internalDate, internalOffset: 0, origin: revision, ordinal: 0 };
      addMessage(state, folderId, { ...content, uid, flags: 0, keywords: 0, modseq, savedAt: at });
      return state;
    }
    case 'DeliveryRefused':
      noteSource(state, event.data.sourceIndex, event.data.skippedSources);
      return state;
    case 'MessagesAppended':
      for (const [ordinal, message] of event.data.messages.entries()) {
        const { size, internalDate, internalOffset, flags } = message;
        const keywords = internKeywords(state, message.keywordIds);
        const uid = event.data.firstUid + ordinal;
        addMessage(state, event.data.folderId, {
          uid,
          flags,
          keywords,
          modseq,
          size,
          internalDate,
          internalOffset,
          savedAt: at,
          origin: revision,
          ordinal,
        });
      }
      return state;
    case 'MessagesCopied':
    case 'MessagesMoved':
      transfer(state, event, modseq, at);
      return state;
    case 'MessagesFlagged':
      applyFlags(state, event.data, modseq);
      return state;
    case 'MessagesExpunged':
      removeMessages(state, event.data.folderId, event.data.uids, modseq);
      return state;
    default:
      event satisfies never;
      return state;
  }
}

type FolderEvent = Extract<MailboxEvent, { type: `Folder${string}` }>;

function applyFolders(state: MailboxState, event: FolderEvent, modseq: number): void {
  switch (event.type) {
    case 'FolderCreated': {
      const { folderId, parentId, uidValidity, specialUse, label } = event.data;
      state.lastFolderId = Math.max(state.lastFolderId, folderId);
      state.lastUidValidity = Math.max(state.lastUidValidity, uidValidity);
      state.folders.set(folderId, {
        id: folderId,
        parentId,
        label,
        uidValidity,
        uidNext: 1,
        specialUse,
        selectable: true,
        highestModseq: modseq,
        octets: 0,
        messages: new MessageTable(),
      });
      return;
    }
    case 'FolderRenamed': {
      const folder = folderOf(state, event.data.folderId);
      folder.parentId = event.data.parentId;
      folder.label = event.data.label;
      return;
    }
    case 'FolderDeleted': {
      const folder = folderOf(state, event.data.folderId);
      if (event.data.keptAsParent) {
        folder.selectable = false;
        folder.messages.clear();
        folder.octets = 0;
        folder.highestModseq = modseq;
      } else state.folders.delete(folder.id);
      return;
    }
    case 'FolderRestored': {
      const folder = folderOf(state, event.data.folderId);
      folder.selectable = true;
      folder.uidValidity = event.data.uidValidity;
      folder.uidNext = 1;
      folder.highestModseq = modseq;
      state.lastUidValidity = Math.max(state.lastUidValidity, event.data.uidValidity);
      return;
    }
    case 'FolderSubscribed':
      state.lastSubscriptionId = Math.max(state.lastSubscriptionId, event.data.subscriptionId);
      state.subscriptions.set(event.data.subscriptionId, event.data.label);
      return;
    case 'FolderUnsubscribed':
      state.subscriptions.delete(event.data.subscriptionId);
      return;
    default:
      event satisfies never;
  }
}

/** The folder, which the log's order guarantees to be there; anything else is a broken log. */
export function folderOf(state: MailboxState, folderId: number): Folder {
  const folder = state.folders.get(folderId);
  if (folder === undefined) throw new RangeError(`the log names folder ${folderId}, which it never created`);
  return folder;
}

function noteSource(state: MailboxState, sourceIndex: number, skipped: readonly number[]): void {
  for (const each of skipped) if (each > state.highestSource) state.skippedSources.add(each);
  state.skippedSources.delete(sourceIndex);
  state.highestSource = Math.max(state.highestSource, sourceIndex);
}

/** True when this source has been dealt with here, so that a repeated delivery does nothing. */
export const hasSeenSource = (state: MailboxState, sourceIndex: number): boolean =>
  sourceIndex <= state.highestSource && !state.skippedSources.has(sourceIndex);

function addMessage(state: MailboxState, folderId: number, row: Parameters<MessageTable['push']>[0]): void {
  const folder = folderOf(state, folderId);
  folder.messages.push(row);
  folder.uidNext = row.uid + 1;
  folder.octets += row.size;
  folder.highestModseq = row.modseq;
}

/** The rows of a UID set that are there, rising. */
export function rowsOf(messages: MessageTable, uids: string): number[] {
  const rows: number[] = [];
  for (const [first, last] of parseUidSet(uids)) {
    for (let row = messages.lowerBound(first); row < messages.length && messages.uidAt(row) <= last; row++)
      rows.push(row);
  }
  return rows;
}

function removeMessages(state: MailboxState, folderId: number, uids: string, modseq: number): void {
  const folder = folderOf(state, folderId);
  const rows = rowsOf(folder.messages, uids);
  for (const row of rows) folder.octets -= folder.messages.rowAt(row).size;
  folder.messages.remove(rows);
  folder.highestModseq = modseq;
}

type Transfer = Extract<MailboxEvent, { type: 'MessagesCopied' | 'MessagesMoved' }>;

function transfer(state: MailboxState, event: Transfer, modseq: number, at: number): void {
  const { sourceFolderId, targetFolderId, uids, firstUid } = event.data;
  const source = folderOf(state, sourceFolderId).messages;
  const rows = [...iterateUidSet(parseUidSet(uids))].map((uid) => source.rowAt(source.find(uid)));
  if (event.type === 'MessagesMoved') removeMessages(state, sourceFolderId, uids, modseq);
  for (const [n, row] of rows.entries())
    addMessage(state, targetFolderId, { ...row, uid: firstUid + n, modseq, savedAt: at });
}

export interface FlagChange {
  readonly mode: 'add' | 'remove' | 'replace';
  readonly flags: number;
  readonly keywordIds: readonly number[];
}

function applyFlags(
  state: MailboxState,
  change: FlagChange & { folderId: number; uids: string },
  modseq: number,
): void {
  const folder = folderOf(state, change.folderId);
  for (const row of rowsOf(folder.messages, change.uids)) {
    const flags = changedFlags(folder.messages.flagsAt(row), change);
    const keywords = changedKeywords(state, folder.messages.keywordsAt(row), change);
    folder.messages.setFlags(row, flags, internKeywords(state, keywords), modseq);
  }
  folder.highestModseq = modseq;
}

export function changedFlags(flags: number, change: FlagChange): number {
  if (change.mode === 'replace') return change.flags;
  return change.mode === 'add' ? flags | change.flags : flags & ~change.flags;
}

export function changedKeywords(
  state: MailboxState,
  combination: number,
  change: FlagChange,
): readonly number[] {
  const before = state.keywordSets[combination] ?? [];
  if (change.mode === 'replace') return change.keywordIds;
  if (change.keywordIds.length === 0) return before;
  if (change.mode === 'remove') return before.filter((each) => !change.keywordIds.includes(each));
  return [...before, ...change.keywordIds];
}

/** The number of a keyword combination, given in any order. */
function internKeywords(state: MailboxState, keywordIds: readonly number[]): number {
  if (keywordIds.length === 0) return 0;
  const sorted = [...new Set(keywordIds)].sort((a, b) => a - b);
  const key = sorted.join(',');
  const known = state.keywordSetIndex.get(key);
  if (known !== undefined) return known;
  state.keywordSets.push(sorted);
  state.keywordSetIndex.set(key, state.keywordSets.length - 1);
  return state.keywordSets.length - 1;
}

/** True when a keyword change would leave the combination as it is. */
export function sameKeywords(
  state: MailboxState,
  combination: number,
  keywordIds: readonly number[],
): boolean {
  const key = [...new Set(keywordIds)].sort((a, b) => a - b).join(',');
  return (state.keywordSets[combination] ?? []).join(',') === key;
}
