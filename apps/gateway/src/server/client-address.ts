import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** Who called: the peer, or, behind trusted proxies, the first address that is not one of them. */
export interface ClientAddress {
  readonly ip: string;
  /** The other end of the connection; the same as `ip` unless that is a trusted proxy. */
  readonly peer: string;
  /** True when the peer is a trusted proxy: only then are its forwarding headers believed. */
  readonly viaTrustedProxy: boolean;
}

type Trusts = (address: string, hop: number) => boolean;

const MAPPED_V4 = '::ffff:';
/** Dual-stack sockets report IPv4 peers as `::ffff:192.0.2.1`; allow-lists are written without. */
const plain = (address: string): string =>
  address.startsWith(MAPPED_V4) && address.includes('.')
    ? address.slice(MAPPED_V4.length)
    : address;

export function createAddressReader(
  trustedProxies: readonly string[],
): (request: IncomingMessage) => ClientAddress {
  const trusts: Trusts =
    trustedProxies.length === 0 ? () => false : proxyAddr.compile([...trustedProxies]);
  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? '');
    if (peer === '' || trustedProxies.length === 0 || !trusts(peer, 0)) {
      return { ip: peer, peer, viaTrustedProxy: false };
    }
    return {
      peer,
      ip: behindProxies(peer, request.headers['x-forwarded-for'], trusts),
      viaTrustedProxy: true,
    };
  };
}

/** Walks the chain from our side outwards; an entry that is no address ends what can be believed. */
function behindProxies(
  peer: string,
  forwardedFor: string | string[] | undefined,
  trusts: Trusts,
): string {
  const chain = String(forwardedFor ?? '').split(',');
  let nearest = peer;
  for (let hop = chain.length - 1; hop >= 0; hop -= 1) {
    const address = plain((chain[hop] ?? '').trim());
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (!trusts(address, chain.length - hop)) return nearest;
  }
  return nearest;
}
