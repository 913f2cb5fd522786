/**
 * What the control socket answers, and what a command does by itself when no server runs. Arguments come from
 * outside and are checked; what cannot be done is a `ControlError` with a code and a sentence for people.
 */
import type { ControlHandlers } from '../control/server.ts';
import type { Engine } from '../engine/engine.ts';
import { directoryHandlers } from './directory-handlers.ts';
import { proofHandlers } from './proof-handlers.ts';
import { recordHandlers } from './record-handlers.ts';

export function createAdminHandlers(engine: Engine): ControlHandlers {
  return { ...directoryHandlers(engine), ...recordHandlers(engine), ...proofHandlers(engine) };
}
