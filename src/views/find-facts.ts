/** Message facts: those that the view has, and for the rest computed from the event that brought the content. */
import type { EventLog } from '../../events/event-log.ts';
import { mailboxStream } from '../../events/streams.ts';
import type { ContentOrigin, FoundFacts } from '../../projections/facts-projection.ts';
import { firstOf } from './first-of.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import type { WorkerLink } from './worker-link.ts';

/** In the order asked for; undefined for what no event of the account brought. */
export async function findFacts(
  link: WorkerLink,
  log: Pick<EventLog, 'readStream'>,
  accountId: string,
  places: readonly ContentOrigin[],
): Promise<readonly (FoundFacts | undefined)[]> {
  const known = new Map<string, FoundFacts>();
  const note = (found: readonly FoundFacts[]): void => {
    for (const each of found) known.set(placeKey(each), each);
  };
  note(await storedFacts(link, accountId, places));
  const missing = Map.groupBy(
    places.filter((each) => !known.has(placeKey(each))),
    ({ origin }) => origin,
  );
  for (const [origin, wanted] of missing) {
    const event = await firstOf(log.readStream(mailboxStream(accountId), { from: origin, limit: 1 }));
    if (event?.revision !== origin) continue;
    const ordinals = wanted.map(({ ordinal }) => ordinal);
    note(await link.ask({ kind: 'facts', event, ordinals }));
  }
  return places.map((each) => known.get(placeKey(each)));
}

/** A view that is broken has none: what it would have said can still be computed. */
async function storedFacts(
  link: WorkerLink,
  accountId: string,
  places: readonly ContentOrigin[],
): Promise<readonly FoundFacts[]> {
  try {
    const args = [accountId, places];
    return (await link.ask({ kind: 'query', projection: 'facts', name: 'find', args })) as FoundFacts[];
  } catch (error) {
    if (error instanceof ViewsUnavailable && error.fault === 'broken') return [];
    throw error;
  }
}

const placeKey = ({ origin, ordinal }: ContentOrigin): string => `${origin}/${ordinal}`;
