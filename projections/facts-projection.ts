/**
 * Message facts as a view: one row for each content that a mailbox got, computed once from its octets, so that
 * ENVELOPE, BODYSTRUCTURE and part offsets are answered without reading the message again. Copies share their
 * origin's row. A content that is erased has a row without facts.
 */
import type { StoredEvent } from '../events/codec.ts';
import { isErased, type Personal } from '../events/event-definition.ts';
import { streamId } from '../events/streams.ts';
import { boundedMap } from './bounded-map.ts';
import type { MessageFacts, MimeLimits } from './message-facts/message-facts.ts';
import { createMimeScanner } from './message-facts/mime-scanner.ts';
import { scopeId } from './personal.ts';
import {
  ContentGone,
  type EventOfType,
  type Projection,
  type SegmentedContent,
  type Sources,
} from './projection.ts';
import type { ViewDatabase } from './view-database.ts';

/** Which content of an account: the revision of the event that brought it, and its place there. */
export interface ContentOrigin {
  readonly origin: number;
  readonly ordinal: number;
}

export interface FoundFacts extends ContentOrigin {
  readonly messageId: string;
  /** Null when the content is erased. */
  readonly facts: MessageFacts | null;
}

type BringingEvent = EventOfType<'MessageDelivered' | 'MessagesAppended'>;

/** The facts of one event's contents, as JSON. */
type Prepared = readonly PreparedFacts[];
interface PreparedFacts {
  readonly messageId: string;
  readonly text: string | null;
}

export interface FactsProjection extends Projection<Prepared> {
  /** The facts of one content whose event the view has not reached; kept until it gets there. */
  compute(event: StoredEvent, ordinal: number, sources: Sources): Promise<FoundFacts | undefined>;
}

const schema = [
  `CREATE TABLE facts (
    account_id TEXT NOT NULL,
    origin INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    facts TEXT,
    PRIMARY KEY (account_id, origin, ordinal)
  ) STRICT`,
  'CREATE INDEX facts_by_message ON facts (message_id)',
] as const;

export interface FactsOptions {
  readonly mime: MimeLimits;
  /** Events whose facts are kept in memory until the view reaches them. */
  readonly eventsAheadMax: number;
}

export function createFactsProjection(options: FactsOptions): FactsProjection {
  /** By event id. */
  const ahead = boundedMap<string, Prepared>(options.eventsAheadMax);
  /** Rises with each purge: what was read before one must not be kept after it. */
  let purges = 0;

  async function prepare(stored: StoredEvent, sources: Sources): Promise<Prepared> {
    const known = ahead.get(stored.id);
    if (known !== undefined) return known;
    const prepared: PreparedFacts[] = [];
    for (const { messageId, content } of contentsOf(stored as StoredEvent<BringingEvent>))
      prepared.push({ messageId, text: await factsText(content, sources, options.mime) });
    return prepared;
  }

  return {
    name: 'facts',
    version: 1,
    schema,
    handles: new Set<BringingEvent['type']>(['MessageDelivered', 'MessagesAppended']),
    digest: [{ table: 'facts', key: ['account_id', 'origin', 'ordinal'] }],
    prepare,
    apply(db, stored, prepared) {
      const accountId = streamId(stored.stream);
      for (const [ordinal, { messageId, text }] of prepared.entries())
        db.run(
          'INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?)',
          accountId,
          stored.revision,
          ordinal,
          messageId,
          Number(stored.event.type === 'MessageDelivered'),
          text,
        );
      ahead.delete(stored.id);
    },
    purge(db, scope) {
      ahead.clear();
      purges++;
      const messageId = scopeId('message', scope);
      if (messageId !== undefined) db.run('UPDATE facts SET facts = NULL WHERE message_id = ?', messageId);
      // The Delivered-To of a delivered message goes with its account, and so do the octets around it.
      const accountId = scopeId('account', scope);
      if (accountId !== undefined)
        db.run('UPDATE facts SET facts = NULL WHERE account_id = ? AND delivered = 1', accountId);
    },
    async compute(stored, ordinal, sources) {
      if (stored.event.type !== 'MessageDelivered' && stored.event.type !== 'MessagesAppended')
        return undefined;
      const before = purges;
      const prepared = await prepare(stored, sources);
      if (purges === before) ahead.set(stored.id, prepared);
      const found = prepared[ordinal];
      return found && foundFacts({ origin: stored.revision, ordinal }, found.messageId, found.text);
    },
  };
}

const foundFacts = (place: ContentOrigin, messageId: string, text: string | null): FoundFacts => ({
  ...place,
  messageId,
  facts: text === null ? null : (JSON.parse(text) as MessageFacts),
});

export const factsQueries = {
  /** The facts of those contents that the view has reached, in the order asked for. */
  find: (db: ViewDatabase, accountId: string, places: readonly ContentOrigin[]): FoundFacts[] =>
    places.flatMap(({ origin, ordinal }) => {
      const row = db.get<{ message_id: string; facts: string | null }>(
        'SELECT message_id, facts FROM facts WHERE account_id = ? AND origin = ? AND ordinal = ?',
        accountId,
        origin,
        ordinal,
      );
      return row === undefined ? [] : [foundFacts({ origin, ordinal }, row.message_id, row.facts)];
    }),
} as const;

interface Content {
  readonly messageId: string;
  /** Undefined when some of its octets are erased with the event. */
  readonly content: SegmentedContent | undefined;
}

function contentsOf({ event }: StoredEvent<BringingEvent>): readonly Content[] {
  if (event.type === 'MessagesAppended')
    return event.data.messages.map(({ content: { messageId, blobId }, segments }) => ({
      messageId,
      content: { messageId, blobId, segments, inline: [] },
    }));
  const { messageId, blobId, segments, addressed, inline } = event.data;
  const pieces = inlinePieces(addressed, inline);
  return [{ messageId, content: pieces && { messageId, blobId, segments, inline: pieces } }];
}

function inlinePieces(
  addressed: Personal<string>,
  inline: Personal<readonly string[]>,
): readonly Uint8Array[] | undefined {
  if (isErased(addressed) || isErased(inline)) return undefined;
  return [addressed, ...inline].map((piece) => Buffer.from(piece, 'latin1'));
}

async function factsText(
  content: SegmentedContent | undefined,
  sources: Sources,
  mime: MimeLimits,
): Promise<string | null> {
  if (content === undefined) return null;
  const scanner = createMimeScanner(mime);
  try {
    for await (const piece of sources.readContent(content)) scanner.push(piece);
  } catch (error) {
    if (error instanceof ContentGone) return null;
    throw error;
  }
  return JSON.stringify(scanner.end());
}
