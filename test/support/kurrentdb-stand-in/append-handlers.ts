/** The stand-in's `Streams.BatchAppend` and `Streams.Append` over its memory log. */
import { type handleBidiStreamingCall, type handleClientStreamingCall, status } from '@grpc/grpc-js';
import sharedPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import {
  appendError,
  expectedStateOf,
  proposedRecord,
  streamIdentifier,
  streamName,
  uuidMessage,
  uuidText,
} from './messages.ts';
import type { AppendOutcome, ExpectedState, MemoryLog, ProposedRecord } from './store.ts';

/** What becomes of an append: `'drop-unstored'` and `'drop-stored'` never answer and cut the connection. */
export type AppendFate = 'answer' | 'silent-unstored' | 'silent-stored' | 'drop-unstored' | 'drop-stored';

export interface AppendContext {
  readonly log: MemoryLog;
  /** Asked once for each append that has fully arrived. */
  nextFate(): AppendFate;
  cut(): void;
}

interface PendingAppend {
  readonly stream: string;
  readonly expected: ExpectedState;
  readonly events: ProposedRecord[];
}

/** Undefined: there is to be no answer. */
function settle(context: AppendContext, append: PendingAppend): AppendOutcome | undefined {
  const fate = context.nextFate();
  const store = (): AppendOutcome => context.log.append(append.stream, append.expected, append.events);
  switch (fate) {
    case 'answer':
      return store();
    case 'silent-unstored':
      return undefined;
    case 'silent-stored':
      store();
      return undefined;
    case 'drop-unstored':
      context.cut();
      return undefined;
    case 'drop-stored':
      store();
      context.cut();
      return undefined;
    default:
      return fate satisfies never;
  }
}

function batchAnswer(correlationId: string, append: PendingAppend, outcome: AppendOutcome): BatchAppendResp {
  const answer = new streamsPb.BatchAppendResp()
    .setCorrelationId(uuidMessage(correlationId, false))
    .setStreamIdentifier(streamIdentifier(append.stream));
  switch (outcome.kind) {
    case 'stored':
      return answer.setSuccess(
        new streamsPb.BatchAppendResp.Success()
          .setCurrentRevision(outcome.lastRevision.toString())
          .setPosition(
            new sharedPb.AllStreamPosition()
              .setCommitPosition(outcome.position.toString())
              .setPreparePosition(outcome.position.toString()),
          ),
      );
    case 'conflict': {
      const details = new sharedPb.WrongExpectedVersion();
      if (typeof append.expected === 'number') details.setExpectedStreamPosition(append.expected.toString());
      if (outcome.currentRevision !== undefined) {
        details.setCurrentStreamRevision(outcome.currentRevision.toString());
      }
      return answer.setError(appendError('WrongExpectedVersion', details.serializeBinary()));
    }
    case 'too-large': {
      const details = new sharedPb.MaximumAppendSizeExceeded().setMaxappendsize(outcome.octetsMax);
      return answer.setError(appendError('MaximumAppendSizeExceeded', details.serializeBinary()));
    }
    default:
      return outcome satisfies never;
  }
}

export function batchAppendHandler(
  context: AppendContext,
): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> {
  return (call) => {
    const pending = new Map<string, PendingAppend>();
    call.on('data', (request: BatchAppendReq) => {
      const correlationId = uuidText(request.getCorrelationId());
      const options = request.getOptions();
      const append = pending.get(correlationId) ?? {
        stream: streamName(options?.getStreamIdentifier()),
        expected: options === undefined ? 'any' : expectedStateOf(options),
        events: [],
      };
      pending.set(correlationId, append);
      append.events.push(...request.getProposedMessagesList().map(proposedRecord));
      if (!request.getIsFinal()) return;
      pending.delete(correlationId);
      const outcome = settle(context, append);
      if (outcome !== undefined) call.write(batchAnswer(correlationId, append, outcome));
    });
    call.on('end', () => call.end());
    // A client that goes away cancels its call; the call is over then and nothing is left to do.
    call.on('error', () => pending.clear());
  };
}

export function appendHandler(context: AppendContext): handleClientStreamingCall<AppendReq, AppendResp> {
  return (call, callback) => {
    let append: PendingAppend | undefined;
    call.on('data', (request: AppendReq) => {
      const options = request.getOptions();
      const message = request.getProposedMessage();
      if (options !== undefined) {
        append = {
          stream: streamName(options.getStreamIdentifier()),
          expected: expectedStateOf(options),
          events: [],
        };
      }
      if (message !== undefined) append?.events.push(proposedRecord(message));
    });
    call.on('end', () => {
      if (append === undefined) return callback({ code: status.INVALID_ARGUMENT, details: 'no options' });
      const outcome = settle(context, append);
      if (outcome === undefined) return;
      if (outcome.kind === 'too-large') {
        return callback({ code: status.INVALID_ARGUMENT, details: 'maximum append size exceeded' });
      }
      callback(null, unaryAnswer(append, outcome));
    });
    call.on('error', () => {
      append = undefined;
    });
  };
}

function unaryAnswer(
  append: PendingAppend,
  outcome: Exclude<AppendOutcome, { readonly kind: 'too-large' }>,
): AppendResp {
  if (outcome.kind === 'stored') {
    const position = new streamsPb.AppendResp.Position()
      .setCommitPosition(outcome.position.toString())
      .setPreparePosition(outcome.position.toString());
    return new streamsPb.AppendResp().setSuccess(
      new streamsPb.AppendResp.Success()
        .setCurrentRevision(outcome.lastRevision.toString())
        .setPosition(position),
    );
  }
  const conflict = new streamsPb.AppendResp.WrongExpectedVersion();
  if (outcome.currentRevision === undefined) conflict.setCurrentNoStream(new sharedPb.Empty());
  else conflict.setCurrentRevision(outcome.currentRevision.toString());
  if (typeof append.expected === 'number') conflict.setExpectedRevision(append.expected.toString());
  else conflict.setExpectedNoStream(new sharedPb.Empty());
  return new streamsPb.AppendResp().setWrongExpectedVersion(conflict);
}
