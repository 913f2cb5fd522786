/**
 * A child process of the durability test: appends to a log, from several writers at once, and writes
 * each acknowledged append to its standard output, until it is killed.
 */
import { writeSync } from 'node:fs';
import { newId } from '../../events/ids.ts';
import { openSqliteLog } from '../../src/log/sqlite/open-sqlite-log.ts';

const log = await openSqliteLog({ path: process.argv[2] ?? '' });
const writers = Array.from({ length: 8 }, async (_, writer) => {
  const stream = `session-${newId()}`;
  for (let at = 0; ; at++) {
    const events = Array.from({ length: 1 + (at % 3) }, () => ({
      id: newId(),
      type: 'Noted',
      data: Buffer.alloc(writer * 500, writer),
      metadata: Buffer.from('{}'),
    }));
    const { firstIndex } = await log.append(stream, 'any', events);
    // Synchronous: what is not written yet when the process dies was not acknowledged to anybody.
    writeSync(1, events.map((event, place) => `${firstIndex + place} ${event.id}\n`).join(''));
  }
});
await Promise.all(writers);
