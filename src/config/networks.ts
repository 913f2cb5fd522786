/**
 * Networks in CIDR form, and whether an address lies in one. IPv4 addresses that arrive mapped into IPv6
 * (`::ffff:192.0.2.1`, as a dual-stack socket shows them) match IPv4 networks.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Reads `192.0.2.0/24`, `2001:db8::/32` or a single address; nothing when it is neither. */
export const parseNetwork = (text: string): Network | undefined => {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const bits = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  return prefix <= bits ? { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
};

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The predicate for a list of networks; what is no network in the list, or no address, matches nothing. */
export const networkMatcher = (networks: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network) list.addSubnet(network.address, network.prefix, network.family);
  }
  return (address) => {
    const plain = mapped.exec(address)?.[1] ?? address;
    return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  };
};
