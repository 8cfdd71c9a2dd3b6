import { describe, expect, it } from '@jest/globals';
import { aClient, aProfile } from '@portico/testkit';
import { CERTIFICATES } from '../../test/certificates.ts';
import { aContext, anIndex, aRequest, certificate, IDENTITY, NOW_MS } from '../../test/harness.ts';
import type { ConfigIndex, DecisionContext } from '../index.ts';
import { ConfigError, decide } from '../index.ts';

type Name = keyof typeof CERTIFICATES;

const pinOf = (name: Name): string =>
  certificate(CERTIFICATES[name]).fingerprint256.replaceAll(':', '').toLowerCase();

const indexWith = (over: { pins?: object[]; ca_pem?: string; subject?: string }): ConfigIndex => {
  const auth = { type: 'mtls' as const, pins: [], ...over };
  return anIndex({ clients: [aClient({ profiles: [aProfile({ auth: auth as never })] })] });
};

function call(
  index: ConfigIndex,
  name: Name | null,
  context: DecisionContext = aContext(),
): string {
  const peerCertificate = name === null ? null : certificate(CERTIFICATES[name]);
  const decision = decide(index, aRequest({ headers: IDENTITY, peerCertificate }), context);
  if (decision.kind !== 'refused') return decision.kind;
  expect(decision.wwwAuthenticate).toBe('Certificate realm="portico"');
  return decision.code;
}

const REFUSED = 'invalid_credential';

describe('mtls with pinned certificates', () => {
  const not_after_ms = NOW_MS + 1000;
  const pins = ['client', 'expired', 'future'].map((name) => ({
    sha256: pinOf(name as Name),
    not_after_ms,
  }));
  const index = indexWith({ pins });

  it.each<[string, Name | null, string]>([
    ['the pinned certificate', 'client', 'admitted'],
    ['no certificate', null, REFUSED],
    ['another certificate of the same subject', 'forged', REFUSED],
    ['a pinned certificate that has expired', 'expired', REFUSED],
    ['a pinned certificate that is not valid yet', 'future', REFUSED],
  ])('%s', (_name, presented, outcome) => {
    expect(call(index, presented)).toBe(outcome);
  });

  it('ends when the pin ends, also for a caller it has seen before', () => {
    const context = aContext();
    expect(call(index, 'client', context)).toBe('admitted');
    expect(call(index, 'client', { ...context, nowMs: NOW_MS + 1000 })).toBe(REFUSED);
  });

  it('accepts nobody where nothing is pinned', () => {
    expect(call(indexWith({}), 'client')).toBe(REFUSED);
  });
});

describe('mtls with a certificate authority', () => {
  const index = indexWith({ ca_pem: CERTIFICATES.root, subject: 'acme-system' });

  it.each<[string, Name | null, string]>([
    ['its certificate for the subject', 'client', 'admitted'],
    ['the subject as a DNS name', 'named', 'admitted'],
    ['no certificate', null, REFUSED],
    ['another subject', 'other', REFUSED],
    ['two common names, one of them right', 'twoNames', REFUSED],
    ['a URI that spells out the DNS name', 'sneaky', REFUSED],
    ['a certificate for servers', 'serverOnly', REFUSED],
    ['expired', 'expired', REFUSED],
    ['not valid yet', 'future', REFUSED],
    ['an authority of the same name with another key', 'forged', REFUSED],
    ['the authority itself', 'root', REFUSED],
  ])('%s', (_name, presented, outcome) => {
    expect(call(index, presented)).toBe(outcome);
  });

  it('accepts the subject as a URI name', () => {
    const byUri = indexWith({ ca_pem: CERTIFICATES.root, subject: 'spiffe://acme/orders' });
    expect(call(byUri, 'named')).toBe('admitted');
    expect(call(byUri, 'client')).toBe(REFUSED);
  });

  it('takes any authority of a bundle, but none that has expired', () => {
    const bundle = CERTIFICATES.shortlived + CERTIFICATES.root;
    const index = indexWith({ ca_pem: bundle, subject: 'acme-system' });
    expect(call(index, 'client')).toBe('admitted');
    expect(call(index, 'orphan')).toBe(REFUSED);
    const january = aContext({ nowMs: Date.parse('2026-01-15T00:00:00Z') });
    expect(call(index, 'orphan', january)).toBe('admitted');
  });

  it.each<[string, { ca_pem?: string; subject?: string }]>([
    ['an authority without a subject', { ca_pem: CERTIFICATES.root }],
    ['a subject without an authority', { subject: 'acme-system' }],
    ['an empty subject', { ca_pem: CERTIFICATES.root, subject: '' }],
    ['an authority that is no certificate', { ca_pem: 'x', subject: 'a' }],
    ['a leaf in the place of an authority', { ca_pem: CERTIFICATES.client, subject: 'a' }],
  ])('refuses a configuration with %s', (_name, over) => {
    expect(() => indexWith(over)).toThrow(ConfigError);
  });
});
