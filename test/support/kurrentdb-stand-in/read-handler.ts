/** The stand-in's `Streams.Read`: pages of a stream or of `$all`, and subscriptions. */
import { type handleServerStreamingCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import type {
  ReadReq,
  ReadResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { readEvent, streamIdentifier, streamName } from './messages.ts';
import type { MemoryLog, StoredRecord } from './store.ts';

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

export interface ReadContext {
  readonly log: MemoryLog;
  readonly subscriptions: Set<ReadCall>;
  readsAreSilent(): boolean;
  /** Subscriptions stay open and deliver nothing more. */
  subscriptionsAreDead(): boolean;
  /** `caughtUp` is sent before the events that the subscriber still lacks. */
  caughtUpIsEarly(): boolean;
}

const backwards = streamsPb.ReadReq.Options.ReadDirection.BACKWARDS;

/** Undefined: the stream does not exist. */
function page(log: MemoryLog, options: ReadReq.Options): readonly StoredRecord[] | undefined {
  const isBackwards = options.getReadDirection() === backwards;
  const count = Number(options.getCount());
  const stream = options.getStream();
  if (stream !== undefined) {
    const records = log.stream(streamName(stream.getStreamIdentifier()));
    if (records.length === 0) return undefined;
    const revision = stream.hasRevision() ? Number(stream.getRevision()) : undefined;
    if (isBackwards)
      return records
        .slice(0, (revision ?? records.length) + 1)
        .reverse()
        .slice(0, count);
    return stream.hasEnd() ? [] : records.slice(revision ?? 0).slice(0, count);
  }
  const all = options.getAll();
  const position = all?.hasPosition() ? BigInt(all.getPosition()?.getCommitPosition() ?? '0') : undefined;
  if (isBackwards) {
    // Backwards from a position the server starts below it; from the end with the last record.
    const upTo = position === undefined ? log.all : log.all.filter((record) => record.position < position);
    return upTo.slice(Math.max(0, upTo.length - count)).reverse();
  }
  if (all?.hasEnd()) return [];
  const from = position === undefined ? 0 : firstAtOrAfter(log.all, position);
  return log.all.slice(from, from + count);
}

function firstAtOrAfter(all: readonly StoredRecord[], position: bigint): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.position ?? 0n) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Resolves when there is room for the next message, or the call is over. */
async function write(call: ReadCall, message: ReadResp): Promise<void> {
  if (call.write(message)) return;
  const events = ['drain', 'close', 'error', 'cancelled'];
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of events) call.removeListener(event, done);
      resolve();
    };
    for (const event of events) call.on(event, done);
  });
}

/** Delivers what follows the given position, then what is appended, for as long as the call lives. */
async function subscribe(call: ReadCall, context: ReadContext, options: ReadReq.Options): Promise<void> {
  const { log } = context;
  const start = options.getAll()?.getPosition();
  let cursor = start === undefined ? 0 : firstAtOrAfter(log.all, BigInt(start.getCommitPosition()) + 1n);
  let wake: () => void = () => undefined;
  const ended = (): boolean => call.cancelled || call.destroyed || !context.subscriptions.has(call);
  const stopListening = log.onStored(() => wake());
  call.on('cancelled', () => wake());
  context.subscriptions.add(call);
  const caughtUp = new streamsPb.ReadResp().setCaughtUp(new streamsPb.ReadResp.CaughtUp());
  await write(
    call,
    new streamsPb.ReadResp().setConfirmation(
      new streamsPb.ReadResp.SubscriptionConfirmation().setSubscriptionId(crypto.randomUUID()),
    ),
  );
  if (context.caughtUpIsEarly()) await write(call, caughtUp);
  while (!ended()) {
    const record = context.subscriptionsAreDead() ? undefined : log.all[cursor];
    if (record !== undefined) {
      cursor += 1;
      await write(call, readEvent(record, options));
      if (cursor === log.all.length) await write(call, caughtUp);
      continue;
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  stopListening();
  context.subscriptions.delete(call);
}

export function readHandler(context: ReadContext): handleServerStreamingCall<ReadReq, ReadResp> {
  return (call) => {
    const options = call.request.getOptions();
    // The client ended the call: nothing is left to say.
    call.on('error', () => void context.subscriptions.delete(call));
    if (options === undefined) {
      call.emit('error', { code: status.INVALID_ARGUMENT, details: 'no options' });
      return;
    }
    if (options.hasSubscription()) {
      void subscribe(call, context, options);
      return;
    }
    if (context.readsAreSilent()) return;
    void answer(call, context, options);
  };
}

async function answer(call: ReadCall, context: ReadContext, options: ReadReq.Options): Promise<void> {
  const records = page(context.log, options);
  if (records === undefined) {
    const name = streamName(options.getStream()?.getStreamIdentifier());
    const notFound = new streamsPb.ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(name));
    call.write(new streamsPb.ReadResp().setStreamNotFound(notFound));
  }
  for (const record of records ?? []) {
    if (call.cancelled) return;
    await write(call, readEvent(record, options));
  }
  call.end();
}
