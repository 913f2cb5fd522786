/**
 * SEARCH and UID SEARCH (RFC 3501 section 6.4.4). What the mailbox's table says is asked first, of all messages;
 * the envelopes only of those that are still undecided, and the content only of those that are so even then.
 * Other sessions get their turn in between.
 *
 * Searching is no reading: no octet of a message leaves.
 */
import type { MessageFacts } from '../../../projections/message-facts/message-facts.ts';
import { limits } from '../../limits.ts';
import type { SearchCommand } from '../grammar/search-command.ts';
import { largestNamed } from '../grammar/sequence-set.ts';
import { searchResponse } from '../responses/search-responses.ts';
import { type ContentKey, contentAnswer, isContentKey } from '../search/content-keys.ts';
import { evaluateAll, type LeafAnswer, type LeafKey, leavesOf } from '../search/evaluate.ts';
import { factsAnswer } from '../search/facts-keys.ts';
import { type ResolvedSets, resolveSets, tableAnswer } from '../search/table-keys.ts';
import { foldCase } from '../search/text-search.ts';
import { selectedFolder } from '../session/announce.ts';
import { bad, no, type Outcome, ok } from '../session/outcome.ts';
import type { SelectedSession } from '../session/session.ts';
import { unlessErased } from './fetch-sections.ts';

interface Search {
  readonly command: SearchCommand;
  readonly sets: ResolvedSets;
  readonly contentKeys: readonly ContentKey[];
  /** The folded text of a key's octets. */
  needle(octets: string): string;
}

const charsets = ['US-ASCII', 'UTF-8'];

export async function search(at: SelectedSession, command: SearchCommand): Promise<Outcome> {
  if (command.charset !== undefined && !charsets.includes(command.charset)) {
    return no('Only UTF-8 and US-ASCII are supported', { kind: 'BADCHARSET', charsets });
  }
  const leaves = [...leavesOf(command.keys)];
  if (command.returns !== undefined || leaves.some(isOfExtension)) return bad('SEARCH: not supported');
  if (leaves.some((key) => namesTooMany(at, key))) return bad('There are fewer messages');
  const planned: Search = {
    command,
    sets: resolveSets(at.selected, leaves),
    contentKeys: leaves.filter(isContentKey),
    needle: createNeedles(),
  };
  const { found, undecided } = await searchTable(at, planned);
  const matching = new Set([...found, ...(await searchMessages(at, planned, undecided))]);
  const numbers: number[] = [];
  for (let number = 1; number <= at.selected.known.count; number += 1) {
    const uid = at.selected.known.uidOf(number);
    if (matching.has(uid)) numbers.push(command.uid ? uid : number);
  }
  at.session.output.line(searchResponse(numbers));
  return ok('SEARCH completed');
}

function isOfExtension(key: LeafKey): boolean {
  switch (key.kind) {
    case 'OLDER':
    case 'YOUNGER':
    case 'MODSEQ':
    case 'EMAILID':
    case 'THREADID':
    case 'SAVEDBEFORE':
    case 'SAVEDON':
    case 'SAVEDSINCE':
    case 'SAVEDATESUPPORTED':
      return true;
    case 'SEQUENCE':
    case 'UID':
      return key.set.kind === 'saved';
    default:
      return false;
  }
}

function namesTooMany({ selected: { known } }: SelectedSession, key: LeafKey): boolean {
  if (key.kind !== 'SEQUENCE' || key.set.kind === 'saved') return false;
  return known.count > 0 && largestNamed(key.set) > known.count;
}

/** Text without a charset is taken for UTF-8, of which ASCII is a part. */
function createNeedles(): (octets: string) => string {
  const needles = new Map<string, string>();
  return (octets) => {
    const known = needles.get(octets);
    if (known !== undefined) return known;
    const text = foldCase(Buffer.from(octets, 'latin1').toString('utf8'));
    needles.set(octets, text);
    return text;
  };
}

async function searchTable(
  { session, account, selected }: SelectedSession,
  { command, sets }: Search,
): Promise<{ readonly found: readonly number[]; readonly undecided: readonly number[] }> {
  const found: number[] = [];
  const undecided: number[] = [];
  const { known } = selected;
  for (let from = 1; from <= known.count; from += limits.imap.messagesPerTurnMax) {
    if (from > 1) await session.output.turn();
    const state = await account.mailbox.current();
    const folder = selectedFolder(state, selected);
    const to = Math.min(known.count, from + limits.imap.messagesPerTurnMax - 1);
    for (const uid of known.uidsOf([[from, to]])) {
      const row = folder.messages.find(uid);
      if (row === -1) continue;
      const matches = evaluateAll(command.keys, tableAnswer({ state, folder, selected, row, sets }));
      if (matches === true) found.push(uid);
      else if (matches === undefined) undecided.push(uid);
    }
  }
  return { found, undecided };
}

/** Those that match among messages that the table could not decide on. */
async function searchMessages(
  at: SelectedSession,
  planned: Search,
  uids: readonly number[],
): Promise<readonly number[]> {
  const found: number[] = [];
  for (let from = 0; from < uids.length; from += limits.imap.factsPerTurnMax) {
    if (from > 0) await at.session.output.turn();
    const turn = uids.slice(from, from + limits.imap.factsPerTurnMax);
    const facts = await at.account.mailbox.facts(at.selected.folderId, turn);
    for (const uid of turn) {
      if (await matchesMessage(at, planned, uid, facts.get(uid))) found.push(uid);
    }
  }
  return found;
}

/** A message that was erased has no text that could match. */
const noText: LeafAnswer = () => false;

async function matchesMessage(
  at: SelectedSession,
  { command, sets, contentKeys, needle }: Search,
  uid: number,
  facts: MessageFacts | undefined,
): Promise<boolean> {
  const { account, selected } = at;
  const fromFacts = facts === undefined ? noText : factsAnswer(facts.envelope, needle);
  const answer = async (fromContent: LeafAnswer): Promise<boolean | undefined> => {
    const state = await account.mailbox.current();
    const folder = selectedFolder(state, selected);
    const row = folder.messages.find(uid);
    if (row === -1) return false;
    const fromTable = tableAnswer({ state, folder, selected, row, sets });
    return evaluateAll(command.keys, (key) => fromTable(key) ?? fromFacts(key) ?? fromContent(key));
  };
  const decided = await answer(() => undefined);
  if (decided !== undefined || facts === undefined) return decided ?? false;
  const content = await account.mailbox.content(selected.folderId, uid);
  const fromContent =
    content === undefined
      ? noText
      : ((await unlessErased(() => contentAnswer(content, facts, contentKeys, needle))) ?? noText);
  return (await answer(fromContent)) ?? false;
}
