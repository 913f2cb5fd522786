/**
 * What the control socket answers, and what a command does by itself when no server runs. Arguments come from
 * outside and are checked; what cannot be done is a `ControlError` with a code and a sentence for people. A store
 * that cannot answer now is `unavailable`, not a fault of the server's.
 */
import { ControlError, controlCodes } from '../control/control-error.ts';
import type { ControlHandler, ControlHandlers } from '../control/server.ts';
import type { Engine } from '../engine/engine.ts';
import { directoryHandlers } from './directory-handlers.ts';
import { proofHandlers } from './proof-handlers.ts';
import { recordHandlers } from './record-handlers.ts';
import { unavailableErrors } from './unavailable-errors.ts';

export function createAdminHandlers(engine: Engine): ControlHandlers {
  const handlers = { ...directoryHandlers(engine), ...recordHandlers(engine), ...proofHandlers(engine) };
  return Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, telling(handler)]));
}

/** The handler, with the errors of the stores said in the control socket's own terms. */
const telling =
  (handler: ControlHandler): ControlHandler =>
  (args, call) => {
    const result = handler(args, call);
    if (Symbol.asyncIterator in result) return tellingEach(result);
    return result.catch((error: unknown) => {
      throw told(error);
    });
  };

async function* tellingEach(items: AsyncIterable<unknown>): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    throw told(error);
  }
}

function told(error: unknown): unknown {
  if (!(error instanceof Error) || !unavailableErrors.has(error.name)) return error;
  const reason = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new ControlError(controlCodes.unavailable, `${error.message}${reason}`, { cause: error });
}
