/** The views that a worker holds: each with its runner and, when it can go no further, the reason. */
import { join } from 'node:path';
import { createProjections, type ProjectionName } from '../../projections/catalogue.ts';
import type { Projection, Sources } from '../../projections/projection.ts';
import { openRunner, type ProjectionRunner } from '../../projections/runner.ts';
import { ViewCorrupt, type ViewFile } from '../../projections/view-database.ts';
import { limits } from '../limits.ts';
import { sqliteViewFile } from './sqlite/view-file.ts';
import { ViewsUnavailable } from './views-unavailable.ts';
import type { Position, ViewsSetup } from './wire.ts';

export interface HostedView {
  readonly name: ProjectionName;
  readonly projection: Projection;
  runner: ProjectionRunner;
  broken: string | undefined;
}

export interface HostedViews {
  readonly projections: ReturnType<typeof createProjections>;
  readonly all: readonly HostedView[];
  /** Throws `ViewsUnavailable` when it is not here or broken. */
  sound(name: ProjectionName): HostedView;
  /** Notes why a view can go no further. For `ViewCorrupt` it removes the file and throws the error on. */
  fail(view: HostedView, error: unknown): void;
  rebuild(name: ProjectionName): void;
  positions(): readonly Position[];
  close(): void;
}

export const viewPath = (directory: string, name: ProjectionName): string => join(directory, `${name}.db`);

export function openHostedViews(
  setup: Pick<ViewsSetup, 'directory' | 'names'>,
  sources: Sources,
): HostedViews {
  const projections = createProjections({
    mailboxesMax: limits.views.mailboxesKeptMax,
    mime: limits.mime,
    factsAheadMax: limits.views.factsAheadMax,
  });
  const fileOf = (name: ProjectionName): ViewFile =>
    sqliteViewFile({ path: viewPath(setup.directory, name) });
  const open = (name: ProjectionName): ProjectionRunner =>
    openRunner(projections[name] as Projection, fileOf(name), sources);
  const all: readonly HostedView[] = setup.names.map((name) => ({
    ...{ name, projection: projections[name] as Projection },
    ...{ runner: open(name), broken: undefined },
  }));

  return {
    projections,
    all,
    sound(name) {
      const view = all.find((each) => each.name === name);
      if (view === undefined) throw new ViewsUnavailable('failed', `there is no view ${name} here`);
      if (view.broken !== undefined) throw new ViewsUnavailable('broken', view.broken);
      return view;
    },
    fail(view, error) {
      if (error instanceof ViewCorrupt) {
        view.runner.database.close();
        fileOf(view.name).remove();
        throw error;
      }
      view.broken = error instanceof Error ? error.message : String(error);
    },
    rebuild(name) {
      const view = all.find((each) => each.name === name);
      if (view === undefined) return;
      view.runner.database.close();
      view.projection.undone?.();
      fileOf(name).remove();
      view.runner = open(name);
      view.broken = undefined;
    },
    positions: () => all.map(({ name, runner, broken }) => ({ name, broken, ...runner.checkpoint() })),
    close() {
      for (const { runner } of all) runner.close();
    },
  };
}
