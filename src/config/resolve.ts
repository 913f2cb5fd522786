/** From the keys of the file to the configuration in force: names with units, absolute paths, flags applied. */
import { resolve } from 'node:path';
import type { Config, LimitsConfig, ListenerConfig, Protocol, TlsMode } from './config.ts';
import type { ConfigInput } from './schema.ts';

/** The names of the services by RFC 6335's registry and RFC 8314: `imaps` is IMAP with implicit TLS. */
const serviceName = (protocol: Protocol, tls: TlsMode): string =>
  tls === 'implicit' ? (protocol === 'smtp' ? 'smtps' : `${protocol}s`) : protocol;

/** A name is derived when none is given; one that is taken already gets its port, then a number, behind it. */
const withNames = (
  listeners: readonly (Omit<ListenerConfig, 'name'> & { readonly name: string | undefined })[],
): readonly ListenerConfig[] => {
  const taken = new Set(listeners.flatMap(({ name }) => (name === undefined ? [] : [name])));
  return listeners.map((listener) => {
    if (listener.name !== undefined) return { ...listener, name: listener.name };
    const service = serviceName(listener.protocol, listener.tls);
    const candidates = [service, ...(listener.port === 0 ? [] : [`${service}-${listener.port}`])];
    let name = candidates.find((candidate) => !taken.has(candidate));
    for (let number = 2; name === undefined; number++) {
      if (!taken.has(`${service}-${number}`)) name = `${service}-${number}`;
    }
    taken.add(name);
    return { ...listener, name };
  });
};

/** The listeners as they will be opened. Port 0 means any free port and is not moved. */
export const resolveListeners = (
  input: ConfigInput,
  flags: { readonly host?: string | undefined; readonly portOffset?: number | undefined },
): readonly ListenerConfig[] =>
  withNames(
    input.listeners.map(({ name, protocol, host, port, tls }) => ({
      name,
      protocol,
      host: flags.host ?? host,
      port: port === 0 ? 0 : port + (flags.portOffset ?? 0),
      tls,
    })),
  );

const resolveLimits = (limits: ConfigInput['limits']): LimitsConfig => ({
  messageOctetsMax: limits.messageSize,
  recipientsMax: limits.recipients,
  sessionsPerListenerMax: limits.sessionsPerListener,
  sessionsPerAddressMax: limits.sessionsPerAddress,
  freeOctetsMin: limits.freeSpace,
  smtpIdleMs: limits.smtpIdle,
  smtpDataMs: limits.smtpData,
  imapIdleMs: limits.imapIdle,
  pop3IdleMs: limits.pop3Idle,
});

export interface Surroundings {
  /** Where the configuration was read from, absolute. */
  readonly file: string | undefined;
  /** Relative paths in the file start here. */
  readonly folder: string;
  /** Absolute; wins over the file's. */
  readonly dataDirectory: string | undefined;
  readonly demoPassword: string | undefined;
}

export const resolveConfig = (
  input: ConfigInput,
  listeners: readonly ListenerConfig[],
  around: Surroundings,
): Config => ({
  file: around.file,
  hostname: input.hostname ?? `mail.${input.domains[0]}`,
  domains: input.domains,
  demoPassword: around.demoPassword,
  dataDirectory: around.dataDirectory ?? resolve(around.folder, input.data),
  listeners,
  tls: input.tls && {
    certificateFile: resolve(around.folder, input.tls.certificate),
    keyFile: resolve(around.folder, input.tls.key),
  },
  log: input.log,
  keys: input.keys,
  blobs: input.blobs,
  nodes: input.nodes ?? 'one',
  limits: resolveLimits(input.limits),
  smtp: {
    trustedNetworks: input.smtp.trustedNetworks,
    bareLineEnds: input.smtp.bareLineEnds,
    earlyTalkerPauseMs: input.smtp.earlyTalkerPause,
  },
  authentication: {
    failuresPerSessionMax: input.authentication.failuresPerSession,
    failuresBeforePause: input.authentication.failuresBeforePause,
    pauseFirstMs: input.authentication.pauseFirst,
    pauseLongestMs: input.authentication.pauseLongest,
    forgetAfterMs: input.authentication.forgetAfter,
  },
  logging: input.logging,
});
