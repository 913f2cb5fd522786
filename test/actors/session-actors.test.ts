/** Sessions: what of a connection stands on the log, and how much of it a client can cause. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actorLimits } from '../../actors/actor-limits.ts';
import { createEventSourcedActors } from '../../actors/event-sourced-actor.ts';
import { ActorUnavailable } from '../../actors/ports.ts';
import { createSessionActors, type SessionRecord, type SessionStart } from '../../actors/session-actors.ts';
import { sessionDecider } from '../../actors/session-decider.ts';
import { LogUnavailable } from '../../events/event-log.ts';
import type { SessionEvent } from '../../events/session.ts';
import { sessionStream } from '../../events/streams.ts';
import { createTestRuntime, type TestRuntime, testContext } from '../support/actor-runtime.ts';
import { testId } from '../support/event-script.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const reader = testId(1);
const end = { reason: 'quit', octetsIn: 10, octetsOut: 20 };

const startOf = (listener = 'imap', address = '192.0.2.1'): SessionStart => ({
  protocol: 'imap',
  listener,
  implicitTls: false,
  peer: { address, port: 50_000 },
  local: { address: '192.0.2.2', port: 143 },
});

const authenticated = (readerId = reader): SessionEvent => ({
  type: 'Authenticated',
  data: { mechanism: 'PLAIN', readerId, who: { authenticationId: 'alice', address: '192.0.2.1' } },
});
const opened: SessionEvent = {
  type: 'FolderOpened',
  data: { readerId: reader, accountId: reader, readOnly: false, act: { folderId: 1 } },
};
const read: SessionEvent = {
  type: 'MessagesRead',
  data: { readerId: reader, accountId: reader, act: { folderId: 1, uids: '1', part: 'BODY[]' } },
};
const refused = (n: number): SessionEvent => ({
  type: 'CommandRefused',
  data: { verb: 'RCPT', code: '550', reply: { text: `refusal ${n}` } },
});
const violated: SessionEvent = { type: 'ProtocolViolated', data: { what: 'bare LF' } };
const identified: SessionEvent = {
  type: 'ClientIdentified',
  data: { verb: 'EHLO', client: { name: 'client.example' } },
};

function noteTimes(record: SessionRecord, times: number, event: (n: number) => SessionEvent): void {
  for (let n = 0; n < times; n++) record.note(event(n), true);
}

async function eventsOf(runtime: TestRuntime, stream?: string): Promise<SessionEvent[]> {
  const stored = await Promise.all(
    runtime.log.events
      .filter((each) => stream === undefined || each.stream === stream)
      .map((each) => runtime.codec.decode(each)),
  );
  return stored.map((each) => each.event as SessionEvent);
}

const typesOf = (events: readonly SessionEvent[]): string[] => events.map((event) => event.type);

function closing(events: readonly SessionEvent[]) {
  const last = events.at(-1);
  assert.ok(last?.type === 'SessionClosed');
  return last.data;
}

describe('a session', () => {
  test('is on the log, in order, with its first significant fact', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    record.note(authenticated(), false);
    record.note(opened, false);
    assert.equal(runtime.log.events.length, 0);
    record.note(read, true);
    await record.flush();
    assert.equal(runtime.log.events.length, 4);
    record.noteRepeatedRead();
    record.noteRepeatedRead();
    await record.close(end);
    const events = await eventsOf(runtime, sessionStream(record.sessionId));
    assert.deepEqual(typesOf(events), [
      'SessionOpened',
      'Authenticated',
      'FolderOpened',
      'MessagesRead',
      'SessionClosed',
    ]);
    assert.deepEqual(closing(events), {
      ...end,
      messagesAccepted: 0,
      refusalsUncounted: 0,
      readsRepeated: 2,
    });
    await sessions.stop();
  });

  test('is durable when its flush resolves, not before', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    record.note(read, true);
    const release = runtime.log.hold();
    const flushed = record.flush().then(() => runtime.log.events.length);
    assert.equal(runtime.log.events.length, 0);
    release();
    assert.equal(await flushed, 2);
    await sessions.stop();
  });

  test('knows its reader after a login', async () => {
    const sessions = createSessionActors(createTestRuntime());
    const record = sessions.open(startOf());
    assert.equal(record.readerId, undefined);
    record.note(authenticated(), false);
    assert.equal(record.readerId, reader);
    await record.close(end);
    await sessions.stop();
  });

  test('leaves no stream of its own when it only logged in and selected', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    record.note(authenticated(), false);
    record.note(opened, false);
    await record.close(end);
    await sessions.stop();
    assert.deepEqual(await eventsOf(runtime, sessionStream(record.sessionId)), []);
    assert.deepEqual(typesOf(await eventsOf(runtime)), ['IdleLoginsCounted']);
  });

  test('that had messages accepted is on the log with their number', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    record.noteAccepted();
    record.noteAccepted();
    await record.close(end);
    const events = await eventsOf(runtime, sessionStream(record.sessionId));
    assert.deepEqual(typesOf(events), ['SessionOpened', 'SessionClosed']);
    assert.equal(closing(events).messagesAccepted, 2);
    await sessions.stop();
  });

  test('is written without being asked once it has kept back its share of facts', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    for (let n = 0; n < actorLimits.sessionPendingMax; n++) record.note(opened, false);
    await record.close(end);
    assert.equal(
      (await eventsOf(runtime, sessionStream(record.sessionId))).length,
      actorLimits.sessionPendingMax + 2,
    );
    await sessions.stop();
  });

  test('keeps the order of facts that are not ready when they are noted', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    const { promise, resolve } = Promise.withResolvers<SessionEvent>();
    record.note(promise, true);
    record.note(violated, true);
    const flushed = record.flush();
    resolve({ type: 'AuthenticationFailed', data: { mechanism: 'PLAIN', loginTag: 'ab' } });
    await flushed;
    assert.deepEqual(typesOf(await eventsOf(runtime)), [
      'SessionOpened',
      'AuthenticationFailed',
      'ProtocolViolated',
    ]);
    await sessions.stop();
  });

  test('is found again after a restart: opened once, and its refusals counted on', async () => {
    const before = createTestRuntime();
    const first = createEventSourcedActors(sessionDecider, before, { name: 'session', fresh: true });
    const opening: SessionEvent = {
      type: 'SessionOpened',
      data: {
        ...{ protocol: 'smtp', listener: 'smtp', implicitTls: false, openedAt: before.now() },
        peer: { address: '192.0.2.1', port: 1, localAddress: '192.0.2.2', localPort: 25 },
      },
    };
    const refusals = Array.from({ length: actorLimits.refusalsRecordedMax - 1 }, (_, n) => refused(n));
    const id = testId(9);
    await first.ask(id, { type: 'Record', events: [opening, ...refusals] }, testContext);
    await first.stop();
    // `fresh` as in the server: the stream is taken for new until the log says otherwise.
    const runtime = createTestRuntime(before.log, before.keys);
    const second = createEventSourcedActors(sessionDecider, runtime, { name: 'session', fresh: true });
    const events = [opening, refused(98), refused(99)];
    const { reply } = await second.ask(id, { type: 'Record', events }, testContext);
    assert.equal(reply.refusalsLeftOut, 1);
    const types = typesOf(await eventsOf(runtime, sessionStream(id)));
    assert.deepEqual(types, ['SessionOpened', ...Array(20).fill('CommandRefused')]);
    await second.stop();
  });
});

describe('a session under attack', () => {
  test('has twenty refusals on the log and the number of the others', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf('smtp'));
    noteTimes(record, 70, refused);
    await record.flush();
    noteTimes(record, 10, refused);
    await record.close(end);
    const events = await eventsOf(runtime, sessionStream(record.sessionId));
    assert.equal(typesOf(events).filter((type) => type === 'CommandRefused').length, 20);
    assert.equal(closing(events).refusalsUncounted, 60);
    await sessions.stop();
  });

  test('bounds violations and names given as well', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf('smtp'));
    noteTimes(record, 1_000, () => violated);
    noteTimes(record, 1_000, () => identified);
    await record.close(end);
    const events = await eventsOf(runtime, sessionStream(record.sessionId));
    assert.equal(events.length, 2 + 2 * actorLimits.refusalsRecordedMax);
    assert.equal(closing(events).refusalsUncounted, 1_000 - actorLimits.refusalsRecordedMax);
    await sessions.stop();
  });

  test('counts the refusals of a batch that is still being written when it closes', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf('smtp'));
    // Refusals that are not ready pass the record's own bound and meet the decider's.
    for (let n = 0; n < 70; n++) record.note(Promise.resolve(refused(n)), true);
    await record.close(end);
    const events = await eventsOf(runtime, sessionStream(record.sessionId));
    assert.equal(typesOf(events).filter((type) => type === 'CommandRefused').length, 20);
    assert.equal(closing(events).refusalsUncounted, 50);
    await sessions.stop();
  });
});

describe('a session whose facts cannot be written', () => {
  test('refuses the flush, says so, and later still begins with its opening', async () => {
    const runtime = createTestRuntime();
    let broken = true;
    const append: typeof runtime.log.append = async (stream, expected, events) => {
      if (broken) throw new RangeError('injected');
      return runtime.log.append(stream, expected, events);
    };
    const sessions = createSessionActors({ ...runtime, log: { ...runtime.log, append } });
    const record = sessions.open(startOf());
    record.note(read, true);
    await assert.rejects(record.flush(), ActorUnavailable);
    assert.ok(runtime.complaints.includes('a session could not be recorded'));
    broken = false;
    record.note(read, true);
    await record.flush();
    await record.close(end);
    const events = await eventsOf(runtime, sessionStream(record.sessionId));
    assert.deepEqual(typesOf(events), ['SessionOpened', 'MessagesRead', 'SessionClosed']);
    await sessions.stop();
  });

  test('records the other facts when one could not be made', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    const failed = Promise.reject<SessionEvent>(new LogUnavailable('injected', { outcomeUnknown: false }));
    record.note(failed, true);
    record.note(violated, true);
    await assert.rejects(record.flush(), LogUnavailable);
    assert.deepEqual(typesOf(await eventsOf(runtime)), ['SessionOpened', 'ProtocolViolated']);
    await record.close(end);
    await sessions.stop();
  });

  test('does not end the process by a fact that failed and was never written', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const record = sessions.open(startOf());
    record.note(Promise.reject<SessionEvent>(new TypeError('injected')), false);
    await record.close(end);
    await sessions.stop();
    assert.deepEqual(typesOf(await eventsOf(runtime)), ['SilentConnectionsCounted']);
  });
});

describe('what is counted', () => {
  async function connect(sessions: ReturnType<typeof createSessionActors>, listener: string): Promise<void> {
    await sessions.open(startOf(listener)).close(end);
  }
  async function logIn(sessions: ReturnType<typeof createSessionActors>, readerId: string, address: string) {
    const record = sessions.open(startOf('imap', address));
    record.note(authenticated(readerId), false);
    await record.close(end);
  }

  test('are connections that say nothing, by the minute and listener', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const minute = Math.floor(runtime.now() / minuteMs) * minuteMs;
    for (let n = 0; n < 100; n++) await connect(sessions, 'smtp');
    await connect(sessions, 'pop3');
    runtime.advance(minuteMs);
    await connect(sessions, 'smtp');
    await sessions.stop();
    const counts = (await eventsOf(runtime)).map((event) => {
      assert.ok(event.type === 'SilentConnectionsCounted');
      return [event.data.listener, event.data.minute - minute, event.data.connections];
    });
    assert.deepEqual(counts, [
      ['smtp', 0, 100],
      ['pop3', 0, 1],
      ['smtp', minuteMs, 1],
    ]);
  });

  test('are logins that did nothing, by the hour and account, with a share of their addresses', async () => {
    const runtime = createTestRuntime();
    const sessions = createSessionActors(runtime);
    const hour = Math.floor(runtime.now() / hourMs) * hourMs;
    for (let n = 0; n < 50; n++) await logIn(sessions, reader, `192.0.2.${n}`);
    await logIn(sessions, testId(2), '192.0.2.1');
    runtime.advance(hourMs);
    await logIn(sessions, reader, '192.0.2.1');
    await sessions.stop();
    const counts = (await eventsOf(runtime)).map((event) => {
      assert.ok(event.type === 'IdleLoginsCounted');
      const { readerId, logins, from } = event.data;
      const addresses = 'addresses' in from ? from.addresses.length : 0;
      return [readerId, event.data.hour - hour, logins, addresses];
    });
    assert.deepEqual(counts, [
      [reader, 0, 50, 32],
      [testId(2), 0, 1, 1],
      [reader, hourMs, 1, 1],
    ]);
  });

  test('goes on being written after an append whose outcome nobody knows', async () => {
    const runtime = createTestRuntime();
    let failures = 1;
    const append: typeof runtime.log.append = async (stream, expected, events) => {
      const stored = await runtime.log.append(stream, expected, events);
      if (failures-- > 0) throw new RangeError('injected');
      return stored;
    };
    const sessions = createSessionActors({ ...runtime, log: { ...runtime.log, append } });
    for (const listener of ['smtp', 'imap']) {
      await connect(sessions, listener);
      runtime.advance(minuteMs);
    }
    await sessions.stop();
    assert.deepEqual(runtime.complaints, ['counted sessions could not be recorded']);
    assert.equal(runtime.log.events.length, 2);
  });

  test('goes to a stream of its own in each run of the server', async () => {
    const before = createTestRuntime();
    const first = createSessionActors(before);
    await connect(first, 'smtp');
    await first.stop();
    const second = createSessionActors(createTestRuntime(before.log, before.keys));
    await connect(second, 'smtp');
    await second.stop();
    assert.equal(before.log.events.length, 2);
    assert.equal(new Set(before.log.events.map((each) => each.stream)).size, 2);
  });
});
