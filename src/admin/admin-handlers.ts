/** What the control socket answers. */
import type { ControlHandlers } from '../control/server.ts';
import type { Engine } from '../engine/engine.ts';

export function createAdminHandlers(_engine: Engine): ControlHandlers {
  return {};
}
