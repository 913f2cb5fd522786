/**
 * FETCH and UID FETCH (RFC 3501 section 6.4.5): in turns, so that a large answer neither piles up before a slow
 * client nor keeps other sessions waiting.
 *
 * Before the first octet of a message leaves, the read is on record: one record for each command, naming the
 * messages and parts that this session had not read yet. `\Seen` is set before too, by one command.
 */
import type { Folder, MailboxState } from '../../../events/mailbox-state.ts';
import { flagBits } from '../../../events/message-table.ts';
import { iterateUidSet, parseUidSet } from '../../../events/uid-set.ts';
import type { MessageFacts } from '../../../projections/message-facts/message-facts.ts';
import { limits } from '../../limits.ts';
import type { FetchCommand, FetchItem } from '../grammar/fetch-command.ts';
import { type FetchValue, fetchResponse } from '../responses/fetch-response.ts';
import { selectedFolder, shownFlags } from '../session/announce.ts';
import { bad, no, type Outcome, ok, type Told } from '../session/outcome.ts';
import { uidSetOf } from '../session/read-memory.ts';
import { folderKey } from '../session/recent-watermarks.ts';
import type { SelectedSession } from '../session/session.ts';
import { sectionOctets, unlessErased, type WantedSection, wantedSection } from './fetch-sections.ts';
import { namedUids } from './message-sets.ts';
import { askMailbox, isOutcome } from './rejections.ts';

/** What a FETCH asks for, item by item. */
type Wanted = { readonly item: SimpleItem } | { readonly section: WantedSection };
type SimpleItem = 'FLAGS' | 'UID' | 'INTERNALDATE' | 'RFC822.SIZE' | 'ENVELOPE' | 'BODY' | 'BODYSTRUCTURE';

interface Plan {
  readonly wanted: readonly Wanted[];
  readonly sections: readonly WantedSection[];
  readonly needsFacts: boolean;
}

export async function fetch(at: SelectedSession, command: FetchCommand): Promise<Outcome> {
  if (command.modifiers.changedSince !== undefined) return bad('FETCH: modifier not supported');
  const plan = planOf(command);
  if (plan === undefined) return bad('FETCH: item not supported');
  const uids = namedUids(at.selected, command.set, command.uid);
  if (!Array.isArray(uids)) return uids;
  const present = await presentUids(at, uids);
  if (plan.sections.length > 0 && present.length > 0) await recordRead(at, present, plan.sections);
  const seen = plan.sections.some((each) => !each.peek) ? await markSeen(at, present) : undefined;
  if (seen !== undefined && 'status' in seen) return seen;
  await tell(at, plan, present, seen);
  const told = seen === undefined ? {} : { told: seen };
  // RFC 2180 section 4.1.2: what another session expunged is left out, and the reply says so.
  if (present.length < uids.length && !command.uid) {
    return { ...no('Some of the messages no longer exist', 'EXPUNGEISSUED'), ...told };
  }
  return { ...ok('FETCH completed'), ...told };
}

/** Undefined when an item belongs to an extension that is not offered. */
function planOf(command: FetchCommand): Plan | undefined {
  const wanted: Wanted[] = [];
  // RFC 3501 section 6.4.8: UID FETCH always tells the UID.
  if (command.uid && !command.items.some(({ kind }) => kind === 'UID')) wanted.push({ item: 'UID' });
  for (const item of command.items) {
    const each = wantedItem(item);
    if (each === undefined) return undefined;
    wanted.push(each);
  }
  const sections = wanted.flatMap((each) => ('section' in each ? [each.section] : []));
  const needsFacts = wanted.some((each) => 'section' in each || isOfFacts(each.item));
  return { wanted, sections, needsFacts };
}

function wantedItem(item: FetchItem): Wanted | undefined {
  switch (item.kind) {
    case 'FLAGS':
    case 'UID':
    case 'INTERNALDATE':
    case 'RFC822.SIZE':
    case 'ENVELOPE':
    case 'BODY':
    case 'BODYSTRUCTURE':
      return { item: item.kind };
    default: {
      const section = wantedSection(item);
      return section === undefined ? undefined : { section };
    }
  }
}

const isOfFacts = (item: SimpleItem): boolean =>
  item === 'ENVELOPE' || item === 'BODY' || item === 'BODYSTRUCTURE';

async function presentUids(
  { account, selected }: SelectedSession,
  uids: readonly number[],
): Promise<number[]> {
  const { messages } = selectedFolder(await account.mailbox.current(), selected);
  return uids.filter((uid) => messages.find(uid) !== -1);
}

async function recordRead(
  { account, selected }: SelectedSession,
  uids: readonly number[],
  sections: readonly WantedSection[],
): Promise<void> {
  const key = folderKey(account.id, selected.folderId, selected.uidValidity);
  const unread = new Map<string, readonly number[]>();
  for (const { part } of sections) {
    const first = account.reads.unread(key, part, uids);
    if (first.length > 0) unread.set(part, first);
  }
  if (unread.size === 0) return;
  const firstRead = new Set([...unread.values()].flat());
  await account.mailbox.recordRead(selected.folderId, uidSetOf(firstRead), [...unread.keys()].join(' '));
  for (const [part, first] of unread) account.reads.remember(key, part, first);
}

