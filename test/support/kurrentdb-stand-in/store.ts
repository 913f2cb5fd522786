/**
 * The stand-in's memory: one log of records with positions that have gaps, as a real `$all` has, and
 * the server's rules for appends (expected revision, idempotent retry, size limit). It outlives a
 * restart of the stand-in, as a disk would. Nothing is ever deleted from it.
 */

export interface StoredRecord {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** Commit and prepare position: for a record that was written alone they are the same. */
  readonly position: bigint;
}

export interface ProposedRecord {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export type ExpectedState = number | 'no_stream' | 'any' | 'stream_exists';

export type AppendOutcome =
  | { readonly kind: 'stored'; readonly lastRevision: number; readonly position: bigint }
  | { readonly kind: 'conflict'; readonly currentRevision: number | undefined }
  | { readonly kind: 'too-large'; readonly octetsMax: number };

export interface MemoryLog {
  readonly all: readonly StoredRecord[];
  stream(name: string): readonly StoredRecord[];
  append(stream: string, expected: ExpectedState, events: readonly ProposedRecord[]): AppendOutcome;
  /** Calls back after each append that stored something; the returned function ends it. */
  onStored(listener: () => void): () => void;
}

/** Up to version 25.0 the server refuses larger appends. */
const appendOctetsMax = 1024 * 1024;

function octetsOf(events: readonly ProposedRecord[]): number {
  return events.reduce((sum, event) => sum + event.data.length + event.metadata.length, 0);
}

/** `withNoise` puts records of system and foreign streams between ours, as a shared server has them. */
export function createMemoryLog(withNoise: boolean): MemoryLog {
  const all: StoredRecord[] = [];
  const streams = new Map<string, StoredRecord[]>();
  const listeners = new Set<() => void>();
  let writePosition = 1000n;
  let appends = 0;

  function store(stream: string, events: readonly ProposedRecord[]): void {
    const records = streams.get(stream) ?? [];
    streams.set(stream, records);
    for (const event of events) {
      const record = { ...event, stream, revision: records.length, position: writePosition };
      records.push(record);
      all.push(record);
      writePosition += BigInt(128 + event.data.length + event.metadata.length);
    }
  }

  function storeNoise(): void {
    const json = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
    const noise = (type: string): ProposedRecord => ({
      id: crypto.randomUUID(),
      type,
      contentType: 'application/json',
      data: json('{"noise":true}'),
      metadata: json(''),
    });
    appends += 1;
    if (appends % 3 === 0) store('$stats-127.0.0.1:2113', [noise('$statsCollected')]);
    if (appends % 5 === 0) store('order-1', [noise('OrderPlaced'), noise('OrderPaid')]);
    if (appends % 7 === 0) store('messages-1', [noise('NotOurs')]);
    if (appends % 11 === 0) store('$$message-1', [noise('$metadata')]);
  }

  function standsAt(records: readonly StoredRecord[], from: number, events: readonly ProposedRecord[]) {
    return events.every((event, at) => records[from + at]?.id === event.id);
  }

  function stored(records: readonly StoredRecord[], lastRevision: number): AppendOutcome {
    return { kind: 'stored', lastRevision, position: records[lastRevision]?.position ?? 0n };
  }

  return {
    all,
    stream: (name) => streams.get(name) ?? [],
    append(stream, expected, events) {
      if (octetsOf(events) > appendOctetsMax) return { kind: 'too-large', octetsMax: appendOctetsMax };
      const records = streams.get(stream) ?? [];
      const last = records.length - 1;
      const expectedRevision = expected === 'no_stream' ? -1 : expected;
      if (typeof expectedRevision === 'number' && expectedRevision !== last) {
        if (expectedRevision < last && standsAt(records, expectedRevision + 1, events)) {
          return stored(records, expectedRevision + events.length);
        }
        return { kind: 'conflict', currentRevision: last < 0 ? undefined : last };
      }
      if (expectedRevision === 'stream_exists' && last < 0) {
        return { kind: 'conflict', currentRevision: undefined };
      }
      if (withNoise) storeNoise();
      store(stream, events);
      for (const listener of listeners) listener();
      const written = streams.get(stream) ?? [];
      return stored(written, written.length - 1);
    },
    onStored(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
