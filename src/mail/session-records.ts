/** Turns what protocols note into the events of a session's stream. */
import { createHmac } from 'node:crypto';
import { ActorUnavailable } from '../../actors/ports.ts';
import type { SessionActors, SessionRecord, SessionStart } from '../../actors/session-actors.ts';
import { peerScope, type ScopeKeys } from '../../events/scope-keys.ts';
import type { SessionEvent } from '../../events/session.ts';
import { ServiceUnavailable } from './service-unavailable.ts';
import type { SessionFact, SessionRecorder } from './session-recorder.ts';

/** A recorder, and what the services behind the protocols need to know of the session. */
export interface RecordedSession extends SessionRecorder {
  readonly record: SessionRecord;
}

export function createSessionRecords(actors: SessionActors, keys: ScopeKeys, now: () => number) {
  return (start: SessionStart): RecordedSession => {
    const record = actors.open(start);
    return {
      record,
      sessionId: record.sessionId,
      note(fact) {
        const event = toEvent(fact, start, record.readerId, keys, now);
        if (event !== undefined) record.note(event, isSignificant(fact));
      },
      async flush() {
        try {
          await record.flush();
        } catch (cause) {
          if (cause instanceof ActorUnavailable)
            throw new ServiceUnavailable('the session cannot be recorded', { cause });
          throw cause;
        }
      },
      close: record.close,
    };
  };
}

/** A login that then reads and changes nothing is counted, not recorded one by one. */
function isSignificant(fact: SessionFact): boolean {
  switch (fact.type) {
    case 'ClientIdentified':
    case 'TlsEstablished':
    case 'Authenticated':
    case 'FolderOpened':
      return false;
    case 'TlsFailed':
    case 'AuthenticationFailed':
    case 'CommandRefused':
    case 'ProtocolViolated':
    case 'MessagesRead':
      return true;
    default:
      return fact satisfies never;
  }
}

function toEvent(
  fact: SessionFact,
  start: SessionStart,
  readerId: string | undefined,
  keys: ScopeKeys,
  now: () => number,
): SessionEvent | Promise<SessionEvent> | undefined {
  switch (fact.type) {
    case 'ClientIdentified':
      return { type: fact.type, data: { verb: fact.verb, client: { name: fact.name } } };
    case 'TlsEstablished': {
      const { version, cipher, serverName } = fact;
      return {
        type: fact.type,
        data: { version, cipher, ...(serverName === undefined ? {} : { indication: { serverName } }) },
      };
    }
    case 'TlsFailed':
      return { type: fact.type, data: { failure: { reason: fact.reason } } };
    case 'Authenticated': {
      const { mechanism, accountId, authenticationId, authorizationId } = fact;
      const who = {
        authenticationId,
        ...(authorizationId === undefined ? {} : { authorizationId }),
        address: start.peer.address,
      };
      return { type: fact.type, data: { mechanism, readerId: accountId, who } };
    }
    case 'AuthenticationFailed': {
      const { mechanism, accountId, login } = fact;
      const named = accountId === undefined ? {} : { accountId };
      return loginTag(keys, now(), login).then((tag) => ({
        type: fact.type,
        data: { mechanism, ...named, loginTag: tag },
      }));
    }
    case 'CommandRefused': {
      const { verb, code, enhanced, text } = fact;
      return {
        type: fact.type,
        data: { verb, code, ...(enhanced === undefined ? {} : { enhanced }), reply: { text } },
      };
    }
    case 'ProtocolViolated':
      return { type: fact.type, data: { what: fact.what } };
    case 'FolderOpened': {
      const { accountId, folderId, readOnly } = fact;
      return readerId === undefined
        ? undefined
        : { type: fact.type, data: { readerId, accountId, readOnly, act: { folderId } } };
    }
    case 'MessagesRead': {
      const { accountId, folderId, uids, part } = fact;
      return readerId === undefined
        ? undefined
        : { type: fact.type, data: { readerId, accountId, act: { folderId, uids, part } } };
    }
    default:
      return fact satisfies never;
  }
}

/** People type passwords where the name belongs: only a hash under the day's key is kept. */
async function loginTag(keys: ScopeKeys, at: number, login: string): Promise<string> {
  const key = await keys.ensure(peerScope(at));
  if (key === 'destroyed') return '';
  return createHmac('sha256', key).update(`login ${login.toLowerCase()}`).digest('hex');
}
