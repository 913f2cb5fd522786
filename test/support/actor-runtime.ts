/** A runtime for actors over a log in memory: a clock that only moves when told, ids, snapshots in memory. */
import type { ActorRuntime, Snapshot, SnapshotStore } from '../../actors/ports.ts';
import { createCodec } from '../../events/codec.ts';
import { newId } from '../../events/ids.ts';
import { createMemoryKeys, type MemoryKeys } from './memory-keys.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';

export interface TestRuntime extends ActorRuntime {
  readonly log: MemoryLog;
  readonly keys: MemoryKeys;
  readonly saved: Map<string, Snapshot>;
  readonly complaints: string[];
  advance(ms: number): void;
}

export function createTestRuntime(
  log: MemoryLog = createMemoryLog(),
  keys: MemoryKeys = createMemoryKeys(),
): TestRuntime {
  let now = 1_700_000_000_000;
  const saved = new Map<string, Snapshot>();
  const complaints: string[] = [];
  const snapshots: SnapshotStore = {
    load: async (stream, foldVersion) => saved.get(`${stream}/${foldVersion}`),
    save: async (stream, foldVersion, _scope, snapshot) => {
      saved.set(`${stream}/${foldVersion}`, snapshot);
    },
  };
  const note = (_details: object, message: string): void => {
    complaints.push(message);
  };
  return {
    log,
    keys,
    saved,
    complaints,
    snapshots,
    codec: createCodec(keys),
    logger: { warn: note, error: note },
    now: () => now,
    newId: () => newId(now),
    advance: (ms) => {
      now += ms;
    },
  };
}

export const testContext = { by: 'system', correlationId: 'test', causationId: 'test' } as const;
