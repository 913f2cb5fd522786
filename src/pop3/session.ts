/**
 * The state of one POP3 session, and what a command may answer. Commands are functions over this state (`login.ts`,
 * `transaction.ts`); the conversation carries out what they answer.
 */
import { isSecured } from '../mail/network-set.ts';
import type { SessionRecorder } from '../mail/session-recorder.ts';
import type { Maildrop } from './maildrop.ts';
import type { Pop3Settings } from './options.ts';
import type { Pop3Logger, Pop3Services, SocketAddress } from './ports.ts';
import type { Refusal } from './responses.ts';
import type { Wire } from './wire.ts';

export interface Pop3Session {
  readonly settings: Pop3Settings;
  readonly services: Pop3Services;
  readonly logger: Pop3Logger;
  readonly recorder: SessionRecorder;
  readonly peer: SocketAddress;
  readonly wire: Wire;

  tls: boolean;
  /** What USER named, as octets. */
  user: string | undefined;
  /** There is one from login on: the TRANSACTION state. */
  maildrop: Maildrop | undefined;
  failedLogins: number;
  badCommands: number;
}

export type Outcome =
  /** The whole response, one line or many, in octets. */
  | { readonly kind: 'response'; readonly octets: string }
  /** A long response that has left already. */
  | { readonly kind: 'sent' }
  /** `isBad`: the client does not speak the protocol; so many of them end the session. `endReason`: this ends it. */
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      readonly isBad?: boolean;
      readonly endReason?: string;
    }
  | { readonly kind: 'start-tls' }
  | { readonly kind: 'end'; readonly octets: string; readonly reason: string };

/** A response broke off in its middle: nothing is left but to close without an end that would make it look whole. */
export class ResponseBroken extends Error {
  override readonly name = 'ResponseBroken';
}

export const refused = (refusal: Refusal): Outcome => ({ kind: 'refused', refusal });

export const badCommand = (refusal: Refusal): Outcome => ({ kind: 'refused', refusal, isBad: true });

/** May a password cross this connection? */
export const maySendPassword = (session: Pop3Session): boolean =>
  isSecured({ tls: session.tls, peerAddress: session.peer.address });

export const offersStartTls = (session: Pop3Session): boolean =>
  !session.tls && session.maildrop === undefined && session.settings.secureContext !== undefined;

export function logFault(session: Pop3Session, verb: string, error: unknown): void {
  const { sessionId } = session.recorder;
  session.logger.error({ err: error, verb, sessionId }, 'POP3 command failed');
}
