/** The workers' failures as the log's contract names them. Anything else is a bug and stays what it is. */
import { LogUnavailable } from '../../../events/event-log.ts';
import { SqliteFailure } from '../../sqlite/failure.ts';

export function logUnavailable(error: unknown): unknown {
  if (!(error instanceof SqliteFailure)) return error;
  return new LogUnavailable(`the log cannot answer (${error.kind}): ${error.message}`, {
    outcomeUnknown: error.outcomeUnknown,
    cause: error,
  });
}
