/** Names the errors of the stores and of the administration, which the frame does not know. */
import { badArgument } from '../admin/arguments.ts';
import { unavailableErrors } from '../admin/unavailable-errors.ts';
import { ControlError } from '../control/control-error.ts';
import { MasterKeyError } from '../keys/master-key.ts';
import { DataDirectoryLocked } from '../sqlite/data-lock.ts';
import { CommandError, exitCodes } from './exit-codes.ts';

export function mapError(error: unknown): CommandError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof ControlError && error.code === badArgument)
    return new CommandError(exitCodes.usage, error.message, { cause: error });
  if (error instanceof MasterKeyError) {
    const code = error.fault === 'unreadable' ? exitCodes.unavailable : exitCodes.usage;
    return new CommandError(code, error.message, { cause: error });
  }
  if (error instanceof DataDirectoryLocked) {
    const hint = 'A server that is just starting or stopping, or another command: try again in a moment.';
    return new CommandError(exitCodes.unavailable, error.message, { cause: error, hint });
  }
  if (!unavailableErrors.has(error.name)) return undefined;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new CommandError(exitCodes.unavailable, `${error.message}${cause}`, { cause: error });
}
