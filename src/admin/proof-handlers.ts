/** Checks of the record: everything is there and opens, and the views are what the log says. */
import { z } from 'zod';
import { type ProjectionName, projectionNames } from '../../projections/catalogue.ts';
import type { ControlHandlers } from '../control/server.ts';
import type { Engine } from '../engine/engine.ts';
import { dataPaths } from '../engine/open-stores.ts';
import { limits } from '../limits.ts';
import { replayView } from '../views/replay.ts';
import { argumentsOf } from './arguments.ts';
import { verifyLog } from './verify-log.ts';

export function proofHandlers(engine: Engine): ControlHandlers {
  const paths = dataPaths(engine.config.dataDirectory);
  const { log, masterKey } = engine.stores;
  const place = {
    directory: paths.views,
    keys: { path: paths.keys, masterKey },
    blobs: { path: paths.blobs },
  };

  async function* replay(names: readonly ProjectionName[], signal: AbortSignal): AsyncGenerator<object> {
    await engine.views.whenCurrent({ timeoutMs: limits.admin.viewsWithinMs });
    for (const projection of names) {
      let progress = { done: 0, total: 0 };
      let said = -1;
      const onProgress = (done: number, total: number): void => {
        progress = { done, total };
      };
      const leaving = new AbortController();
      const either = AbortSignal.any([signal, leaving.signal]);
      const running = replayView({ log, projection, onProgress, signal: either, ...place });
      let result: Awaited<typeof running> | undefined;
      try {
        while (result === undefined) {
          result = await Promise.race([running, pause()]);
          if (progress.done !== said) yield { kind: 'progress', projection, ...progress };
          said = progress.done;
        }
      } finally {
        // Whoever listens may leave early: what was begun is ended, and its scratch files are gone, before this is.
        leaving.abort();
        await Promise.allSettled([running]);
      }
      yield { kind: 'result', ...result };
    }
  }

  return {
    replay: (args, { signal }) => {
      const schema = z.object({ projections: z.array(z.enum(projectionNames)).default([]) });
      const { projections } = argumentsOf(schema, args);
      return replay(projections.length > 0 ? projections : projectionNames, signal);
    },
    verify: (_args, { signal }) => verifyLog(engine, signal),
  };
}

const pause = (): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), 100));
