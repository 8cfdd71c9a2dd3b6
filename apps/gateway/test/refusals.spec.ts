import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  aClient,
  aCollection,
  anEndpoint,
  aPolicy,
  aProfile,
  sha256,
  startUpstream,
  TEST_TOKEN,
} from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let upstream: Upstream;
let node: TestGateway;

const GLOBEX = { ...IDENTITY, 'x-client-id': 'cl_globex', 'x-profile-id': 'pr_globex' };
const as = (profile: string) => ({ ...IDENTITY, 'x-profile-id': profile });

beforeAll(async () => {
  upstream = await startUpstream();
  node = await startTestGateway({
    resources: {
      policies: [
        aPolicy({ id: 'pol_rate', rate_limits: [{ requests: 2, window: '1h' }] }),
        aPolicy({ id: 'pol_quota', rate_limits: [], quota: { requests: 1, period: 'month' } }),
      ],
      clients: [
        aClient({
          profiles: [
            aProfile(),
            aProfile({ id: 'pr_off', active: false }),
            aProfile({ id: 'pr_far', allowed_ips: ['192.0.2.0/24'] }),
            aProfile({ id: 'pr_reader', allowed_methods: ['GET'] }),
            aProfile({ id: 'pr_open', auth: { type: 'none' } }),
            aProfile({ id: 'pr_sandbox', environment: 'sandbox' }),
            aProfile({ id: 'pr_rate', policy_id: 'pol_rate' }),
            aProfile({ id: 'pr_quota', policy_id: 'pol_quota' }),
            aProfile({
              id: 'pr_expired',
              auth: { type: 'token', tokens: [{ sha256: sha256(TEST_TOKEN), expires_at_ms: 1 }] },
            }),
          ],
        }),
        aClient({ id: 'cl_globex', collections: [], profiles: [aProfile({ id: 'pr_globex' })] }),
        aClient({ id: 'cl_off', active: false, profiles: [aProfile({ id: 'pr_of_off' })] }),
      ],
      collections: [
        aCollection({
          upstreams: { production: upstreamAt(upstream.url) },
          endpoints: [
            anEndpoint({
              parameters: [
                { name: 'limit', in: 'query', type: 'integer', required: false, maximum: 10 },
              ],
              allowed_auth_types: ['token'],
            }),
            anEndpoint({ id: 'ep_create', methods: ['POST'], path: '/orders' }),
          ],
        }),
      ],
    },
  });
});
afterAll(async () => {
  await node.stop();
  await upstream.stop();
});

interface Refused {
  readonly error: string;
  readonly message: string;
  readonly request_id: string;
  readonly details?: readonly { readonly path: string }[];
}

const ask = async (
  headers: Record<string, string>,
  { path = '/v1/orders', method = 'GET' }: { path?: string; method?: string } = {},
) => {
  const answer = await fetch(`${node.url}${path}`, { headers, method });
  return { answer, body: (await answer.json()) as Refused };
};
const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(IDENTITY).filter(([key]) => key !== name));

