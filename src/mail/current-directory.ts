/**
 * The directory, current as of each question: no 5xx and no failed login rests on a view that is not known to be
 * current (`ServiceUnavailable` then).
 */
import type { Codec } from '../../events/codec.ts';
import type { DirectoryEvent } from '../../events/directory.ts';
import type { EventLog } from '../../events/event-log.ts';
import { directoryStream } from '../../events/streams.ts';
import { createDirectoryIndex, type DirectoryIndex } from '../../projections/directory-index.ts';
import { ServiceUnavailable } from './service-unavailable.ts';
import { within } from './within.ts';

export interface CurrentDirectory {
  /** The index, having seen every event that was in the log when it was asked for. */
  current(): Promise<DirectoryIndex>;
}

const currentWithinMs = 5_000;

export function createCurrentDirectory(log: EventLog, codec: Codec): CurrentDirectory {
  const index = createDirectoryIndex();
  let catchingUp: Promise<void> | undefined;

  async function catchUp(): Promise<void> {
    for await (const recorded of log.readStream(directoryStream, { from: index.revision + 1 })) {
      const { event } = await codec.decode(recorded);
      if (event.type === 'Unknown') index.passOver(recorded.revision);
      else index.apply(event as DirectoryEvent, recorded.revision);
    }
  }

  async function reach(revision: number): Promise<void> {
    while (index.revision < revision) {
      catchingUp ??= catchUp().finally(() => {
        catchingUp = undefined;
      });
      await catchingUp;
    }
  }

  return {
    async current() {
      try {
        const revision = await within(currentWithinMs, log.lastRevision(directoryStream));
        if (index.revision < revision) await within(currentWithinMs, reach(revision));
        return index;
      } catch (cause) {
        throw new ServiceUnavailable('the directory is not known to be current', { cause });
      }
    },
  };
}
