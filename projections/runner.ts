/**
 * Runs one projection over its view: from the checkpoint on, batch by batch, the tables and the checkpoint
 * in one transaction, so that every event counts exactly once whatever happens in between. A view of another
 * version, with other tables, or that is no database any more is rebuilt from zero.
 *
 * Fails with `ProjectionBroken` when an event cannot be applied (nothing of its batch stands then),
 * `SourceUnavailable` or `ViewStalled` when it should be tried again, `ViewCorrupt` when the view should be
 * rebuilt.
 */
import { createHash } from 'node:crypto';
import type { StoredEvent } from '../events/codec.ts';
import type { LogIndex } from '../events/event-log.ts';
import type { KeyScope } from '../events/scope-keys.ts';
import { type Projection, type Sources, SourceUnavailable } from './projection.ts';
import { ViewCorrupt, type ViewDatabase, type ViewFile, ViewStalled } from './view-database.ts';

/** How far a view has come: every event below `next` is in it; `lastId` is the id of the one before. */
export interface Checkpoint {
  readonly next: LogIndex;
  readonly lastId: string | null;
}

/** What lies between `first` and `next` in the log; `events` are those that somebody handles. */
export interface EventBatch {
  readonly first: LogIndex;
  readonly next: LogIndex;
  /** Id of the event at `next - 1`. */
  readonly lastId: string;
  readonly events: readonly StoredEvent[];
}

export interface ProjectionRunner {
  readonly projection: Projection;
  readonly database: ViewDatabase;
  checkpoint(): Checkpoint;
  /** Skips what is below the checkpoint. One call at a time. */
  apply(batch: EventBatch): Promise<void>;
  /** Removes what stood under a destroyed key, from the files too. Not while `apply` runs. */
  purge(scope: KeyScope): void;
  close(): void;
}

export class ProjectionBroken extends Error {
  override readonly name = 'ProjectionBroken';
  readonly projection: string;
  readonly index: LogIndex;
  constructor(projection: string, index: LogIndex, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`projection ${projection} cannot apply event ${index}: ${reason}`, { cause });
    this.projection = projection;
    this.index = index;
  }
}

const checkpointSchema = `CREATE TABLE IF NOT EXISTS checkpoint (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  projection TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema TEXT NOT NULL,
  next INTEGER NOT NULL,
  last_id TEXT
) STRICT`;

/** Events that pass without being handled before the checkpoint is written all the same. */
const unwrittenEventsMax = 4096;

export function openRunner(projection: Projection, file: ViewFile, sources: Sources): ProjectionRunner {
  const { database, checkpoint: found } = openView(projection, file);
  let checkpoint = found;
  let written = found.next;

  const writeCheckpoint = (next: Checkpoint): void => {
    database.run('UPDATE checkpoint SET next = ?, last_id = ?', next.next, next.lastId);
  };

  async function apply(batch: EventBatch): Promise<void> {
    if (batch.next <= checkpoint.next) return;
    if (batch.first > checkpoint.next)
      throw new RangeError(
        `${projection.name}: the batch begins at ${batch.first}, behind ${checkpoint.next}`,
      );
    const from = checkpoint.next;
    const next = { next: batch.next, lastId: batch.lastId };
    const events = batch.events.filter(
      (event) => event.index >= from && projection.handles.has(event.event.type),
    );
    const prepared = await prepareAll(projection, events, sources);
    if (events.length > 0 || next.next - written >= unwrittenEventsMax) {
      applyAll(projection, database, events, prepared, () => writeCheckpoint(next));
      written = next.next;
    }
    checkpoint = next;
  }

  return {
    projection,
    database,
    checkpoint: () => checkpoint,
    apply,
    purge(scope) {
      if (projection.purge === undefined) return;
      try {
        database.transaction(() => projection.purge?.(database, scope));
      } finally {
        projection.undone?.();
      }
      database.scrub();
    },
    close() {
      if (written < checkpoint.next) database.transaction(() => writeCheckpoint(checkpoint));
      database.close();
    },
  };
}

async function prepareAll(
  projection: Projection,
  events: readonly StoredEvent[],
  sources: Sources,
): Promise<readonly unknown[]> {
  if (projection.prepare === undefined) return [];
  const prepared: unknown[] = [];
  for (const event of events) {
    try {
      prepared.push(await projection.prepare(event, sources));
    } catch (error) {
      if (error instanceof SourceUnavailable) throw error;
      throw new ProjectionBroken(projection.name, event.index, error);
    }
  }
  return prepared;
}

function applyAll(
  projection: Projection,
  database: ViewDatabase,
  events: readonly StoredEvent[],
  prepared: readonly unknown[],
  finish: () => void,
): void {
  let at: StoredEvent | undefined;
  try {
    database.transaction(() => {
      for (const [n, event] of events.entries()) {
        at = event;
        projection.apply(database, event, prepared[n]);
      }
      at = undefined;
      finish();
    });
  } catch (error) {
    projection.undone?.();
    if (error instanceof ViewCorrupt || error instanceof ViewStalled || at === undefined) throw error;
    throw new ProjectionBroken(projection.name, at.index, error);
  }
}

function openView(
  projection: Projection,
  file: ViewFile,
): { readonly database: ViewDatabase; readonly checkpoint: Checkpoint } {
  const existing = tryOpen(file);
  if (existing !== undefined) {
    const checkpoint = readCheckpoint(projection, existing);
    if (checkpoint !== undefined) return { database: existing, checkpoint };
    existing.close();
  }
  file.remove();
  const database = file.open();
  try {
    database.transaction(() => {
      for (const statement of [...projection.schema, checkpointSchema]) database.exec(statement);
      database.run(
        'INSERT INTO checkpoint (one, projection, version, schema, next, last_id) VALUES (1, ?, ?, ?, 0, NULL)',
        projection.name,
        projection.version,
        schemaMark(projection),
      );
    });
  } catch (error) {
    database.close();
    throw error;
  }
  return { database, checkpoint: { next: 0, lastId: null } };
}

function tryOpen(file: ViewFile): ViewDatabase | undefined {
  try {
    return file.open();
  } catch (error) {
    if (error instanceof ViewCorrupt) return undefined;
    throw error;
  }
}

/** Undefined when the view is empty, broken, or not of this projection's version. */
function readCheckpoint(projection: Projection, database: ViewDatabase): Checkpoint | undefined {
  try {
    const known = database.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'checkpoint'");
    if (known === undefined) return undefined;
    const row = database.get<{
      projection: string;
      version: number;
      schema: string;
      next: number;
      last_id: string | null;
    }>('SELECT projection, version, schema, next, last_id FROM checkpoint');
    const current =
      row?.projection === projection.name &&
      row.version === projection.version &&
      row.schema === schemaMark(projection);
    return current ? { next: row.next, lastId: row.last_id } : undefined;
  } catch (error) {
    if (error instanceof ViewCorrupt) return undefined;
    throw error;
  }
}

/** Tables that were changed without a new version are rebuilt as well. */
const schemaMark = (projection: Projection): string =>
  createHash('sha256').update(JSON.stringify(projection.schema)).digest('hex').slice(0, 16);
