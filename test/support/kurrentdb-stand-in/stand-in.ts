/**
 * A stand-in for a KurrentDB server: the few RPCs that the client calls on the wire
 * (`ServerFeatures.GetSupportedMethods`, `Streams.BatchAppend`, `Streams.Append`, `Streams.Read` with
 * subscriptions), over a log in memory, with the faults that the client and its servers are known for.
 *
 * It tests our adapter and the client package, NOT the server: what it does is what we believe a server
 * does. Whether a real one agrees is what the same suite against `KURRENTDB_URL` is for.
 */
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import grpcFeatures from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import featuresPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import grpcStreams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import { type AppendFate, appendHandler, batchAppendHandler } from './append-handlers.ts';
import { type ReadContext, readHandler } from './read-handler.ts';
import { createMemoryLog, type MemoryLog } from './store.ts';
import { openRelay } from './wire-faults.ts';

export interface StandInOptions {
  /** Records of foreign and of system streams stand between ours. Default true. */
  readonly withNoise?: boolean;
  /** False: as a server before 21.10, which knows only the unary append. Default true. */
  readonly withBatchAppend?: boolean;
}

export interface StandIn {
  readonly url: string;
  readonly log: MemoryLog;
  /** The next appends meet these fates, in order; those after them are answered. */
  fateOfNextAppends(...fates: AppendFate[]): void;
  /** Resolves when the next append that is to get no answer has met its fate. */
  nextAppendLost(): Promise<void>;
  /** Accepts everything, answers nothing, keeps connections open. */
  mute(on: boolean): void;
  /** Reads get no answer while appends and subscriptions work. */
  silenceReads(on: boolean): void;
  /** Ends every subscription with an error. */
  killSubscriptions(): void;
  /** Subscriptions stay open and deliver nothing. */
  deadenSubscriptions(on: boolean): void;
  caughtUpEarly(on: boolean): void;
  /** How many subscriptions are open now. */
  subscriptionCount(): number;
  cutConnections(): void;
  stop(): Promise<void>;
  /** Comes back on the same port with everything that was stored. */
  start(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

function supportedMethods(withBatchAppend: boolean) {
  const methods = ['read', 'append', 'delete', 'tombstone', ...(withBatchAppend ? ['batchappend'] : [])];
  const answer = new featuresPb.SupportedMethods().setEventStoreServerVersion('24.10.0');
  for (const name of methods) {
    answer.addMethods(
      new featuresPb.SupportedMethod()
        .setServiceName('event_store.client.streams.streams')
        .setMethodName(name),
    );
  }
  return answer;
}

export async function openStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const log = createMemoryLog(options.withNoise ?? true);
  const fates: AppendFate[] = [];
  let readsAreSilent = false;
  let subscriptionsAreDead = false;
  let caughtUpIsEarly = false;
  const subscriptions: ReadContext['subscriptions'] = new Set();
  const server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const relay = await openRelay(port);
  let appendLost = Promise.withResolvers<void>();
  function nextFate(): AppendFate {
    const fate = fates.shift() ?? 'answer';
    if (fate !== 'answer') {
      appendLost.resolve();
      appendLost = Promise.withResolvers();
    }
    return fate;
  }
  const appends = { log, nextFate, cut: () => relay.cut() } as const;
  server.addService(grpcStreams.StreamsService, {
    read: readHandler({
      log,
      subscriptions,
      readsAreSilent: () => readsAreSilent,
      subscriptionsAreDead: () => subscriptionsAreDead,
      caughtUpIsEarly: () => caughtUpIsEarly,
    }),
    append: appendHandler(appends),
    batchAppend: batchAppendHandler(appends),
  });
  server.addService(grpcFeatures.ServerFeaturesService, {
    getSupportedMethods: (_call: unknown, callback: (error: null, answer: unknown) => void) =>
      callback(null, supportedMethods(options.withBatchAppend ?? true)),
  });

  return {
    get url() {
      // The client's native half waits for one interval, half a second otherwise, before it connects.
      return `kurrentdb://127.0.0.1:${relay.port}?tls=false&discoveryInterval=1`;
    },
    log,
    fateOfNextAppends: (...next) => void fates.push(...next),
    nextAppendLost: () => appendLost.promise,
    mute: (on) => relay.mute(on),
    silenceReads: (on) => {
      readsAreSilent = on;
    },
    killSubscriptions() {
      for (const call of [...subscriptions]) {
        subscriptions.delete(call);
        call.emit('error', { code: status.UNAVAILABLE, details: 'subscription dropped' });
      }
    },
    deadenSubscriptions: (on) => {
      subscriptionsAreDead = on;
    },
    caughtUpEarly: (on) => {
      caughtUpIsEarly = on;
    },
    subscriptionCount: () => subscriptions.size,
    cutConnections: () => relay.cut(),
    stop: () => relay.stop(),
    start: () => relay.start(),
    async close() {
      await relay.stop();
      server.forceShutdown();
    },
  };
}
