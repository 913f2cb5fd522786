/**
 * The server: the engine, the dispatcher and the listeners. Starting fails as a whole: what was opened is closed
 * again, and the error says what was wrong.
 */
import { startDispatcher } from '../../actors/dispatcher.ts';
import { createAdminHandlers } from '../admin/admin-handlers.ts';
import type { Config, ListenerConfig } from '../config/config.ts';
import { startControlServer } from '../control/server.ts';
import { type Engine, openEngine } from '../engine/engine.ts';
import { dataPaths } from '../engine/open-stores.ts';
import { startImapListener } from '../imap/listener.ts';
import type { Logger } from '../logger.ts';
import { createAuthenticator } from '../mail/authenticator.ts';
import { createMailboxService } from '../mail/mailbox-service.ts';
import { createMailboxViews } from '../mail/mailbox-views.ts';
import { createMessageIntake } from '../mail/message-intake.ts';
import { createNetworkSet } from '../mail/network-set.ts';
import { createSessionRecords } from '../mail/session-records.ts';
import { startPop3Listener } from '../pop3/listener.ts';
import { startSmtpListener } from '../smtp/listener.ts';
import { openTlsIdentity, type TlsIdentity } from '../tls/identity.ts';
import { type NewAccount, prepareInstallation } from './first-start.ts';
import { createSmtpServices } from './smtp-services.ts';

export interface RunningServer {
  readonly engine: Engine;
  /** Accounts made by this, the first, start. */
  readonly newAccounts: readonly NewAccount[];
  /** Where each listener listens, by name. */
  readonly listeners: readonly { readonly config: ListenerConfig; readonly port: number }[];
  readonly tls: TlsIdentity;
  /** Ends sessions, waits for what is in flight, closes the stores. */
  stop(): Promise<void>;
}

interface Closing {
  close(): Promise<unknown>;
}

export async function startServer(
  config: Config,
  env: NodeJS.ProcessEnv,
  logger: Logger,
): Promise<RunningServer> {
  const closings: Closing[] = [];
  const stop = async (): Promise<void> => {
    for (const each of closings.reverse().splice(0)) await each.close();
  };
  try {
    const engine = await openEngine(config, env, logger);
    closings.push(engine);
    const newAccounts = await prepareInstallation(engine);
    const tls = await openTlsIdentity({
      files: config.tls,
      dataDirectory: config.dataDirectory,
      hostname: config.hostname,
    });
    const views = await createMailboxViews(engine.runtime);
    closings.push({ close: views.stop });
    const dispatcher = await startDispatcher(engine.runtime, engine.mailboxes, engine.localQueue);
    engine.localQueue.start();
    closings.push({ close: dispatcher.stop });
    const services = createServices(engine, views);
    const listeners: { config: ListenerConfig; port: number }[] = [];
    for (const listener of config.listeners) {
      const started = await startListener(listener, config, tls, services, logger);
      closings.push(started);
      listeners.push({ config: listener, port: started.port });
      logger.info({ listener: listener.name, host: listener.host, port: started.port }, 'listening');
    }
    closings.push(
      await startControlServer(dataPaths(config.dataDirectory).control, createAdminHandlers(engine), logger),
    );
    return { engine, newAccounts, listeners, tls, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Services = ReturnType<typeof createServices>;

function createServices(engine: Engine, views: Awaited<ReturnType<typeof createMailboxViews>>) {
  const { runtime, contents, directory, config } = engine;
  const openSession = createSessionRecords(engine.sessions, engine.keys, runtime.now);
  const authenticate = createAuthenticator(directory, config.authentication, runtime.now);
  const intake = createMessageIntake(runtime, contents, {
    dataDirectory: config.dataDirectory,
    reserveOctets: config.limits.freeOctetsMin,
  });
  const mailboxes = createMailboxService({
    runtime,
    actors: engine.mailboxes,
    views,
    contents,
    facts: engine.facts,
  });
  return {
    smtp: createSmtpServices({ openSession, authenticate, directory, intake }),
    access: { openSession, authenticate, mailboxes, heldMaildrops: new Set<string>() },
  };
}

async function startListener(
  listener: ListenerConfig,
  config: Config,
  tls: TlsIdentity,
  services: Services,
  logger: Logger,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { certificate: cert, key } = tls.current();
  const common = {
    listener: listener.name,
    name: config.hostname,
    host: listener.host,
    port: listener.port,
    tls: listener.tls === 'none' ? undefined : { key, cert },
    implicitTls: listener.tls === 'implicit',
    trustedNetworks: config.smtp.trustedNetworks,
    sessionsMax: config.limits.sessionsPerListenerMax,
    sessionsPerAddressMax: config.limits.sessionsPerAddressMax,
    failedLoginsMax: config.authentication.failuresPerSessionMax,
  };
  switch (listener.protocol) {
    case 'smtp':
    case 'submission':
      return startSmtpListener(
        {
          ...common,
          mode: listener.protocol === 'smtp' ? 'mx' : 'submission',
          sizeMax: config.limits.messageOctetsMax,
          normalizes: normalizer(config),
          recipientsMax: config.limits.recipientsMax,
          earlyTalkerPauseMs: config.smtp.earlyTalkerPauseMs,
          idleMsMax: config.limits.smtpIdleMs,
          dataMsMax: config.limits.smtpDataMs,
        },
        services.smtp,
        logger,
      );
    case 'imap':
      return startImapListener(
        { ...common, sizeMax: config.limits.messageOctetsMax, idleMsMax: config.limits.imapIdleMs },
        services.access,
        logger,
      );
    case 'pop3':
      return startPop3Listener(
        {
          ...common,
          idleMsMax: config.limits.pop3IdleMs,
        },
        services.access,
        logger,
      );
    default:
      return listener.protocol satisfies never;
  }
}

/** The first entry whose network holds the client decides. */
function normalizer(config: Config): (address: string) => boolean {
  const entries = config.smtp.bareLineEnds.map(({ network, action }) => ({
    networks: createNetworkSet([network]),
    action,
  }));
  return (address) => entries.find(({ networks }) => networks.has(address))?.action === 'normalize';
}
