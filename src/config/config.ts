/**
 * The configuration in force, as the rest of the program sees it: complete, checked, paths absolute, sizes
 * in octets, durations in milliseconds (units stand last in the names).
 */
import type { LogLevel } from '../logger.ts';

export type Protocol = 'smtp' | 'submission' | 'imap' | 'pop3';
export type TlsMode = 'none' | 'starttls' | 'implicit';

export interface ListenerConfig {
  /** Unique among the listeners. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: TlsMode;
}

export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export type LogConfig = { readonly kind: 'sqlite' } | { readonly kind: 'kurrentdb'; readonly url: string };

export interface LimitsConfig {
  readonly messageOctetsMax: number;
  readonly recipientsMax: number;
  readonly sessionsPerListenerMax: number;
  readonly sessionsPerAddressMax: number;
  readonly freeOctetsMin: number;
  readonly smtpIdleMs: number;
  readonly smtpDataMs: number;
  readonly imapIdleMs: number;
  readonly pop3IdleMs: number;
}

export interface SmtpConfig {
  readonly trustedNetworks: readonly string[];
  /** The first entry whose network holds the client decides; without one `refuse`. */
  readonly bareLineEnds: readonly { readonly network: string; readonly action: 'refuse' | 'normalize' }[];
  readonly earlyTalkerPauseMs: number;
}

export interface AuthenticationConfig {
  readonly failuresPerSessionMax: number;
  readonly failuresBeforePause: number;
  readonly pauseFirstMs: number;
  readonly pauseLongestMs: number;
  readonly forgetAfterMs: number;
}

export interface Config {
  /** The file that it was read from, absolute; `undefined`: no file, all defaults. */
  readonly file: string | undefined;
  readonly hostname: string;
  /** To create on first start. */
  readonly domains: readonly string[];
  /** From `CHANCERY_DEMO_PASSWORD`: the password of the accounts made on first start. */
  readonly demoPassword: string | undefined;
  readonly dataDirectory: string;
  readonly listeners: readonly ListenerConfig[];
  /** `undefined`: the self-signed certificate in the data directory. */
  readonly tls: TlsFiles | undefined;
  readonly log: LogConfig;
  readonly keys: { readonly kind: 'sqlite' };
  readonly blobs: { readonly kind: 'sqlite' };
  readonly nodes: 'one' | 'several';
  readonly limits: LimitsConfig;
  readonly smtp: SmtpConfig;
  readonly authentication: AuthenticationConfig;
  readonly logging: { readonly level: LogLevel; readonly format: 'auto' | 'json' | 'pretty' };
}
