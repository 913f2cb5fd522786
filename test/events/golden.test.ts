/**
 * Golden files: events as an earlier program stored them, and what they must still read as. A definition that
 * changes what its stored octets mean needs a new version, an upcaster and a file of its own here; the old files stay.
 * `CHANCERY_WRITE_GOLDEN=1` writes the files of versions that have none yet; it never rewrites one.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCodec } from '../../events/codec.ts';
import { type DomainEvent, definitions } from '../../events/domain-event.ts';
import { createMemoryKeys } from '../support/memory-keys.ts';
import { sampleEvents } from '../support/sample-events.ts';

const folder = join(import.meta.dirname, 'golden');
const eventId = '01900000-0000-7000-8000-0000000000ff';

interface Golden {
  readonly stream: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
  readonly reads: DomainEvent;
}

/** Every scope that the samples name has its key, derived from the scope's name. */
async function keysOfSamples() {
  const keys = createMemoryKeys();
  const codec = createCodec(keys);
  for (const [stream, event] of sampleEvents) await codec.encode(stream, eventId, event, meta);
  return keys;
}
const meta = { correlationId: 'c', causationId: 'd', at: 1_700_000_000_000, by: 'system' } as const;

const nameOf = (type: string): string => `${type}.v${definitions.get(type)?.version}.json`;

if (process.env.CHANCERY_WRITE_GOLDEN === '1') {
  const codec = createCodec(createMemoryKeys());
  for (const [stream, event] of sampleEvents) {
    const path = join(folder, nameOf(event.type));
    if (existsSync(path)) continue;
    const { data, metadata } = await codec.encode(stream, eventId, event, meta);
    const [dataText, metadataText] = [data, metadata].map((each) => Buffer.from(each).toString('utf8'));
    const golden = { stream, type: event.type, data: dataText, metadata: metadataText, reads: event };
    writeFileSync(path, `${JSON.stringify(golden, null, 2)}\n`);
  }
}

test('every event type in its current version has a golden file', () => {
  const files = new Set(readdirSync(folder));
  assert.deepEqual(
    [...definitions.keys()].map(nameOf).filter((name) => !files.has(name)),
    [],
  );
});

for (const name of readdirSync(folder)) {
  test(`still reads what was stored: ${name}`, async () => {
    const golden = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden;
    const { stream, type } = golden;
    const stored = await createCodec(await keysOfSamples()).decode({
      index: 0,
      revision: 0,
      id: eventId,
      stream,
      type,
      data: Buffer.from(golden.data),
      metadata: Buffer.from(golden.metadata),
    });
    assert.deepEqual(stored.event, golden.reads);
  });
}
