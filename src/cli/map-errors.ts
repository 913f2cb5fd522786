/** Names the errors of the stores, which the frame does not know. */
import { CommandError, exitCodes } from './exit-codes.ts';

const unavailable = new Set([
  'DataDirectoryLocked',
  'LogUnavailable',
  'KeyStoreUnavailable',
  'BlobStoreUnavailable',
  'ViewsUnavailable',
  'ServiceUnavailable',
  'ActorUnavailable',
]);

export function mapError(error: unknown): CommandError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'MasterKeyError')
    return new CommandError(exitCodes.usage, error.message, { cause: error });
  if (!unavailable.has(error.name)) return undefined;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new CommandError(exitCodes.unavailable, `${error.message}${cause}`, { cause: error });
}
