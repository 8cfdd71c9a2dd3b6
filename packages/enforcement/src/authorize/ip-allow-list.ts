import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Says whether an address, as text, is inside one of a profile's networks. */
export type IpAllowList = (address: string) => boolean;

/**
 * Compiles addresses and CIDR blocks. An IPv4 caller on a dual-stack socket appears as
 * `::ffff:1.2.3.4` and is judged as the IPv4 address it is. Throws on what is not an address.
 */
export function compileIpAllowList(entries: readonly string[]): IpAllowList {
  const networks = entries.map(parseNetwork);
  return (text) => {
    // A zone id (`fe80::1%eth0`) names an interface of this machine and is no part of the address.
    const address = text.split('%', 1)[0] ?? '';
    if (!ipaddr.isValid(address)) return false;
    const caller = ipaddr.process(address);
    return networks.some((network) => contains(network, caller));
  };
}

interface Network {
  readonly address: Address;
  readonly bits: number;
}

function parseNetwork(entry: string): Network {
  if (!entry.includes('/')) {
    const address = ipaddr.process(entry);
    return { address, bits: address.kind() === 'ipv4' ? 32 : 128 };
  }
  const [address, bits] = ipaddr.parseCIDR(entry);
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? { address: address.toIPv4Address(), bits: bits - 96 } : { address, bits };
}

const contains = ({ address, bits }: Network, caller: Address): boolean =>
  address.kind() === caller.kind() && caller.match(address, bits);