describe('a refusal has its status, its code, a record, and no call upstream', () => {
  const rows: readonly (readonly [string, Record<string, string>, object, number, string])[] = [
    ['no client', without('x-client-id'), {}, 401, 'identity_required'],
    ['no profile', without('x-profile-id'), {}, 401, 'identity_required'],
    ['an unknown client', { ...IDENTITY, 'x-client-id': 'cl_nobody' }, {}, 403, 'client_forbidden'],
    [
      'a client turned off',
      { ...IDENTITY, 'x-client-id': 'cl_off', 'x-profile-id': 'pr_of_off' },
      {},
      403,
      'client_forbidden',
    ],
    ['an unknown profile', as('pr_nothing'), {}, 403, 'profile_forbidden'],
    ["another client's profile", as('pr_globex'), {}, 403, 'profile_forbidden'],
    ['a profile turned off', as('pr_off'), {}, 403, 'profile_forbidden'],
    ['an address outside', as('pr_far'), {}, 403, 'ip_not_allowed'],
    ['no credential', without('authorization'), {}, 401, 'invalid_credential'],
    [
      'a wrong credential',
      { ...IDENTITY, authorization: `${IDENTITY.authorization}x` },
      {},
      401,
      'invalid_credential',
    ],
    ['an expired credential', as('pr_expired'), {}, 401, 'invalid_credential'],
    ['no collection there', IDENTITY, { path: '/v2/orders' }, 404, 'not_found'],
    ['a collection outside the contract', GLOBEX, {}, 403, 'collection_not_allowed'],
    ['no endpoint there', IDENTITY, { path: '/v1/secret' }, 404, 'not_found'],
    ['a method the endpoint lacks', IDENTITY, { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['a method the profile lacks', as('pr_reader'), { method: 'POST' }, 405, 'method_not_allowed'],
    [
      'a way to sign in the endpoint does not take',
      as('pr_open'),
      {},
      403,
      'auth_type_not_allowed',
    ],
    ['an environment without an upstream', as('pr_sandbox'), {}, 403, 'environment_not_available'],
    ['a parameter out of range', IDENTITY, { path: '/v1/orders?limit=11' }, 400, 'invalid_request'],
  ];

  it.each(rows)('%s', async (...[, headers, options, status, error]) => {
    const before = upstream.requests.length;
    const { answer, body } = await ask(headers, options);
    expect([answer.status, body.error]).toEqual([status, error]);
    expect(body.message).toMatch(/\w.*\.$/);
    expect(answer.headers.get('x-request-id')).toBe(body.request_id);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    // A partner who is refused must not have to connect, and shake hands, again for it.
    expect(answer.headers.get('connection')).toBe('keep-alive');
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBeTruthy();
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET/);
    if (status === 400) expect(body.details?.[0]?.path).toBe('query.limit');
    expect(await node.recordOf(body.request_id)).toMatchObject({ status, outcome: error });
    expect(upstream.requests).toHaveLength(before);
  });

  it('too many requests, with the words, the time to wait and the limit that says no', async () => {
    const headers = as('pr_rate');
    for (let at = 0; at < 2; at += 1) {
      expect((await ask(headers)).answer.status).toBe(200);
    }
    const { answer, body } = await ask(headers);
    expect([answer.status, body.error, body.message]).toEqual([
      429,
      'rate_limit_exceeded',
      'You have exceeded your request rate limit. Please try again later.',
    ]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(answer.headers.get('ratelimit')).toMatch(/^"1h";r=0;t=\d+$/);
    expect(await node.recordOf(body.request_id)).toMatchObject({ status: 429 });
  });

  it('a quota used up, saying which and when it resets', async () => {
    expect((await ask(as('pr_quota'))).answer.status).toBe(200);
    const { answer, body } = await ask(as('pr_quota'));
    expect([answer.status, body.error]).toEqual([429, 'quota_exceeded']);
    expect(body.message).toMatch(/month/i);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it('and none before the limits consumes anything', async () => {
    const headers = as('pr_rate');
    const path = '/v1/secret';
    await node.publish({
      policies: [aPolicy({ id: 'pol_rate', rate_limits: [{ requests: 3, window: '1h' }] })],
    });
    for (let at = 0; at < 10; at += 1)
      expect((await ask(headers, { path })).answer.status).toBe(404);
    expect((await ask(headers)).answer.status).toBe(200);
    expect((await ask(headers)).answer.status).toBe(429);
  });
});

describe('the metrics', () => {
  it('count by outcome and owner, and never by what a caller chose', async () => {
    await fetch(`${node.url}/v1/orders?x=unlikely-text`, {
      headers: { ...IDENTITY, 'x-client-id': 'cl_unlikely_text' },
    });
    const text = await (await fetch(`${node.adminUrl}/metrics`)).text();
    expect(text).toMatch(/requests_total\{[^}]*outcome="ip_not_allowed"[^}]*owner="caller"/);
    expect(text).not.toMatch(/unlikely/);
  });
});
