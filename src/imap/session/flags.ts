/** Between flags on the wire, and the bits and keyword numbers of a mailbox (RFC 3501 section 2.3.2). */
import { actorLimits } from '../../../actors/actor-limits.ts';
import type { FlagSet, NewKeywords } from '../../../actors/mailbox-commands.ts';
import { isErased } from '../../../events/event-definition.ts';
import type { MailboxState } from '../../../events/mailbox-state.ts';
import { flagBits } from '../../../events/message-table.ts';
import { limits } from '../../limits.ts';
import { type Flag, systemFlags } from '../grammar/flags.ts';

const bitOf = new Map<Flag, number>([
  ['\\Answered', flagBits.answered],
  ['\\Flagged', flagBits.flagged],
  ['\\Deleted', flagBits.deleted],
  ['\\Seen', flagBits.seen],
  ['\\Draft', flagBits.draft],
]);

/** By their bits, which are few. */
const systemNames: readonly (readonly Flag[])[] = Array.from({ length: 32 }, (_, bits) =>
  systemFlags.filter((name) => (bits & (bitOf.get(name) ?? 0)) !== 0),
);

/** The flags of a message by name. Keywords whose name was erased are not shown. */
export function flagNames(state: MailboxState, flags: number, combination: number): readonly Flag[] {
  const names = systemNames[flags & 31] ?? [];
  if (combination === 0) return names;
  const keywords = (state.keywordSets[combination] ?? []).flatMap((id) => keywordName(state, id) ?? []);
  return [...names, ...keywords];
}

function keywordName(state: MailboxState, keywordId: number): string | undefined {
  const label = state.keywords[keywordId];
  return label === undefined || isErased(label) ? undefined : label.name;
}

/** What FLAGS tells: the system flags and all keywords in use. */
export function definedFlags(state: MailboxState): readonly Flag[] {
  return [...systemFlags, ...state.keywords.flatMap((_label, id) => keywordName(state, id) ?? [])];
}

/** What PERMANENTFLAGS tells (RFC 3501 section 7.1): `\*` as long as keywords can be made. */
export function permanentFlags(state: MailboxState): readonly Flag[] {
  const mayGrow = state.keywords.length < actorLimits.keywordsMax;
  return mayGrow ? [...definedFlags(state), '\\*'] : definedFlags(state);
}

/** The number of a keyword, in any case as clients write them. */
export function keywordIdOf(state: MailboxState, name: string): number | undefined {
  const wanted = name.toLowerCase();
  const id = state.keywords.findIndex((_label, each) => keywordName(state, each)?.toLowerCase() === wanted);
  return id === -1 ? undefined : id;
}

export interface ResolvedFlags {
  readonly set: FlagSet;
  readonly newKeywords: NewKeywords | undefined;
}

/** Flags as a command to the mailbox names them. `declare`: unknown keywords are made, else passed over.
 * Undefined when a keyword is too long. */
export function resolveFlags(
  state: MailboxState,
  flags: readonly Flag[],
  declare: boolean,
): ResolvedFlags | undefined {
  let bits = 0;
  const keywordIds = new Set<number>();
  const names = new Map<string, string>();
  for (const flag of flags) {
    const bit = bitOf.get(flag);
    if (bit !== undefined) {
      bits |= bit;
      continue;
    }
    if (flag.length > limits.imap.keywordOctetsMax) return undefined;
    const id = keywordIdOf(state, flag);
    if (id !== undefined) keywordIds.add(id);
    else if (declare && !names.has(flag.toLowerCase())) names.set(flag.toLowerCase(), flag);
  }
  const asOf = state.keywords.length;
  const made = [...names.values()];
  return {
    set: { flags: bits, keywordIds: [...keywordIds, ...made.map((_name, n) => asOf + n)] },
    newKeywords: made.length === 0 ? undefined : { names: made, asOf },
  };
}
