/**
 * What a listener is told at start, with every default filled in from `limits`. A malformed network
 * throws `RangeError`, as does implicit TLS without a certificate.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { limits } from '../limits.ts';
import { createNetworkSet, isLoopback } from '../mail/network-set.ts';

export interface ImapListenerOptions {
  /** The listener's name in the record of its sessions. */
  readonly listener: string;
  /** The host name in the greeting. */
  readonly name: string;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Without it STARTTLS is not offered. Needed for `implicitTls`. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  readonly implicitTls?: boolean;
  /** Octets of a message that APPEND takes. */
  readonly sizeMax?: number;
  /** Networks in CIDR notation that have no limit of sessions per address. Loopback always counts. */
  readonly trustedNetworks?: readonly string[];
  readonly sessionsMax?: number;
  readonly sessionsPerAddressMax?: number;
  readonly beforeLoginMsMax?: number;
  readonly idleMsMax?: number;
  readonly tlsHandshakeMsMax?: number;
  readonly failedLoginDelayMs?: number;
  readonly failedLoginsMax?: number;
  readonly closeGraceMs?: number;
  readonly sweepMs?: number;
  readonly now?: () => number;
}

export interface ImapSettings extends Required<Omit<ImapListenerOptions, 'tls' | 'trustedNetworks'>> {
  readonly secureContext: SecureContext | undefined;
  isTrusted(address: string): boolean;
}

export function settingsOf(options: ImapListenerOptions): ImapSettings {
  if (options.implicitTls === true && options.tls === undefined) {
    throw new RangeError(`listener ${options.listener}: implicit TLS needs a key and a certificate`);
  }
  const trusted = createNetworkSet(options.trustedNetworks ?? []);
  const { tls } = options;
  return {
    listener: options.listener,
    name: options.name,
    host: options.host,
    port: options.port,
    secureContext:
      tls === undefined
        ? undefined
        : createSecureContext({ key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2' }),
    implicitTls: options.implicitTls ?? false,
    sizeMax: options.sizeMax ?? limits.imap.messageOctetsMax,
    isTrusted: (address) => isLoopback(address) || trusted.has(address),
    sessionsMax: options.sessionsMax ?? limits.imap.sessionsMax,
    sessionsPerAddressMax: options.sessionsPerAddressMax ?? limits.imap.sessionsPerAddressMax,
    beforeLoginMsMax: options.beforeLoginMsMax ?? limits.imap.beforeLoginMsMax,
    idleMsMax: options.idleMsMax ?? limits.imap.idleMsMax,
    tlsHandshakeMsMax: options.tlsHandshakeMsMax ?? limits.imap.tlsHandshakeMsMax,
    failedLoginDelayMs: options.failedLoginDelayMs ?? limits.imap.failedLoginDelayMs,
    failedLoginsMax: options.failedLoginsMax ?? limits.imap.failedLoginsMax,
    closeGraceMs: options.closeGraceMs ?? limits.imap.closeGraceMs,
    sweepMs: options.sweepMs ?? limits.imap.sweepMs,
    now: options.now ?? Date.now,
  };
}
