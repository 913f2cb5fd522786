/**
 * The log's writing worker: carries out appends, many in one transaction (see `worker-service.ts`).
 *
 * It alone writes the file, so it may remember where streams end and which index comes next; all of
 * that is forgotten when anything was rolled back.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { ExpectedRevision, Revision } from '../../../events/event-log.ts';
import { limits } from '../../limits.ts';
import type { Framed } from '../../sqlite/wire.ts';
import { serveSqlite } from '../../sqlite/worker-service.ts';
import { boundedMap } from './bounded-map.ts';
import type { AppendAnswer, AppendRequest, LogSetup, WriterHello } from './protocol.ts';
import { recentIds } from './recent-ids.ts';
import { openLogDatabase, readNumber } from './schema.ts';
import { uuidToOctets } from './uuid-octets.ts';

interface StreamEnd {
  readonly streamId: number;
  readonly revision: Revision;
}

serveSqlite<LogSetup, WriterHello, AppendRequest, AppendAnswer>((setup) => {
  const database = openLogDatabase(setup.path, { pagesMax: setup.pagesMax });
  const appender = logAppender(database);
  return {
    database,
    writes: true,
    hello: { next: appender.next() },
    handle: (request, octets): Framed<AppendAnswer> => ({
      head: appender.append(request, octets),
      octets: [],
    }),
    undone: appender.forget,
  };
});

function logAppender(database: DatabaseSync) {
  const sql = statements(database);
  const ends = boundedMap<string, StreamEnd>(limits.log.headsKeptMax);
  const typeIds = new Map<string, number>();
  const recent = recentIds(database);
  let next: number | undefined;

  const nextIndex = (): number => {
    next ??= (readNumber(sql.lastIndex.get()) ?? -1) + 1;
    return next;
  };

  const endOf = (stream: string): StreamEnd | undefined => {
    const known = ends.get(stream);
    if (known !== undefined) return known;
    const streamId = readNumber(sql.streamByName.get(stream));
    if (streamId === undefined) return undefined;
    return { streamId, revision: readNumber(sql.lastRevision.get(streamId)) ?? -1 };
  };

  const typeId = (name: string): number => {
    const known = typeIds.get(name) ?? readNumber(sql.typeByName.get(name));
    const id = known ?? Number(sql.insertType.run(name).lastInsertRowid);
    typeIds.set(name, id);
    return id;
  };

  /** Where the ids stand in a row from a revision on; undefined when they do not. */
  const standing = (end: StreamEnd, first: Revision, ids: readonly string[]): AppendAnswer | undefined => {
    const rows = sql.idsInStream.all(end.streamId, first, first + ids.length - 1);
    if (rows.length !== ids.length) return undefined;
    const indexes: number[] = [];
    for (const [at, row] of rows.entries()) {
      const [index, id] = Object.values(row);
      if (!(id instanceof Uint8Array) || !Buffer.from(id).equals(uuidToOctets(ids[at] ?? '')))
        return undefined;
      indexes.push(Number(index));
    }
    return {
      kind: 'appended',
      firstRevision: first,
      firstIndex: indexes[0] ?? -1,
      lastIndex: indexes.at(-1) ?? -1,
      repeated: true,
      head: end.revision,
    };
  };

  const repeatOf = (
    end: StreamEnd,
    expected: ExpectedRevision,
    ids: readonly string[],
  ): AppendAnswer | undefined => {
    if (expected !== 'any') {
      const behind = revisionOf(expected);
      return behind < end.revision ? standing(end, behind + 1, ids) : undefined;
    }
    const index = recent.find(ids[0] ?? '');
    const place = index === undefined ? undefined : sql.placeOfIndex.get(index);
    const [streamId, revision] = place === undefined ? [] : Object.values(place);
    return streamId === end.streamId ? standing(end, Number(revision), ids) : undefined;
  };

  const write = (request: AppendRequest, octets: readonly Uint8Array[], end: StreamEnd): AppendAnswer => {
    const firstIndex = nextIndex();
    let index = firstIndex;
    let revision = end.revision;
    for (const [at, id] of request.ids.entries()) {
      const data = octets[at * 2] as Uint8Array;
      const metadata = octets[at * 2 + 1] as Uint8Array;
      const type = typeId(request.types[at] as string);
      sql.insertEvent.run(index, end.streamId, ++revision, uuidToOctets(id), type, data, metadata);
      recent.add(id, index++);
    }
    next = index;
    ends.set(request.stream, { streamId: end.streamId, revision });
    return {
      kind: 'appended',
      firstRevision: end.revision + 1,
      firstIndex,
      lastIndex: index - 1,
      repeated: false,
      head: revision,
    };
  };

  return {
    next: nextIndex,
    append(request: AppendRequest, octets: readonly Uint8Array[]): AppendAnswer {
      const end = endOf(request.stream);
      const actual = end?.revision ?? -1;
      const repeated = end && repeatOf(end, request.expected, request.ids);
      if (repeated) return repeated;
      if (request.expected !== 'any' && revisionOf(request.expected) !== actual) {
        return { kind: 'conflict', actual };
      }
      const streamId = end?.streamId ?? Number(sql.insertStream.run(request.stream).lastInsertRowid);
      return write(request, octets, { streamId, revision: actual });
    },
    forget(): void {
      next = undefined;
      ends.clear();
      typeIds.clear();
      recent.forget();
    },
  };
}

const revisionOf = (expected: Revision | 'none'): Revision => (expected === 'none' ? -1 : expected);

function statements(database: DatabaseSync) {
  const numberQuery = (sql: string) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  return {
    lastIndex: numberQuery('SELECT max(log_index) FROM events'),
    streamByName: numberQuery('SELECT stream_id FROM streams WHERE name = ?'),
    lastRevision: numberQuery('SELECT max(revision) FROM events WHERE stream_id = ?'),
    typeByName: numberQuery('SELECT type_id FROM event_types WHERE name = ?'),
    insertType: database.prepare('INSERT INTO event_types (name) VALUES (?)'),
    insertStream: database.prepare('INSERT INTO streams (name) VALUES (?)'),
    idsInStream: database.prepare(
      'SELECT log_index, event_id FROM events WHERE stream_id = ? AND revision BETWEEN ? AND ? ORDER BY revision',
    ),
    placeOfIndex: database.prepare('SELECT stream_id, revision FROM events WHERE log_index = ?'),
    insertEvent: database.prepare(
      'INSERT INTO events (log_index, stream_id, revision, event_id, type_id, data, metadata) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
  };
}
