/** The sets of messages that commands name, as UIDs (RFC 3501 section 9, sequence-set). */
import type { UidRange } from '../../../events/uid-set.ts';
import { largestNamed, resolveSequenceSet, type SequenceSet } from '../grammar/sequence-set.ts';
import { bad, type Outcome } from '../session/outcome.ts';
import type { Selected } from '../session/session.ts';

/**
 * The UIDs, rising, of the messages that the client knows and names. A message number that does not exist is
 * BAD; a UID that does not exist is passed over (RFC 3501 section 6.4.8). In an empty mailbox `1:*` names
 * nothing, because clients ask for it without having looked.
 */
export function namedUids(selected: Selected, set: SequenceSet, uid: boolean): number[] | Outcome {
  if (set.kind === 'saved') return bad('No search result can be saved');
  return uid ? [...selected.known.within(uidRanges(selected, set))] : numberedUids(selected, set);
}

type Ranges = SequenceSet & { readonly kind: 'ranges' };

function numberedUids({ known }: Selected, set: Ranges): number[] | Outcome {
  if (known.count > 0 && largestNamed(set) > known.count) return bad('There are fewer messages');
  return [...known.uidsOf(resolveSequenceSet(set, known.count))];
}

/** UID ranges of a set, `*` being the largest UID that the client knows. */
export function uidRanges({ known }: Selected, set: Ranges): readonly UidRange[] {
  return resolveSequenceSet(set, known.uidOf(known.count));
}
