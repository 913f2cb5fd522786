/**
 * The way from a command to the installation: through the control socket when a server runs on the data directory, else
 * by opening the stores here for as long as the command takes.
 */
import { existsSync } from 'node:fs';
import { createAdminHandlers } from '../admin/admin-handlers.ts';
import { connectControl } from '../control/client.ts';
import { ControlError, controlCodes } from '../control/control-error.ts';
import { openEngine } from '../engine/engine.ts';
import { dataPaths } from '../engine/open-stores.ts';
import { createLogger } from '../logger.ts';
import type { CliContext } from './command.ts';
import { CommandError, exitCodes } from './exit-codes.ts';

export interface Admin {
  call(name: string, args?: unknown): AsyncIterable<unknown>;
  /** For a call with one answer. */
  callOne(name: string, args?: unknown): Promise<unknown>;
}

/** Throws the signal's reason when the command was interrupted, also when the work then ended by itself. */
export async function withAdmin(context: CliContext, work: (admin: Admin) => Promise<void>): Promise<void> {
  await withEither(context, work);
  context.signal.throwIfAborted();
}

async function withEither(context: CliContext, work: (admin: Admin) => Promise<void>): Promise<void> {
  const config = context.loadConfig();
  const paths = dataPaths(config.dataDirectory);
  const { signal } = context;
  const client = await connectControl(paths.control);
  if (client !== undefined) {
    return work({
      call: (name, args) => client.call(name, args, { signal }),
      callOne: (name, args) => client.callOne(name, args, { signal }),
    });
  }
  if (!existsSync(paths.keys)) {
    throw new CommandError(exitCodes.unavailable, `there is no installation in ${config.dataDirectory}`, {
      hint: 'Start the server once (chancery serve), or say with --data where the data is.',
    });
  }
  const engine = await openEngine(
    config,
    context.env as NodeJS.ProcessEnv,
    createLogger({ level: 'error', pretty: true }),
  );
  try {
    const handlers = createAdminHandlers(engine);
    await work({
      async *call(name, args = null) {
        const handler = handlers[name];
        if (handler === undefined)
          throw new ControlError(controlCodes.unknownCall, `there is no call ${name}`);
        const result = handler(args, { signal });
        if (Symbol.asyncIterator in result) yield* result;
        else yield await result;
      },
      async callOne(name, args) {
        for await (const item of this.call(name, args)) return item;
        return undefined;
      },
    });
  } finally {
    await engine.close();
  }
}
