/** What a listener is told at start, with every default filled in from `limits`. */
import { createSecureContext, type SecureContext } from 'node:tls';
import { limits } from '../limits.ts';
import { createNetworkSet, isLoopback } from '../mail/network-set.ts';

export interface Pop3ListenerOptions {
  /** The listener's name in the record of its sessions. */
  readonly listener: string;
  /** The host name in the greeting. */
  readonly name: string;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Without it STLS is not offered. Needed for `implicitTls`. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  readonly implicitTls?: boolean;
  /** Networks in CIDR notation that have no limit of sessions per address. Loopback always counts. */
  readonly trustedNetworks?: readonly string[];
  readonly sessionsMax?: number;
  readonly sessionsPerAddressMax?: number;
  readonly idleMsMax?: number;
  readonly beforeLoginMsMax?: number;
  readonly failedLoginDelayMs?: number;
  readonly failedLoginsMax?: number;
  readonly tlsHandshakeMsMax?: number;
  readonly lingerMsMax?: number;
  readonly closeGraceMs?: number;
}

export interface Pop3Settings extends Required<Omit<Pop3ListenerOptions, 'tls' | 'trustedNetworks'>> {
  readonly secureContext: SecureContext | undefined;
  isTrusted(address: string): boolean;
}

/** Throws `RangeError` for a malformed network, and for implicit TLS without a certificate. */
export function settingsOf(options: Pop3ListenerOptions): Pop3Settings {
  const { tls } = options;
  if (options.implicitTls === true && tls === undefined) {
    throw new RangeError(`listener ${options.listener}: implicit TLS needs a key and a certificate`);
  }
  const trusted = createNetworkSet(options.trustedNetworks ?? []);
  return {
    listener: options.listener,
    name: options.name,
    host: options.host,
    port: options.port,
    secureContext: tls === undefined ? undefined : createSecureContext({ ...tls, minVersion: 'TLSv1.2' }),
    implicitTls: options.implicitTls ?? false,
    isTrusted: (address) => isLoopback(address) || trusted.has(address),
    sessionsMax: options.sessionsMax ?? limits.pop3.sessionsMax,
    sessionsPerAddressMax: options.sessionsPerAddressMax ?? limits.pop3.sessionsPerAddressMax,
    idleMsMax: options.idleMsMax ?? limits.pop3.idleMsMax,
    beforeLoginMsMax: options.beforeLoginMsMax ?? limits.pop3.beforeLoginMsMax,
    failedLoginDelayMs: options.failedLoginDelayMs ?? limits.pop3.failedLoginDelayMs,
    failedLoginsMax: options.failedLoginsMax ?? limits.pop3.failedLoginsMax,
    tlsHandshakeMsMax: options.tlsHandshakeMsMax ?? limits.pop3.tlsHandshakeMsMax,
    lingerMsMax: options.lingerMsMax ?? limits.pop3.lingerMsMax,
    closeGraceMs: options.closeGraceMs ?? limits.pop3.closeGraceMs,
  };
}