/** Sets `\Seen` where it is not set; gives which messages changed. */
async function markSeen(
  { account, selected }: SelectedSession,
  uids: readonly number[],
): Promise<Told | Outcome | undefined> {
  if (selected.readOnly || uids.length === 0) return undefined;
  const answer = await askMailbox(account, (state) => {
    const { messages } = selectedFolder(state, selected);
    const unseen = uids.filter((uid) => {
      const row = messages.find(uid);
      return row !== -1 && (messages.flagsAt(row) & flagBits.seen) === 0;
    });
    if (unseen.length === 0) return ok('All seen');
    const target = { folderId: selected.folderId, uids: uidSetOf(unseen) };
    return { type: 'ChangeFlags', ...target, mode: 'add', change: { flags: flagBits.seen, keywordIds: [] } };
  });
  if (isOutcome(answer)) return answer.status === 'OK' ? undefined : answer;
  if (answer.kind !== 'flagged') throw new Error(`\\Seen was answered ${answer.kind}`);
  const state = await account.mailbox.current();
  return {
    uids: new Set(iterateUidSet(parseUidSet(answer.changed))),
    upToModseq: state.modseqBase + state.revision + 1,
  };
}

async function tell(
  at: SelectedSession,
  plan: Plan,
  uids: readonly number[],
  seen: Told | undefined,
): Promise<void> {
  const perTurn = plan.needsFacts ? limits.imap.factsPerTurnMax : limits.imap.messagesPerTurnMax;
  for (let from = 0; from < uids.length; from += perTurn) {
    const turn = uids.slice(from, from + perTurn);
    if (from > 0) await at.session.output.turn();
    if (plan.needsFacts) await tellWithFacts(at, plan, turn, seen);
    else await tellFromTable(at, plan, turn);
  }
}

/** Everything is in the mailbox's table. */
async function tellFromTable(at: SelectedSession, plan: Plan, uids: readonly number[]): Promise<void> {
  const state = await at.account.mailbox.current();
  const folder = selectedFolder(state, at.selected);
  for (const uid of uids) {
    const row = folder.messages.find(uid);
    if (row === -1) continue;
    const values = plan.wanted.flatMap((each) =>
      'item' in each ? simpleValue(at, state, folder, { row, item: each.item, facts: undefined }) : [],
    );
    for (const piece of fetchResponse(at.selected.known.numberOf(uid), values)) {
      if (typeof piece === 'string') at.session.output.line(piece);
    }
  }
}

async function tellWithFacts(
  at: SelectedSession,
  plan: Plan,
  uids: readonly number[],
  seen: Told | undefined,
): Promise<void> {
  const { session, account, selected } = at;
  const facts = await account.mailbox.facts(selected.folderId, uids);
  for (const uid of uids) {
    const octets = await readSections(at, plan.sections, uid, facts.get(uid));
    const state = await account.mailbox.current();
    const folder = selectedFolder(state, selected);
    const row = folder.messages.find(uid);
    // Expunged since the command began.
    if (row === -1) continue;
    const values: FetchValue[] = plan.wanted.map((each) =>
      'section' in each
        ? each.section.value(octets.get(each.section) ?? null)
        : simpleValue(at, state, folder, { row, item: each.item, facts: facts.get(uid) }),
    );
    const isNews = seen !== undefined && seen.uids !== 'all' && seen.uids.has(uid);
    if (isNews && !values.some((value) => value.kind === 'FLAGS')) {
      values.push(simpleValue(at, state, folder, { row, item: 'FLAGS', facts: undefined }));
    }
    await session.output.send(fetchResponse(selected.known.numberOf(uid), values));
  }
}

async function readSections(
  { account, selected }: SelectedSession,
  sections: readonly WantedSection[],
  uid: number,
  facts: MessageFacts | undefined,
): Promise<ReadonlyMap<WantedSection, Awaited<ReturnType<typeof sectionOctets>>>> {
  const octets = new Map<WantedSection, Awaited<ReturnType<typeof sectionOctets>>>();
  // Without facts the message is gone or erased.
  if (sections.length === 0 || facts === undefined) return octets;
  const content = await account.mailbox.content(selected.folderId, uid);
  if (content === undefined) return octets;
  for (const section of sections) {
    const read = await unlessErased(() => sectionOctets(content, facts, section));
    octets.set(section, read ?? null);
  }
  return octets;
}

const emptyEnvelope = {};
/** What an erased message shows for its structure. */
const emptyStructure = {
  kind: 'text',
  type: 'text',
  subtype: 'plain',
  params: [],
  encoding: '7bit',
  bodyStart: 0,
  bodyEnd: 0,
  lines: 0,
} as const;

interface SimpleValue {
  readonly row: number;
  readonly item: SimpleItem;
  readonly facts: MessageFacts | undefined;
}

function simpleValue(
  { selected }: SelectedSession,
  state: MailboxState,
  folder: Folder,
  { row, item, facts }: SimpleValue,
): FetchValue {
  switch (item) {
    case 'FLAGS':
      return { kind: item, flags: shownFlags(state, folder, selected, row) };
    case 'UID':
      return { kind: item, value: folder.messages.uidAt(row) };
    case 'RFC822.SIZE':
      return { kind: item, value: folder.messages.rowAt(row).size };
    case 'INTERNALDATE': {
      const { internalDate: instantMs, internalOffset: offsetMinutes } = folder.messages.rowAt(row);
      return { kind: item, date: { instantMs, offsetMinutes } };
    }
    case 'ENVELOPE':
      return { kind: item, envelope: facts?.envelope ?? emptyEnvelope };
    case 'BODY':
    case 'BODYSTRUCTURE':
      return { kind: item, structure: facts?.root ?? emptyStructure };
    default:
      return item satisfies never;
  }
}
