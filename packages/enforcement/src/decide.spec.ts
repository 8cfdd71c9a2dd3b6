import { describe, expect, it } from '@jest/globals';
import type { LimitState } from '@portico/contracts';
import {
  aClient,
  aCollection,
  anEndpoint,
  aPolicy,
  aProfile,
  sha256,
  TEST_TOKEN,
} from '@portico/testkit';
import {
  aContext,
  anIndex,
  aRequest,
  decideOutcome,
  IDENTITY,
  NOW_MS,
  outcomeOf,
  TOKEN_HEADERS,
} from '../test/harness.ts';
import type { Decision, InboundRequest, Meters, MeterVerdict } from './index.ts';
import { decide } from './index.ts';

const auth = { type: 'token' as const, tokens: [{ sha256: sha256(TEST_TOKEN) }] };

const EXCEEDED: LimitState = {
  name: 'month',
  kind: 'quota',
  limit: 1000,
  used: 1000,
  remaining: 0,
  resets_at_ms: Date.parse('2026-04-01T00:00:00Z'),
};
const refusing = (code: 'rate_limit_exceeded' | 'quota_exceeded'): Meters => ({
  take: () => ({
    kind: 'refused',
    code,
    retryAfterSeconds: 3,
    limits: () => [EXCEEDED],
    exceeded: EXCEEDED,
  }),
});

/** One estate in which every row of the order of checks can be made to fail. */
const index = anIndex({
  policies: [aPolicy()],
  collections: [
    aCollection({
      endpoints: [
        anEndpoint(),
        anEndpoint({
          id: 'ep_create_order',
          methods: ['POST'],
          path: '/orders',
          request_schema: { type: 'object', required: ['amount'] },
        }),
        anEndpoint({ id: 'ep_erase_order', methods: ['DELETE'], path: '/orders/{id}' }),
        anEndpoint({
          id: 'ep_get_order',
          path: '/orders/{id}',
          parameters: [
            { name: 'id', in: 'path', type: 'integer', required: true },
            { name: 'limit', in: 'query', type: 'integer', required: true, maximum: 100 },
            { name: 'sort', in: 'query', type: 'string', required: false, default: 'new' },
          ],
        }),
        anEndpoint({ id: 'ep_only_mtls', path: '/vault', allowed_auth_types: ['mtls'] }),
      ],
    }),
    aCollection({ id: 'coll_secret', base_path: '/secret' }),
  ],
  clients: [
    aClient({
      policy_id: 'pol_standard',
      profiles: [
        aProfile({ auth, allowed_methods: ['GET', 'POST'] }),
        aProfile({ id: 'pr_off', auth, active: false }),
        aProfile({ id: 'pr_office', auth, allowed_ips: ['198.51.100.0/24', '2001:db8::/32'] }),
        aProfile({ id: 'pr_staging', auth, environment: 'staging' }),
        aProfile({ id: 'pr_apart', auth, policy_id: 'pol_standard' }),
      ],
    }),
    aClient({ id: 'cl_gone', active: false, profiles: [aProfile({ id: 'pr_gone', auth })] }),
    aClient({ id: 'cl_other', profiles: [aProfile({ id: 'pr_other', auth })] }),
  ],
});

const as = (profile: string, client = 'cl_acme'): InboundRequest['headers'] => ({
  ...TOKEN_HEADERS,
  'x-client-id': client,
  'x-profile-id': profile,
});

