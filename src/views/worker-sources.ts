/**
 * What the views' worker reads beside the log: scope keys and sealed contents, in place, from the stores that
 * the main process writes. Keys are kept in a bounded cache; `forget` drops one that was destroyed.
 */
import type { KeyScope, ScopeKey, ScopeKeys } from '../../events/scope-keys.ts';
import { boundedMap } from '../../projections/bounded-map.ts';
import { ContentGone, type Sources, SourceUnavailable } from '../../projections/projection.ts';
import { openSqliteBlobReader } from '../blobs/sqlite/open-sqlite-blob-reader.ts';
import { readContent } from '../content/content-reader.ts';
import { ContentErased } from '../content/errors.ts';
import { readMessage } from '../content/message-reader.ts';
import { openSqliteKeyReader } from '../keys/sqlite/open-sqlite-key-reader.ts';
import { limits } from '../limits.ts';
import type { ViewsSetup } from './wire.ts';

export interface WorkerSources {
  readonly keys: ScopeKeys;
  readonly sources: Sources;
  forget(scope: KeyScope): void;
  close(): void;
}

export function openWorkerSources(setup: Pick<ViewsSetup, 'keys' | 'blobs'>): WorkerSources {
  const reader = openSqliteKeyReader(setup.keys);
  const blobs = openSqliteBlobReader(setup.blobs);
  const kept = boundedMap<KeyScope, ScopeKey>(limits.views.keysKeptMax);

  const find = (scope: KeyScope): ScopeKey | undefined => {
    const known = kept.get(scope);
    if (known !== undefined) return known;
    const key = reader.get(scope);
    if (key !== undefined) kept.set(scope, key);
    return key;
  };
  const contents = {
    read: (source: Parameters<typeof readContent>[1], offset?: number, length?: number) =>
      readContent(
        { key: (messageId) => find(`message/${messageId}`), read: blobs.read },
        source,
        offset,
        length,
      ),
  };

  return {
    keys: {
      cached: find,
      get: async (scope) => find(scope),
      ensure: () => Promise.reject(new TypeError('a view makes no keys')),
    },
    sources: {
      async *readContent({ messageId, blobId, segments, inline }) {
        try {
          yield* readMessage(contents, { segments, inline, content: { messageId, blobId } });
        } catch (error) {
          throw asSourceError(error);
        }
      },
    },
    forget: (scope) => kept.delete(scope),
    close() {
      reader.close();
      blobs.close();
    },
  };
}

function asSourceError(error: unknown): unknown {
  if (error instanceof ContentErased) return new ContentGone(error.message, { cause: error });
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const passing = name === 'KeyStoreUnavailable' || name === 'BlobStoreUnavailable';
  return passing ? new SourceUnavailable(message, { cause: error }) : error;
}
