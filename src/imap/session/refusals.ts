/** From an error to the reply that a client gets, and every refusal onto the session's record. */
import { ServiceUnavailable } from '../../mail/service-unavailable.ts';
import { formatResponseCode } from '../responses/response-code.ts';
import { no, type Outcome } from './outcome.ts';
import type { ImapSession } from './session.ts';

/** RFC 5530: UNAVAILABLE for what will pass, SERVERBUG for a fault in the program. */
export function outcomeOfError(session: ImapSession, verb: string, error: unknown): Outcome {
  logError(session, verb, error);
  return error instanceof ServiceUnavailable
    ? no('The server cannot do this now; try again later', 'UNAVAILABLE')
    : no('Internal error', 'SERVERBUG');
}

export function logError(session: ImapSession, verb: string, error: unknown): void {
  const { sessionId } = session.recorder;
  session.logger.error({ err: error, verb, sessionId }, 'IMAP command failed');
}

export function noteRefusal(session: ImapSession, verb: string, outcome: Outcome): void {
  if (outcome.status === 'OK') return;
  const { status, text, code } = outcome;
  const enhanced = code === undefined ? {} : { enhanced: formatResponseCode(code) };
  session.recorder.note({ type: 'CommandRefused', verb, code: status, ...enhanced, text });
  session.logger.debug({ verb, status, text, sessionId: session.recorder.sessionId }, 'refused');
}
