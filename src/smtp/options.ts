/**
 * What a listener is told at start, with every default filled in from `limits`. A malformed network
 * throws `RangeError`.
 */
import { limits } from '../limits.ts';
import { createNetworkSet, isLoopback } from '../mail/network-set.ts';

export interface SmtpListenerOptions {
  /** The listener's name in the record of its sessions. */
  readonly listener: string;
  /** The host name in greetings and Received fields. */
  readonly name: string;
  /** `mx` takes mail for our domains from anybody, `submission` takes it from our accounts. */
  readonly mode: 'mx' | 'submission';
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Without it STARTTLS is not offered. Needed for `implicitTls`. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  readonly implicitTls?: boolean;
  readonly sizeMax?: number;
  /** Networks in CIDR notation that wait for no greeting and have no limit of sessions per address.
   * Loopback always counts. Nobody may relay for being trusted. */
  readonly trustedNetworks?: readonly string[];
  /** Networks whose bare CRs and LFs are made CRLF, and recorded, instead of refused. */
  readonly normalizingNetworks?: readonly string[];
  /** Instead of the networks: decides by the peer's address. */
  readonly normalizes?: (address: string) => boolean;
  readonly recipientsMax?: number;
  readonly failedLoginsMax?: number;
  /** Addresses of load balancers that send a PROXY header (version 1) before the client's first octet. */
  readonly proxies?: readonly string[];
  readonly sessionsMax?: number;
  readonly sessionsPerAddressMax?: number;
  readonly earlyTalkerPauseMs?: number;
  readonly idleMsMax?: number;
  readonly dataMsMax?: number;
  readonly tlsHandshakeMsMax?: number;
  readonly closeGraceMs?: number;
  readonly now?: () => Date;
}

export interface ListenerSettings
  extends Required<Omit<SmtpListenerOptions, 'tls' | 'trustedNetworks' | 'normalizingNetworks'>> {
  readonly tls: SmtpListenerOptions['tls'] | undefined;
  isTrusted(address: string): boolean;
}

export function settingsOf(options: SmtpListenerOptions): ListenerSettings {
  if (options.implicitTls === true && options.tls === undefined) {
    throw new RangeError(`listener ${options.listener}: implicit TLS needs a key and a certificate`);
  }
  const trusted = createNetworkSet(options.trustedNetworks ?? []);
  return {
    listener: options.listener,
    name: options.name,
    mode: options.mode,
    host: options.host,
    port: options.port,
    tls: options.tls,
    implicitTls: options.implicitTls ?? false,
    sizeMax: options.sizeMax ?? limits.smtp.messageOctetsMax,
    normalizes: options.normalizes ?? createNetworkSet(options.normalizingNetworks ?? []).has,
    recipientsMax: options.recipientsMax ?? limits.smtp.recipientsMax,
    failedLoginsMax: options.failedLoginsMax ?? limits.smtp.failedLoginsMax,
    isTrusted: (address) => isLoopback(address) || trusted.has(address),
    proxies: options.proxies ?? [],
    sessionsMax: options.sessionsMax ?? limits.smtp.sessionsMax,
    sessionsPerAddressMax: options.sessionsPerAddressMax ?? limits.smtp.sessionsPerAddressMax,
    earlyTalkerPauseMs: options.earlyTalkerPauseMs ?? limits.smtp.earlyTalkerPauseMs,
    idleMsMax: options.idleMsMax ?? limits.smtp.idleMsMax,
    dataMsMax: options.dataMsMax ?? limits.smtp.dataMsMax,
    tlsHandshakeMsMax: options.tlsHandshakeMsMax ?? limits.smtp.tlsHandshakeMsMax,
    closeGraceMs: options.closeGraceMs ?? limits.smtp.closeGraceMs,
    now: options.now ?? (() => new Date()),
  };
}
