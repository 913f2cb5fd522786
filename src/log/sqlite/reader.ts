/**
 * The log's reading worker: a read-only connection of its own, so that reads never wait behind commits.
 * A page is bounded in events and octets, so that a long read lets others in between.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { limits } from '../../limits.ts';
import type { Framed } from '../../sqlite/wire.ts';
import { serveSqlite } from '../../sqlite/worker-service.ts';
import type { LogSetup, ReadAnswer, ReadRequest } from './protocol.ts';
import { openLogDatabase, readNumber } from './schema.ts';
import { uuidFromOctets } from './uuid-octets.ts';

serveSqlite<LogSetup, null, ReadRequest, ReadAnswer>((setup) => {
  const database = openLogDatabase(setup.path, { readOnly: true });
  return { database, writes: false, hello: null, handle: logReader(database) };
});

/** log_index, stream, revision, event_id, type_id, data, metadata */
type EventRow = readonly [number, string, number, Uint8Array, number, Uint8Array, Uint8Array];

function logReader(database: DatabaseSync): (request: ReadRequest) => Framed<ReadAnswer> {
  const sql = statements(database);
  const typeNames = new Map<number, string>();

  const typeName = (typeId: number): string => {
    let name = typeNames.get(typeId);
    if (name === undefined) {
      const row: unknown = sql.typeById.get(typeId);
      name = String(Array.isArray(row) ? row[0] : '');
      typeNames.set(typeId, name);
    }
    return name;
  };

  const lastRevision = (stream: string): { streamId: number; last: number } => {
    const streamId = readNumber(sql.streamByName.get(stream)) ?? -1;
    return { streamId, last: streamId < 0 ? -1 : (readNumber(sql.lastRevision.get(streamId)) ?? -1) };
  };

  const numberAnswer = (value: number): Framed<ReadAnswer> => ({
    head: { kind: 'number', value },
    octets: [],
  });

  return (request) => {
    switch (request.kind) {
      case 'head':
        return numberAnswer((readNumber(sql.lastIndex.get()) ?? -1) + 1);
      case 'last-revision':
        return numberAnswer(lastRevision(request.stream).last);
      case 'all':
        return page(sql.all.iterate(request.from, request.before, request.eventsMax), typeName, -1);
      case 'stream': {
        const { streamId, last } = lastRevision(request.stream);
        const { from, until, eventsMax } = request;
        const rows = request.backwards
          ? sql.backwards.iterate(request.stream, streamId, from, eventsMax)
          : sql.forwards.iterate(request.stream, streamId, from, until, eventsMax);
        return page(rows, typeName, last);
      }
      default:
        return request satisfies never;
    }
  };
}

function page(
  rows: ReturnType<StatementSync['iterate']>,
  typeName: (typeId: number) => string,
  lastRevision: number,
): Framed<ReadAnswer> {
  const places = new Map<string, number>();
  const place = (name: string): number => {
    let at = places.get(name);
    if (at === undefined) {
      at = places.size;
      places.set(name, at);
    }
    return at;
  };
  const [indexes, streams, revisions, types]: [number[], number[], number[], number[]] = [[], [], [], []];
  const ids: string[] = [];
  const octets: Uint8Array[] = [];
  let size = 0;
  for (const row of rows as Iterable<unknown>) {
    const [index, stream, revision, id, typeId, data, metadata] = row as EventRow;
    indexes.push(index);
    streams.push(place(stream));
    revisions.push(revision);
    ids.push(uuidFromOctets(id));
    types.push(place(typeName(typeId)));
    octets.push(data, metadata);
    size += data.byteLength + metadata.byteLength;
    if (size >= limits.log.pageOctetsMax) break;
  }
  const names = [...places.keys()];
  return {
    head: { kind: 'page', page: { names, indexes, streams, revisions, ids, types, lastRevision } },
    octets,
  };
}

function statements(database: DatabaseSync) {
  const arrays = (sql: string): StatementSync => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  const columns = 'revision, event_id, type_id, data, metadata';
  return {
    lastIndex: arrays('SELECT max(log_index) FROM events'),
    streamByName: arrays('SELECT stream_id FROM streams WHERE name = ?'),
    lastRevision: arrays('SELECT max(revision) FROM events WHERE stream_id = ?'),
    typeById: arrays('SELECT name FROM event_types WHERE type_id = ?'),
    // CROSS JOIN fixes the order of the loops: events in their own order, then each one's name.
    all: arrays(
      `SELECT log_index, name, ${columns} FROM events CROSS JOIN streams USING (stream_id)
       WHERE log_index >= ? AND log_index < ? ORDER BY log_index LIMIT ?`,
    ),
    forwards: arrays(
      `SELECT log_index, ?, ${columns} FROM events
       WHERE stream_id = ? AND revision >= ? AND revision <= ? ORDER BY revision LIMIT ?`,
    ),
    backwards: arrays(
      `SELECT log_index, ?, ${columns} FROM events
       WHERE stream_id = ? AND revision <= ? ORDER BY revision DESC LIMIT ?`,
    ),
  };
}
