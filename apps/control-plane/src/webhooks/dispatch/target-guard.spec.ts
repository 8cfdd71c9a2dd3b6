import { describe, expect, it } from '@jest/globals';
import {
  isPublicAddress,
  publicLookup,
  refuseInnerHost,
  TargetRefusedError,
} from './target-guard.ts';

describe('webhook targets', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback, the rest of it', '127.200.3.4'],
    ['private 10/8', '10.1.2.3'],
    ['private 172.16/12', '172.31.255.255'],
    ['private 192.168/16', '192.168.0.1'],
    ['link-local, where clouds keep credentials', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['this network', '0.0.0.0'],
    ['broadcast', '255.255.255.255'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['documentation', '203.0.113.9'],
    ['IPv6 loopback', '::1'],
    ['IPv6 unspecified', '::'],
    ['IPv6 link-local', 'fe80::1'],
    ['IPv6 unique local', 'fd00:ec2::254'],
    ['IPv4 in IPv6', '::ffff:10.0.0.1'],
    ['IPv4 in IPv6, in hex', '::ffff:7f00:1'],
    ['NAT64 of a private address', '64:ff9b::a00:1'],
    ['6to4 of a private address', '2002:a00:1::1'],
    ['Teredo', '2001:0:a00:1::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['no address at all', 'example'],
  ])('are not %s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])(
    'may be %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://10.0.0.1:8443/x',
  ])('given as an address are judged however it is written: %s', (url) => {
    expect(() => refuseInnerHost(new URL(url))).toThrow(TargetRefusedError);
  });

  it('leave names to the lookup', () => {
    expect(() => refuseInnerHost(new URL('https://localhost/'))).not.toThrow();
  });

  it.each([true, false])('are judged by what their name resolves to (all: %s)', async (all) => {
    const error = await new Promise<unknown>((resolve) => {
      publicLookup('localhost', { all }, (problem) => resolve(problem));
    });
    expect(error).toBeInstanceOf(TargetRefusedError);
    expect(String(error)).toMatch(
      /localhost resolves to (127\.0\.0\.1|::1), which is not a public/,
    );
  });
});
