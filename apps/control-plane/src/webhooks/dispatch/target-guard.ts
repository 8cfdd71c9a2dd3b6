import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The address is inside, where a webhook has no business. */
export class TargetRefusedError extends Error {
  constructor(host: string, address: string) {
    super(
      host === address
        ? `${address} is not a public address`
        : `${host} resolves to ${address}, which is not a public address`,
    );
    this.name = 'TargetRefusedError';
  }
}

/**
 * Public unicast and nothing else. Ranges are listed by what they are for, so an unknown one is
 * refused; IPv6 that carries an IPv4 address (mapped, NAT64, 6to4, Teredo) has ranges of its own.
 */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** Throws for a host that is an address itself: no name is looked up for those. */
export function refuseInnerHost(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new TargetRefusedError(host, host);
}

/**
 * A lookup for sockets. The addresses it answers are the ones that are connected to, so a name that
 * resolves differently a moment later gains nothing. One inner address among several is enough to
 * refuse them all: which one is taken is not ours to say.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const inner = addresses.find(({ address }) => !isPublicAddress(address));
    if (inner !== undefined) {
      return callback(new TargetRefusedError(hostname, inner.address), '', 0);
    }
    answer(addresses, options.all === true, callback);
  });
};

function answer(
  addresses: LookupAddress[],
  all: boolean,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (all) callback(null, addresses);
  else callback(null, first?.address ?? '', first?.family ?? 0);
}
