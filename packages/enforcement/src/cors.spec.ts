import { describe, expect, it } from '@jest/globals';
import { aCollection, anEndpoint } from '@portico/testkit';
import { anIndex, aRequest } from '../test/harness.ts';
import { corsDecision } from './index.ts';

const cors = {
  allowed_origins: ['https://app.example'],
  allowed_headers: ['X-Trace'],
  exposed_headers: ['X-Request-ID'],
  allow_credentials: false,
  max_age_seconds: 60,
};
const endpoints = [anEndpoint(), anEndpoint({ id: 'ep_two', methods: ['POST'] })];
const indexWith = (over: Partial<typeof cors>) =>
  anIndex({
    collections: [
      aCollection({ endpoints, cors: { ...cors, ...over } }),
      aCollection({ id: 'coll_plain', base_path: '/plain' }),
    ],
  });

function ask(over: Partial<typeof cors>, origin: string | undefined, more: object = {}) {
  const headers = { origin, 'access-control-request-method': 'POST' };
  const request = aRequest({ method: 'OPTIONS', headers, ...more });
  const decision = corsDecision(indexWith(over), request);
  return decision.kind === 'none'
    ? 'none'
    : { kind: decision.kind, ...Object.fromEntries(decision.headers) };
}

describe('CORS', () => {
  it('answers a preflight with what the path offers', () => {
    expect(ask({}, 'https://app.example')).toEqual({
      kind: 'preflight',
      'access-control-allow-origin': 'https://app.example',
      vary: 'Origin',
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers':
        'authorization, content-type, x-client-id, x-profile-id, x-trace',
      'access-control-max-age': '60',
    });
  });

  it('adds to an actual answer what the page may read: what is configured, and what is ours', () => {
    const headers = { origin: 'https://app.example' };
    expect(ask({ allow_credentials: true }, undefined, { method: 'GET', headers })).toEqual({
      kind: 'actual',
      'access-control-allow-origin': 'https://app.example',
      vary: 'Origin',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers':
        'X-Request-ID, retry-after, ratelimit-policy, ratelimit, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset',
    });
  });

  it('takes OPTIONS without a requested method for an actual call', () => {
    const headers = { origin: 'https://app.example' };
    expect(ask({}, undefined, { headers })).toMatchObject({ kind: 'actual' });
  });

  it('opens to any origin only where that is said, and then without credentials', () => {
    expect(ask({ allowed_origins: ['*'] }, 'https://any.example')).toMatchObject({
      'access-control-allow-origin': '*',
    });
    expect(ask({ allowed_origins: ['*'] }, 'https://any.example')).not.toHaveProperty(
      'access-control-allow-credentials',
    );
  });

  it.each<[string, string | undefined, object]>([
    ['no origin', undefined, {}],
    ['another origin', 'https://evil.example', {}],
    ['an origin that only starts alike', 'https://app.example.evil.example', {}],
    ['the null origin', 'null', {}],
    ['a collection without CORS', 'https://app.example', { path: '/plain/orders' }],
    ['a path nobody publishes', 'https://app.example', { path: '/nowhere' }],
    ['a malformed path', 'https://app.example', { path: '/v1/../v1' }],
  ])('says nothing to %s', (_name, origin, more) => {
    expect(ask({}, origin, more)).toBe('none');
  });
});
