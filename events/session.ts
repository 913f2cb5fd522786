/**
 * `session-<id>`: what one client connection did. What is known before login is sealed under the key of
 * the day (`peer/<day>`), what follows a login under the key of the reader's month (`activity/...`), so
 * that who read what outlives who was read.
 */
import { z } from 'zod';
import { box, defineEvent, type EventOf, optionalBox } from './event-definition.ts';
import { count, id, instant, uidSet } from './fields.ts';
import { activityScope, type KeyScope, peerScope } from './scope-keys.ts';

const ofDay = (input: { at: number }): KeyScope => peerScope(input.at);
const ofReader = (input: { at: number; data: { readerId: string } }): KeyScope =>
  activityScope(input.data.readerId, input.at);

const sessionOpened = defineEvent('SessionOpened', {
  version: 1,
  clear: {
    protocol: z.enum(['smtp', 'submission', 'imap', 'pop3', 'control']),
    listener: z.string(),
    implicitTls: z.boolean(),
    openedAt: instant,
  },
  boxes: {
    peer: box(
      z.object({ address: z.string(), port: count, localAddress: z.string(), localPort: count }),
      ofDay,
    ),
  },
});
const clientIdentified = defineEvent('ClientIdentified', {
  version: 1,
  clear: { verb: z.string() },
  boxes: { client: box(z.object({ name: z.string() }), ofDay) },
});
const tlsEstablished = defineEvent('TlsEstablished', {
  version: 1,
  clear: { version: z.string(), cipher: z.string() },
  boxes: { indication: optionalBox(z.object({ serverName: z.string() }), ofDay) },
});
const tlsFailed = defineEvent('TlsFailed', {
  version: 1,
  clear: {},
  boxes: { failure: box(z.object({ reason: z.string() }), ofDay) },
});
const authenticated = defineEvent('Authenticated', {
  version: 1,
  clear: { mechanism: z.string(), readerId: id },
  boxes: {
    who: box(
      z.object({ authenticationId: z.string(), authorizationId: z.string().optional(), address: z.string() }),
      ofReader,
    ),
  },
});
const authenticationFailed = defineEvent('AuthenticationFailed', {
  version: 1,
  /** People type passwords where the name belongs: an unknown login stands only as a keyed hash
   * (HMAC-SHA-256 under a key of the day, hex). */
  clear: { mechanism: z.string(), accountId: id.optional(), loginTag: z.string() },
});
const commandRefused = defineEvent('CommandRefused', {
  version: 1,
  clear: { verb: z.string(), code: z.string(), enhanced: z.string().optional() },
  boxes: { reply: box(z.object({ text: z.string() }), ofDay) },
});
const protocolViolated = defineEvent('ProtocolViolated', { version: 1, clear: { what: z.string() } });
const folderOpened = defineEvent('FolderOpened', {
  version: 1,
  clear: { readerId: id, accountId: id, readOnly: z.boolean() },
  boxes: { act: box(z.object({ folderId: count }), ofReader) },
});
const messagesRead = defineEvent('MessagesRead', {
  version: 1,
  clear: { readerId: id, accountId: id },
  /** `part` is the section as asked for (`BODY[]`, `BODY[1.2]`, `RETR`, `TOP`). */
  boxes: { act: box(z.object({ folderId: count, uids: uidSet, part: z.string() }), ofReader) },
});
const sessionClosed = defineEvent('SessionClosed', {
  version: 1,
  clear: {
    reason: z.string(),
    octetsIn: count,
    octetsOut: count,
    messagesAccepted: count,
    /** Refusals beyond those that have an event of their own. */
    refusalsUncounted: count,
    /** Reads of what this session had read before. */
    readsRepeated: count,
  },
});
/** Connections that said nothing worth an event, counted by the minute. */
const silentConnectionsCounted = defineEvent('SilentConnectionsCounted', {
  version: 1,
  clear: { listener: z.string(), minute: instant, connections: count },
});
/** Logins that read and changed nothing, one event an hour for each account. */
const idleLoginsCounted = defineEvent('IdleLoginsCounted', {
  version: 1,
  clear: { readerId: id, hour: instant, logins: count },
  boxes: { from: box(z.object({ addresses: z.array(z.string()) }), ofReader) },
});

export const sessionDefinitions = [
  sessionOpened,
  clientIdentified,
  tlsEstablished,
  tlsFailed,
  authenticated,
  authenticationFailed,
  commandRefused,
  protocolViolated,
  folderOpened,
  messagesRead,
  sessionClosed,
  silentConnectionsCounted,
  idleLoginsCounted,
] as const;
export type SessionEvent = EventOf<(typeof sessionDefinitions)[number]>;

export interface SessionState {
  readonly opened: boolean;
  readonly closed: boolean;
  readonly readerId: string | undefined;
  readonly refusals: number;
}

export const initialSession = (): SessionState => ({
  opened: false,
  closed: false,
  readerId: undefined,
  refusals: 0,
});

export function applySession(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'SessionOpened':
      return { ...state, opened: true };
    case 'Authenticated':
      return { ...state, readerId: event.data.readerId };
    case 'CommandRefused':
      return { ...state, refusals: state.refusals + 1 };
    case 'SessionClosed':
      return { ...state, closed: true };
    case 'ClientIdentified':
    case 'TlsEstablished':
    case 'TlsFailed':
    case 'AuthenticationFailed':
    case 'ProtocolViolated':
    case 'FolderOpened':
    case 'MessagesRead':
    case 'SilentConnectionsCounted':
    case 'IdleLoginsCounted':
      return state;
    default:
      event satisfies never;
      return state;
  }
}
