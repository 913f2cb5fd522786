/** Puts an error that became a temporary reply into the operational log: what somebody has to look at
 * as an error, what a service said for itself at info. */
import { isExpectedError, SmtpRefusal } from './replies.ts';
import type { SmtpSession } from './session.ts';

export function logError(
  session: Pick<SmtpSession, 'logger' | 'recorder'>,
  verb: string,
  error: unknown,
): void {
  const fields = { err: error, verb, sessionId: session.recorder.sessionId };
  const peersFault = error instanceof SmtpRefusal && error.fault === 'peer';
  if (peersFault) session.logger.info(fields, 'refused');
  else session.logger.error(fields, isExpectedError(error) ? 'service unavailable' : 'internal error');
}