describe('decide', () => {
  it.each<[row: string, over: Partial<InboundRequest>, outcome: string]>([
    ['a call within the contract', {}, 'admitted'],
    ['a path that is no path', { path: 'orders' }, 'bad_request'],
    ['a query with raw control characters', { query: 'a=\u0001' }, 'bad_request'],
    ['no client id', { headers: { 'x-profile-id': 'pr_default' } }, 'identity_required'],
    ['no profile id', { headers: { 'x-client-id': 'cl_acme' } }, 'identity_required'],
    ['an empty client id', { headers: { ...IDENTITY, 'x-client-id': '' } }, 'identity_required'],
    [
      'a client id sent twice',
      { headers: { ...TOKEN_HEADERS, 'x-client-id': 'cl_acme, cl_acme' } },
      'identity_required',
    ],
    [
      'a profile id sent twice, as a list',
      { headers: { ...TOKEN_HEADERS, 'x-profile-id': ['pr_default', 'pr_default'] } },
      'identity_required',
    ],
    ['an unknown client', { headers: as('pr_default', 'cl_nobody') }, 'client_forbidden'],
    ['a client that was turned off', { headers: as('pr_gone', 'cl_gone') }, 'client_forbidden'],
    ['an unknown profile', { headers: as('pr_nothing') }, 'profile_forbidden'],
    ["another client's profile", { headers: as('pr_other') }, 'profile_forbidden'],
    ['a profile that was turned off', { headers: as('pr_off') }, 'profile_forbidden'],
    ['an address outside the list', { headers: as('pr_office') }, 'ip_not_allowed'],
    ['no credential', { headers: IDENTITY }, 'invalid_credential'],
    ['a path below no base path', { path: '/v2/orders' }, 'not_found'],
    ['a base path not on a segment border', { path: '/v1x/orders' }, 'not_found'],
    ['a collection outside the contract', { path: '/secret/orders' }, 'collection_not_allowed'],
    ['no endpoint there, outside the contract', { path: '/secret/x' }, 'collection_not_allowed'],
    ['no endpoint at the path', { path: '/v1/nothing' }, 'not_found'],
    ['a method the endpoint lacks', { method: 'PUT' }, 'method_not_allowed'],
    [
      'a method the profile lacks',
      { path: '/v1/orders/1', method: 'DELETE' },
      'method_not_allowed',
    ],
    ['a method nobody knows', { method: 'BREW' }, 'method_not_allowed'],
    ['an endpoint for other credentials', { path: '/v1/vault' }, 'auth_type_not_allowed'],
    ['no upstream for the environment', { headers: as('pr_staging') }, 'environment_not_available'],
    ['a missing parameter', { path: '/v1/orders/1' }, 'invalid_request'],
  ])('%s', (_row, over, outcome) => {
    expect(decideOutcome(index, aRequest(over))).toBe(outcome);
  });

  it('answers the first row that fails when all the later ones fail too', () => {
    // Each step mends one row; everything below it is still wrong.
    const wrong = aRequest({
      method: 'PUT',
      path: '/nowhere',
      headers: {},
      clientIp: '203.0.113.9',
    });
    const secret = { ...wrong, path: '/secret/nothing' };
    const office = { ...wrong, headers: { ...as('pr_office'), authorization: 'Bearer x' } };
    const inOffice = { ...office, clientIp: '198.51.100.7' };
    const signedIn = { ...inOffice, headers: as('pr_office') };
    const steps: [InboundRequest, string][] = [
      [{ ...wrong, path: '/a/../b' }, 'bad_request'],
      [wrong, 'identity_required'],
      [
        { ...wrong, headers: { 'x-client-id': 'cl_x', 'x-profile-id': 'pr_x' } },
        'client_forbidden',
      ],
      [{ ...wrong, headers: { ...IDENTITY, 'x-profile-id': 'pr_x' } }, 'profile_forbidden'],
      [office, 'ip_not_allowed'],
      [inOffice, 'invalid_credential'],
      [signedIn, 'not_found'],
      [{ ...signedIn, path: secret.path }, 'collection_not_allowed'],
      [{ ...signedIn, path: '/v1/nothing' }, 'not_found'],
      [{ ...signedIn, path: '/v1/vault' }, 'method_not_allowed'],
      [{ ...signedIn, path: '/v1/vault', method: 'GET' }, 'auth_type_not_allowed'],
      [{ ...signedIn, path: '/v1/orders/x', method: 'GET' }, 'rate_limit_exceeded'],
    ];
    const context = aContext({ meters: refusing('rate_limit_exceeded') });
    for (const [request, outcome] of steps) {
      expect(decideOutcome(index, request, context)).toBe(outcome);
    }
  });

  it('takes from the limits only once rows 1 to 11 have passed', () => {
    const refusals: Partial<InboundRequest>[] = [
      { headers: IDENTITY },
      { path: '/v1/nothing' },
      { path: '/secret/orders' },
      { method: 'PUT' },
      { path: '/v1/vault' },
      { headers: as('pr_staging') },
    ];
    const context = aContext();
    for (const over of refusals) decide(index, aRequest(over), context);
    expect(context.taken).toEqual([]);
  });

  it('counts a call that fails row 14, because it was admitted to be looked at', () => {
    const context = aContext();
    const decision = decide(index, aRequest({ path: '/v1/orders/x', query: 'limit=200' }), context);
    expect(outcomeOf(decision)).toBe('invalid_request');
    expect(decision).toMatchObject({
      details: [
        { path: 'path.id', message: 'must be integer' },
        { path: 'query.limit', message: 'must be <= 100' },
      ],
    });
    expect(context.taken).toEqual(['client:cl_acme']);
  });

  it('counts all profiles of a client together, and one with its own policy apart', () => {
    const context = aContext();
    decide(index, aRequest(), context);
    decide(index, aRequest({ headers: as('pr_apart') }), context);
    expect(context.taken).toEqual(['client:cl_acme', 'profile:pr_apart']);
  });

  it('hands the meters the policy, and none where it is inactive', () => {
    const seen: (string | null)[] = [];
    const meters: Meters = {
      take({ policy }): MeterVerdict {
        seen.push(policy?.id ?? null);
        return { kind: 'granted', limits: () => [] };
      },
    };
    const clients = [aClient({ policy_id: 'pol_standard' })];
    for (const active of [true, false]) {
      const own = anIndex({ clients, policies: [aPolicy({ active })] });
      decide(own, aRequest(), aContext({ meters }));
    }
    expect(seen).toEqual(['pol_standard', null]);
  });

  it('says which quota is used up and when it resets', () => {
    const decision = decide(index, aRequest(), aContext({ meters: refusing('quota_exceeded') }));
    expect(decision).toMatchObject({ code: 'quota_exceeded', retryAfterSeconds: 3 });
    const { message } = decision as Extract<Decision, { kind: 'refused' }>;
    expect(message).toContain('monthly quota of 1000');
    expect(message).toContain('2026-04-01T00:00:00.000Z');
  });

  it('leaves the message of a rate limit to the catalogue', () => {
    const context = aContext({ meters: refusing('rate_limit_exceeded') });
    expect(decide(index, aRequest(), context)).not.toHaveProperty('message');
  });

  it('passes on why a limit refused of which nobody knows that it is used up', () => {
    const context = aContext({
      meters: {
        take: () => ({
          ...{ kind: 'refused', code: 'rate_limit_exceeded', retryAfterSeconds: 1 },
          ...{ limits: () => [EXCEEDED], exceeded: EXCEEDED, reason: 'lease_timeout' },
        }),
      },
    });
    expect(decide(index, aRequest(), context)).toMatchObject({ reason: 'lease_timeout' });
    const usedUp = aContext({ meters: refusing('quota_exceeded') });
    expect(decide(index, aRequest(), usedUp)).not.toHaveProperty('reason');
  });

  it('passes on that a lease is on its way, for whose call, and what is known without it', () => {
    const ready = Promise.resolve();
    const limits = () => [];
    const context = aContext({
      meters: { take: () => ({ kind: 'pending', on: 'lease', ready, limits }) },
    });
    const decision = decide(index, aRequest(), context);
    expect(decision).toMatchObject({ kind: 'pending', on: 'lease', ready, limits });
    const { client, profile, collection, endpoint } = decision.trace;
    expect([client?.id, profile?.id, collection?.id, endpoint?.id]).toEqual([
      'cl_acme',
      'pr_default',
      'coll_orders',
      'ep_list_orders',
    ]);
  });

  it.each([
    ['/v1/orders', 'PUT', ['GET', 'HEAD', 'POST']],
    ['/v1/orders/1', 'DELETE', ['GET', 'HEAD']],
    ['/v1/orders/1', 'POST', ['GET', 'HEAD']],
  ])('answers %s with the methods endpoint and profile share', (path, method, allow) => {
    expect(decide(index, aRequest({ path, method }), aContext())).toMatchObject({
      code: 'method_not_allowed',
      allow,
    });
  });

  it('allows HEAD where GET is allowed', () => {
    expect(decideOutcome(index, aRequest({ method: 'HEAD' }))).toBe('admitted');
  });

  it('forwards the normalised path and the query with its defaults', () => {
    const request = aRequest({ path: '/v1/orders/%34%32/', query: 'limit=5&x=%7E' });
    expect(decide(index, request, aContext())).toMatchObject({
      kind: 'admitted',
      upstreamPath: '/orders/42',
      upstreamQuery: 'limit=5&x=%7E&sort=new',
      mustCheckBody: false,
    });
  });

  it('asks for the body only where a schema must be checked', () => {
    const decision = decide(index, aRequest({ method: 'POST' }), aContext());
    expect(decision).toMatchObject({ kind: 'admitted', mustCheckBody: true });
  });

  it('tells how far the checks got', () => {
    const traceOf = (over: Partial<InboundRequest>): Record<string, string | undefined> => {
      const decision = decide(index, aRequest(over), aContext()) as Extract<
        Decision,
        { kind: 'refused' }
      >;
      const { client, profile, collection, endpoint } = decision.trace;
      return { c: client?.id, p: profile?.id, coll: collection?.id, e: endpoint?.id };
    };
    expect(traceOf({ headers: {} })).toEqual({});
    expect(traceOf({ headers: as('pr_off') })).toEqual({ c: 'cl_acme', p: 'pr_off' });
    expect(traceOf({ path: '/secret/x' })).toMatchObject({ p: 'pr_default', coll: 'coll_secret' });
    expect(traceOf({ path: '/v1/vault' })).toMatchObject({
      coll: 'coll_orders',
      e: 'ep_only_mtls',
    });
  });

  it('challenges on every 401', () => {
    for (const headers of [{}, IDENTITY, { ...IDENTITY, authorization: 'Basic x' }]) {
      const decision = decide(index, aRequest({ headers }), aContext({ nowMs: NOW_MS }));
      expect(decision).toMatchObject({
        wwwAuthenticate: expect.stringMatching(/^Bearer realm="portico"/),
      });
    }
  });
});
