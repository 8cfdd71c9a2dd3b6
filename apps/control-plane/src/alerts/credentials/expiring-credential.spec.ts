import { describe, expect, it } from '@jest/globals';
import { expiringCredentials } from './expiring-credential.ts';

const END = Date.parse('2027-01-01T00:00:00Z');
const DAY_MS = 86_400_000;
/** Of CN=acme-system; ends with the year 2026. */
const PEM = `-----BEGIN CERTIFICATE-----
MIIBnjCCAUWgAwIBAgIBAjAKBggqhkjOPQQDAjApMRMwEQYDVQQKDApBY21lIFRy
dXN0MRIwEAYDVQQDDAlBY21lIFJvb3QwHhcNMjYwMTAxMDAwMDAwWhcNMjcwMTAx
MDAwMDAwWjAlMQ0wCwYDVQQKDARBY21lMRQwEgYDVQQDDAthY21lLXN5c3RlbTBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABOQpXufqDQeydpnl16VhsMRjeL4esfrR
QerirMxAoUPi+aVLUG8+P0C60LUx3q0oUiRxGJO/Jh8XO805eAvpq0ajYjBgMAkG
A1UdEwQCMAAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0OBBYEFPHv69MjdZ3S
4KYQvkgefFQJa1ThMB8GA1UdIwQYMBaAFK08vnDcjWwCqSC3MqfAPPEBRkAfMAoG
CCqGSM49BAMCA0cAMEQCIAbd/hxIG4l7lum3gjb6+B88oJNFvbNkVFRUMhhEOYlH
AiA0fehX9BBXtgm/i/EyY05p9v8RZZoVbWycHNR8z+rxTA==
-----END CERTIFICATE-----
`;

const token = { auth_type: 'token', auth: { expires_at: '2027-01-01T02:00:00+02:00' } } as const;
const pinned = { auth_type: 'mtls', auth: { certificates: [PEM] } } as const;

describe.each([
  ['tokens', token],
  ['pinned certificates', pinned],
])('%s that end', (_, profile) => {
  it.each([
    ['more than a week before', END - 7 * DAY_MS - 1, []],
    ['a week before', END - 7 * DAY_MS, [7]],
    ['some days before', END - 2 * DAY_MS, [7]],
    ['a day before', END - DAY_MS, [1]],
    ['a minute before', END - 60_000, [1]],
    ['at the end', END, []],
    ['long after', END + 100 * DAY_MS, []],
  ])('%s, give notice of %j', (_name, nowMs, days) => {
    const expiring = expiringCredentials(profile, nowMs);
    expect(expiring.map(({ daysBefore }) => daysBefore)).toEqual(days);
    expect(expiring.every(({ expiresAtMs }) => expiresAtMs === END)).toBe(true);
  });
});

describe('credentials without an end', () => {
  it.each([
    ['a token for ever', { auth_type: 'token', auth: {} }],
    ['an authority and a subject', { auth_type: 'mtls', auth: { certificates: [] } }],
    ['none', { auth_type: 'none', auth: {} }],
  ] as const)('give no notice: %s', (_, profile) => {
    expect(expiringCredentials(profile, END - 1)).toEqual([]);
  });
});

it('names a certificate as its owner knows it', () => {
  const [expiring] = expiringCredentials(pinned, END - 1);
  expect(expiring!.credential).toEqual({
    kind: 'certificate',
    subject: 'O=Acme, CN=acme-system',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});
