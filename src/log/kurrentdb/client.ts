/**
 * The only module that touches the client package. It hands on events as the bytes that are stored.
 *
 * The package parses metadata as JSON whenever it can, and the original bytes are gone then. So reads go
 * to its native half (`rustClient`), which gives bytes, and a subscription gets our converter in place of
 * the package's; a package in which that place is missing is refused at once, not found out by damage.
 *
 * Fails with what the package throws; `failure.ts` sorts that.
 */
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { NewEvent, Revision } from '../../../events/event-log.ts';
import type { Position } from './position.ts';

/** An event of `$all` or of a stream, ours or not, with its stored bytes. */
export interface RawEvent {
  readonly stream: string;
  readonly revision: Revision;
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** Missing on events read from a stream when the server does not say. */
  readonly position: Position | undefined;
}

export type Direction = 'forwards' | 'backwards';

export interface SubscriptionListener {
  confirmed(): void;
  event(event: RawEvent): void;
  /** Called once or more; nothing comes after the first. */
  ended(cause: unknown): void;
}

export interface LiveSubscription {
  pause(): void;
  resume(): void;
}

export interface Client {
  readAll(from: Position | 'start' | 'end', direction: Direction, most: number): Promise<RawEvent[]>;
  /** Throws the package's `StreamNotFoundError` when there is no such stream. */
  readStream(
    stream: string,
    from: Revision | 'start' | 'end',
    direction: Direction,
    most: number,
  ): Promise<RawEvent[]>;
  append(stream: string, expected: Revision | 'none', events: readonly NewEvent[]): Promise<void>;
  /** What stands after the position, then what comes. */
  subscribe(from: Position | 'start', listener: SubscriptionListener): LiveSubscription;
  /** Cancels everything under way and closes the connection. */
  dispose(): Promise<void>;
}

type RustEvent = Awaited<ReturnType<ReturnType<typeof rustPages>['next']>>['value'][number];

function rustPages(client: KurrentDBClient) {
  return client.rustClient.readAll()[Symbol.asyncIterator]();
}

/** Drains the read: an abandoned one stays open on the server until it is collected. */
async function drain(pages: AsyncIterable<RustEvent[]>): Promise<RawEvent[]> {
  const events: RawEvent[] = [];
  for await (const page of pages) {
    for (const { event, commitPosition } of page) {
      if (event === undefined) continue;
      const position = event.position ?? samePosition(commitPosition);
      const { streamId: stream, id, type, data, metadata } = event;
      events.push({ stream, revision: Number(event.revision), id, type, data, metadata, position });
    }
  }
  return events;
}

function samePosition(commit: bigint | undefined): Position | undefined {
  return commit === undefined ? undefined : { commit, prepare: commit };
}

/** Stands in for the package's conversion of a subscription's events. Undefined: nothing to hand on. */
function rawEvent(message: ReadResp.ReadEvent): RawEvent | undefined {
  const event = message.getEvent();
  if (event === undefined) return undefined;
  return {
    stream: Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8'),
    revision: Number(event.getStreamRevision()),
    id: event.getId()?.getString() ?? '',
    type: event.getMetadataMap().get('type') ?? '',
    data: event.getData_asU8(),
    metadata: event.getCustomMetadata_asU8(),
    position: {
      commit: BigInt(event.getCommitPosition()),
      prepare: BigInt(event.getPreparePosition()),
    },
  };
}

const converterName = 'convertGrpcEvent';

function subscribe(
  client: KurrentDBClient,
  from: Position | 'start',
  listener: SubscriptionListener,
): LiveSubscription {
  const subscription = client.subscribeToAll({ fromPosition: from });
  if (typeof Reflect.get(subscription, converterName) !== 'function') {
    throw new Error('this version of the KurrentDB client cannot hand on metadata as it is stored');
  }
  // An event without content (its link target was deleted) becomes an empty holder: null would end the stream.
  Reflect.set(subscription, converterName, (message: ReadResp.ReadEvent) => ({ raw: rawEvent(message) }));
  subscription.on('confirmation', () => listener.confirmed());
  subscription.on('data', (holder: unknown) => {
    const { raw } = holder as { readonly raw: RawEvent | undefined };
    if (raw !== undefined) listener.event(raw);
  });
  subscription.on('error', (error: unknown) => listener.ended(error));
  subscription.on('end', () => listener.ended(new Error('the server ended the subscription')));
  subscription.on('close', () => listener.ended(new Error('the subscription was closed')));
  return { pause: () => void subscription.pause(), resume: () => void subscription.resume() };
}

/** The package tests `constructor === Uint8Array` and would turn a Buffer's metadata into JSON. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function append(
  client: KurrentDBClient,
  stream: string,
  expected: Revision | 'none',
  events: readonly NewEvent[],
): Promise<void> {
  const proposed = events.map((event) => ({
    id: event.id,
    type: event.type,
    contentType: 'application/octet-stream' as const,
    data: plainBytes(event.data),
    metadata: plainBytes(event.metadata),
  }));
  await client.appendToStream(stream, proposed, {
    streamState: expected === 'none' ? 'no_stream' : BigInt(expected),
  });
}

/** `dispose` leaves the connection open, where it lives on until it has idled for half an hour. */
async function dispose(client: KurrentDBClient): Promise<void> {
  await client.dispose();
  const getChannel: unknown = Reflect.get(client, 'getChannel');
  if (typeof getChannel !== 'function') return;
  const channel: { close(): void } = await getChannel();
  channel.close();
}

export function createClient(url: string): Client {
  const client = KurrentDBClient.connectionString(url);
  const options = { requiresLeader: true, resolvesLink: false } as const;
  return {
    readAll: (fromPosition, direction, most) =>
      drain(client.rustClient.readAll({ ...options, fromPosition, direction, maxCount: BigInt(most) })),
    readStream: (stream, from, direction, most) =>
      drain(
        client.rustClient.readStream(stream, {
          ...options,
          fromRevision: typeof from === 'number' ? BigInt(from) : from,
          direction,
          maxCount: BigInt(most),
        }),
      ),
    append: (stream, expected, events) => append(client, stream, expected, events),
    subscribe: (from, listener) => subscribe(client, from, listener),
    dispose: () => dispose(client),
  };
}
