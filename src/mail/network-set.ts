/**
 * A set of networks in CIDR notation, asked whether an address is in it. An IPv4 address that a
 * dual-stack socket reports as `::ffff:a.b.c.d` counts as the IPv4 address it is.
 *
 * Assumes that the configuration has been checked; a malformed network throws `RangeError` at start.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

export interface NetworkSet {
  has(address: string): boolean;
}

export function createNetworkSet(networks: readonly string[]): NetworkSet {
  const list = new BlockList();
  for (const network of networks) addNetwork(list, network);
  return {
    has(address) {
      const plain = unmapAddress(address);
      if (isIPv4(plain)) return list.check(plain, 'ipv4');
      return isIPv6(plain) && list.check(plain, 'ipv6');
    },
  };
}

const loopback = createNetworkSet(['127.0.0.0/8', '::1/128']);

export function isLoopback(address: string): boolean {
  return loopback.has(address);
}

/** May a password cross this connection in clear? Over TLS, and from the machine itself, as in Dovecot. */
export function isSecured(connection: { readonly tls: boolean; readonly peerAddress: string }): boolean {
  return connection.tls || isLoopback(connection.peerAddress);
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', prefix, ...rest] = network.split('/');
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  const bitsMax = family === 'ipv4' ? 32 : 128;
  const bits = prefix === undefined ? bitsMax : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family === undefined || rest.length > 0 || !(bits <= bitsMax)) {
    throw new RangeError(`not a network in CIDR notation: ${network}`);
  }
  list.addSubnet(address, bits, family);
}

function unmapAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address.replace(/%.*$/, '');
}
