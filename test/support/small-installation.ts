/**
 * An installation without listeners: an engine on a data directory of its own, with three people, into which a test
 * puts mail as SMTP would.
 */
import { startDispatcher } from '../../actors/dispatcher.ts';
import { messageScope } from '../../events/scope-keys.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Engine, openEngine } from '../../src/engine/engine.ts';
import { createSilentLogger } from '../../src/logger.ts';
import { createMessageIntake } from '../../src/mail/message-intake.ts';
import { createSessionRecords } from '../../src/mail/session-records.ts';
import { prepareInstallation } from '../../src/server/first-start.ts';

const env = { CHANCERY_DEMO_PASSWORD: 'a demonstration' };

export const configOf = (dataDirectory: string): Config => loadConfig({ dataDir: dataDirectory }, env);

/** With the accounts alice, bob and auditor of example.test. */
export async function openInstallation(dataDirectory: string): Promise<Engine> {
  const engine = await openEngine(configOf(dataDirectory), env, createSilentLogger());
  await prepareInstallation(engine);
  return engine;
}

/** From alice to bob, and waits until it is delivered. Resolves with the message's id. */
export async function sendMail(engine: Engine, messageIdHeader: string, subject: string): Promise<string> {
  const session = createSessionRecords(
    engine.sessions,
    engine.keys,
    engine.runtime.now,
  )({
    protocol: 'submission',
    listener: 'submission',
    implicitTls: true,
    peer: { address: '192.0.2.7', port: 40_000 },
    local: { address: '192.0.2.1', port: 465 },
  });
  session.note({ type: 'ClientIdentified', verb: 'EHLO', name: 'laptop.example.test' });
  const index = await engine.directory.current();
  const bob = index.accountByAddress('bob', 'example.test')?.accountId ?? '';
  const intake = createMessageIntake(engine.runtime, engine.contents, {
    dataDirectory: engine.config.dataDirectory,
    reserveOctets: 0,
  });
  const incoming = intake.receive(session);
  await incoming.write(
    Buffer.from(`Message-ID: ${messageIdHeader}\r\nSubject: ${subject}\r\n\r\nHello.\r\n`),
  );
  await incoming.finish({
    origin: 'submission',
    newlinesNormalized: false,
    recipients: [{ accountIds: [bob] }],
    envelope: {
      reversePath: { asSent: '<alice@example.test>', address: 'alice@example.test' },
      parameters: [],
      helo: 'laptop.example.test',
      protocol: 'ESMTPSA',
      peerAddress: '192.0.2.7',
    },
    summary: { messageIdHeader, subject, from: 'alice@example.test' },
    forwardPaths: [
      {
        scope: messageScope(incoming.messageId),
        value: { asSent: '<bob@example.test>', address: 'bob@example.test', parameters: [] },
      },
    ],
    traceHeader: 'Received: from laptop.example.test\r\n',
    hidden: [],
  });
  await session.close({ reason: 'QUIT', octetsIn: 100, octetsOut: 100 });
  await deliver(engine);
  return incoming.messageId;
}

async function deliver(engine: Engine): Promise<void> {
  const from = await engine.stores.log.head();
  const delivered = Promise.withResolvers<void>();
  const following = engine.stores.log.follow(0, ({ events }) => {
    if (events.some(({ type, index }) => type === 'MessageDelivered' && index >= from)) delivered.resolve();
  });
  following.done.catch(delivered.reject);
  const dispatcher = await startDispatcher(engine.runtime, engine.mailboxes, engine.localQueue);
  await delivered.promise;
  await dispatcher.stop();
  await following.stop();
}
