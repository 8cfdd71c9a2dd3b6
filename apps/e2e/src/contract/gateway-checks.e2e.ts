import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, startUpstream, type Upstream } from '@portico/testkit';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startStandalone, type Standalone } from '../deployment.ts';
import { call, type Answer } from '../http.ts';
import {
  bootstrapAdmin,
  expectError,
  onTheWire,
  pathsOf,
  type HeaderMap,
  type Outsider,
} from './outsider.ts';

/** The table "Gateway: order of checks", row by row. Each request fails its row and later ones too. */
describe('the order of checks', () => {
  let portico: Standalone;
  let admin: Outsider;
  let upstream: Upstream;
  let breaking: Server;
  let gateway: string;
  /** Headers by profile id. */
  const as: Record<string, HeaderMap> = {};

  beforeAll(async () => {
    upstream = await startUpstream();
    // Takes a request and hangs up in the middle of the answer's head.
    breaking = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Le'));
    });
    await new Promise<void>((listening) => breaking.listen(0, '127.0.0.1', listening));
    portico = await startStandalone({ PORTICO_SEED_DEMO: 'false', MAX_BODY_BYTES: '65536' });
    admin = bootstrapAdmin(portico);
    gateway = portico.gatewayUrls[0]!;
    await makeEstate();
  }, 180_000);

  afterAll(async () => {
    await portico?.stop();
    await upstream?.stop();
    breaking?.close();
  });

  async function makeEstate(): Promise<void> {
    const to = (url: string, more: object = {}) => ({ targets: [{ url, weight: 1 }], ...more });
    const dead = `http://127.0.0.1:${await freePort()}`;
    const broken = `http://127.0.0.1:${(breaking.address() as AddressInfo).port}`;
    const circuit_breaker = { failure_threshold: 2, window_ms: 60_000, open_ms: 60_000 };
    const collections: [string, string, object, string[]][] = [
      ['coll_main', '/c/main', to(upstream.url), ['coll_main']],
      ['coll_nested', '/c/main/nested', to(upstream.url), []],
      ['coll_other', '/c/other', to(upstream.url), []],
      ['coll_draft', '/c/draft', to(upstream.url), []],
      ['coll_dead', '/c/dead', to(dead, { retries: 0 }), []],
      ['coll_open', '/c/open', to(dead, { retries: 0, circuit_breaker }), []],
      ['coll_broken', '/c/broken', to(broken, { retries: 0 }), []],
    ];
    for (const [id, base_path, production] of collections) {
      const status = id === 'coll_draft' ? 'draft' : 'published';
      const upstreams = { production };
      await admin.create('/collections', { id, name: id, base_path, upstreams, status });
      const any = { name: 'Any', methods: ['GET', 'POST'], path: '/any', status: 'published' };
      await admin.create(`/collections/${id}/endpoints`, any);
    }
    const endpoint = (body: object) =>
      admin.create('/collections/coll_main/endpoints', { status: 'published', ...body });
    await endpoint({
      name: 'One',
      methods: ['GET'],
      path: '/things/{id}',
      parameters: [
        { name: 'id', in: 'path', type: 'integer', required: true },
        { name: 'view', in: 'query', type: 'string', required: true, enum: ['full', 'short'] },
        { name: 'x-tenant', in: 'header', type: 'string', required: true },
      ],
    });
    await endpoint({
      name: 'Checked',
      methods: ['POST'],
      path: '/checked',
      request_schema: {
        type: 'object',
        required: ['amount'],
        properties: { amount: { type: 'integer' } },
        additionalProperties: false,
      },
    });
    await endpoint({ name: 'Jwt', methods: ['GET'], path: '/jwt', allowed_auth_types: ['jwt'] });
    await endpoint({ name: 'Draft', methods: ['GET'], path: '/hidden', status: 'draft' });
    await endpoint({ name: 'Slow', methods: ['GET'], path: '/slow', timeout_ms: 150 });
    const policy = (id: string, limits: object) =>
      admin.create('/policies', { id, name: id, mode: 'strict', ...limits });
    const twoAnHour = { rate_limits: [{ requests: 2, window: '1h' }] };
    await policy('pol_rate', twoAnHour);
    await policy('pol_careful', twoAnHour);
    await policy('pol_apart', { rate_limits: [{ requests: 7, window: '1d' }] });
    await policy('pol_quota', { quota: { requests: 1, period: 'month' } });
    await policy('pol_both', { ...twoAnHour, quota: { requests: 1000, period: 'day' } });
    const assigned = collections.map(([id]) => id).filter((id) => id !== 'coll_other');
    await policy('pol_shared', { rate_limits: [{ requests: 50, window: '5m' }] });
    const shared = { collections: ['coll_main'], policy_id: 'pol_shared' };
    await admin.create('/clients', { id: 'cl_shared', name: 'Shared', ...shared });
    await admin.create('/clients', { id: 'cl_main', name: 'Main', collections: assigned });
    await admin.create('/clients', { id: 'cl_off', name: 'Off', active: false });
    await admin.create('/clients', { id: 'cl_else', name: 'Else', collections: ['coll_other'] });
    const profiles: [string, string, object][] = [
      ['cl_main', 'pr_main', {}],
      ['cl_main', 'pr_inactive', { active: false }],
      ['cl_main', 'pr_far', { allowed_ips: ['192.0.2.0/24', '2001:db8::/32'] }],
      ['cl_main', 'pr_near', { allowed_ips: ['127.0.0.0/8', '::1/128'] }],
      ['cl_main', 'pr_getter', { allowed_methods: ['GET'] }],
      ['cl_main', 'pr_sandbox', { environment: 'sandbox', policy_id: 'pol_rate' }],
      ['cl_main', 'pr_rate', { policy_id: 'pol_rate' }],
      ['cl_main', 'pr_careful', { policy_id: 'pol_careful' }],
      ['cl_main', 'pr_quota', { policy_id: 'pol_quota' }],
      ['cl_main', 'pr_both', { policy_id: 'pol_both' }],
      ['cl_main', 'pr_expired', { auth: { expires_at: '2020-01-01T00:00:00Z' } }],
      ['cl_shared', 'pr_shared_one', {}],
      ['cl_shared', 'pr_shared_two', {}],
      ['cl_shared', 'pr_apart', { policy_id: 'pol_apart' }],
      ['cl_off', 'pr_off', {}],
      ['cl_else', 'pr_else', {}],
    ];
    for (const [client, id, body] of profiles) {
      const created = { id, name: id, auth_type: 'token', ...body };
      await admin.create(`/clients/${client}/profiles`, created);
      as[id] = await admin.authHeaders(id);
    }
  }

  const get = (path: string, headers: HeaderMap): Promise<Answer> =>
    call(`${gateway}${path}`, { headers });
  const post = (path: string, headers: HeaderMap, body: unknown = {}): Promise<Answer> =>
    call(`${gateway}${path}`, { method: 'POST', headers, body });
  const pairs = (headers: HeaderMap) => Object.entries(headers);
  /** Same length and shape as a token, and not one. */
  const WRONG = { Authorization: `Bearer portico_tok_${'0'.repeat(40)}` };
  const identity = (client: string, profile: string) => ({
    'X-Client-ID': client,
    'X-Profile-ID': profile,
  });

  describe('row 1: both identity headers, once each', () => {
    it.each([
      ['neither', []],
      ['no profile', [['X-Client-ID', 'cl_main']]],
      ['no client', [['X-Profile-ID', 'pr_main']]],
      ['an empty client', [['X-Client-ID', ''], ['X-Profile-ID', 'pr_main']]], // prettier-ignore
      ['the client twice', [['X-Client-ID', 'cl_main'], ['X-Client-ID', 'cl_main'], ['X-Profile-ID', 'pr_main']]], // prettier-ignore
      ['two profiles', [['X-Client-ID', 'cl_main'], ['X-Profile-ID', 'pr_main'], ['X-Profile-ID', 'pr_rate']]], // prettier-ignore
    ] as [string, [string, string][]][])('%s is 401', async (_name, headers) => {
      const answer = await onTheWire(gateway, '/nowhere', { headers });
      expectError(answer, 401, 'identity_required');
    });
  });

  it.each([
    ['an unknown one', () => ({ ...identity('cl_nobody', 'pr_nobody'), ...WRONG })],
    ['an inactive one', () => ({ ...as['pr_off']!, ...WRONG })],
  ])('row 2: the client must exist and be active, not %s', async (_name, headers) => {
    expectError(await get('/nowhere', headers()), 403, 'client_forbidden');
  });

  it.each([
    ['unknown', () => ({ ...identity('cl_main', 'pr_nobody'), ...WRONG })],
    ['inactive', () => ({ ...as['pr_inactive']!, ...WRONG })],
    ["another client's", () => ({ ...as['pr_else']!, 'X-Client-ID': 'cl_main' })],
  ])('row 3: the profile must not be %s', async (_name, headers) => {
    expectError(await get('/nowhere', headers()), 403, 'profile_forbidden');
  });

  it('row 4: the address must be among the allowed ones', async () => {
    expectError(await get('/nowhere', { ...as['pr_far']!, ...WRONG }), 403, 'ip_not_allowed');
    expect((await get('/c/main/any', as['pr_near']!)).status).toBe(200);
  });

  it('row 4: a forwarded address is believed from trusted proxies only', async () => {
    const forged = { ...as['pr_far']!, 'X-Forwarded-For': '192.0.2.7', Forwarded: 'for=192.0.2.7' };
    expectError(await get('/c/main/any', forged), 403, 'ip_not_allowed');
  });

  it.each([
    ['missing', (): HeaderMap => identity('cl_main', 'pr_main')],
    ['of another scheme', () => ({ ...as['pr_main']!, Authorization: 'Basic dTpw' })],
    ['well-formed and wrong', () => ({ ...as['pr_main']!, ...WRONG })],
    ['past its expires_at', () => as['pr_expired']!],
    ["another profile's", () => ({ ...as['pr_rate']!, 'X-Profile-ID': 'pr_main' })],
    ['cut short', () => ({ ...as['pr_main']!, Authorization: as['pr_main']!['Authorization']!.slice(0, -1) })], // prettier-ignore
  ])('row 5: a credential that is %s is 401 with a challenge', async (_name, headers) => {
    const answer = await get('/nowhere', headers());
    expectError(answer, 401, 'invalid_credential');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer\b/);
  });

  it('row 6: a path outside every published base path is 404', async () => {
    // `/c/mainly` starts with the letters of `/c/main`, and not with its segments.
    for (const path of ['/nowhere', '/', '/c', '/c/mainly/any', '/c/draft/any']) {
      expectError(await get(path, as['pr_main']!), 404, 'not_found');
    }
  });

  it('row 6: the longest base path wins', async () => {
    upstream.forget();
    expect((await get('/c/main/nested/any', as['pr_main']!)).status).toBe(200);
    expect(upstream.requests.at(-1)!.path).toBe('/any');
  });

  it('row 7: a collection that is not assigned is 403, whatever is asked of it', async () => {
    for (const path of ['/c/other/any', '/c/other/nothing']) {
      const answer = await call(`${gateway}${path}`, { method: 'DELETE', headers: as['pr_main']! });
      expectError(answer, 403, 'collection_not_allowed');
    }
  });

  it('row 8: a path without a published endpoint is 404', async () => {
    for (const path of ['/c/main/nothing', '/c/main/hidden', '/c/main', '/c/main/any/more']) {
      const answer = await call(`${gateway}${path}`, { method: 'DELETE', headers: as['pr_main']! });
      expectError(answer, 404, 'not_found');
    }
  });

  it('row 9: a method the endpoint has not is 405, and Allow says which it has', async () => {
    const options = { method: 'DELETE', headers: as['pr_sandbox']! };
    const answer = await call(`${gateway}/c/main/any`, options);
    expectError(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'POST']);
  });

  it("row 9: a method outside the profile's is 405, and Allow names only what it may", async () => {
    const answer = await post('/c/main/any', as['pr_getter']!);
    expectError(answer, 405, 'method_not_allowed');
    // Whoever may GET may ask for the head alone.
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    const head = await call(`${gateway}/c/main/any`, { method: 'HEAD', headers: as['pr_getter']! });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('row 10: an endpoint that does not take the auth type is 403', async () => {
    expectError(await get('/c/main/jwt', as['pr_sandbox']!), 403, 'auth_type_not_allowed');
  });

  it("row 11: no upstream for the profile's environment is 403", async () => {
    const answer = await get('/c/main/things/x', as['pr_sandbox']!);
    expectError(answer, 403, 'environment_not_available');
  });

  it('rows 1 to 11 consume nothing', async () => {
    const headers = as['pr_careful']!;
    const refused = [
      await get('/c/main/any', { 'X-Client-ID': 'cl_main' }),
      await get('/c/main/any', { ...headers, 'X-Client-ID': 'cl_off' }),
      await get('/c/main/any', { ...headers, 'X-Client-ID': 'cl_else' }),
      await get('/c/main/any', { ...headers, ...WRONG }),
      await get('/nowhere', headers),
      await get('/c/other/any', headers),
      await get('/c/main/nothing', headers),
      await call(`${gateway}/c/main/any`, { method: 'DELETE', headers }),
      await get('/c/main/jwt', headers),
    ];
    for (const answer of refused) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      for (const name of ['ratelimit', 'ratelimit-policy', 'x-ratelimit-limit', 'retry-after']) {
        expect(answer.headers.get(name)).toBeNull();
      }
    }
    const first = await get('/c/main/any', headers);
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
  });

  it('row 14 is after the limits: a call that fails it was admitted, and counts', async () => {
    const answer = await get('/c/main/things/x', as['pr_careful']!);
    expectError(answer, 400, 'invalid_request');
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('0');
    const over = await get('/c/main/any', as['pr_careful']!);
    expectError(over, 429, 'rate_limit_exceeded');
  });

  it('row 12: 429 with the exact body, and every header says the same', async () => {
    const first = await get('/c/main/any', as['pr_rate']!);
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe('"1h";q=2;w=3600');
    expect(first.headers.get('ratelimit')).toMatch(/^"1h";r=1;t=\d+$/);
    expect(first.headers.get('x-ratelimit-limit')).toBe('2');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
    expect((await get('/c/main/any', as['pr_rate']!)).status).toBe(200);

    upstream.forget();
    const refused = await get('/c/main/things/x', as['pr_rate']!);
    expect(refused.status).toBe(429);
    expect(refused.json()).toEqual({
      error: 'rate_limit_exceeded',
      message: 'You have exceeded your request rate limit. Please try again later.',
      request_id: refused.headers.get('x-request-id'),
    });
    const retryAfter = refused.headers.get('retry-after')!;
    expect(retryAfter).toMatch(/^[1-9]\d*$/);
    expect(Number(retryAfter)).toBeLessThanOrEqual(3_615);
    expect(refused.headers.get('ratelimit-policy')).toBe('"1h";q=2;w=3600');
    expect(refused.headers.get('ratelimit')).toMatch(/^"1h";r=0;t=[1-9]\d*$/);
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    const reset = Number(refused.headers.get('x-ratelimit-reset'));
    expect(Math.abs(reset - Date.now() / 1000 - 3_600)).toBeLessThan(60);
    expect(upstream.requests).toEqual([]);
  });

  it('row 12: two policies on two profiles are two counters', async () => {
    const answer = await get('/c/main/any', as['pr_both']!);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit-policy')).toBe('"1h";q=2;w=3600, "day";q=1000;w=86400');
    expect(answer.headers.get('ratelimit')).toMatch(/^"1h";r=1;t=\d+, "day";r=999;t=\d+$/);
    // The limit that is closest to refusing is the one the older headers name.
    expect(answer.headers.get('x-ratelimit-limit')).toBe('2');
  });

  it("row 12: a client's policy counts its profiles together, one with its own apart", async () => {
    const remaining = async (profile: string) =>
      (await get('/c/main/any', as[profile]!)).headers.get('x-ratelimit-remaining');
    expect(await remaining('pr_shared_one')).toBe('49');
    expect(await remaining('pr_shared_two')).toBe('48');
    expect(await remaining('pr_apart')).toBe('6');
    expect(await remaining('pr_shared_one')).toBe('47');
  });

  it('row 12: without a policy nothing is limited, and no header says otherwise', async () => {
    const answer = await get('/c/main/any', as['pr_main']!);
    expect(answer.status).toBe(200);
    for (const name of ['ratelimit', 'ratelimit-policy', 'x-ratelimit-limit']) {
      expect(answer.headers.get(name)).toBeNull();
    }
  });

  it('row 13: a quota says which it is and when it resets', async () => {
    expect((await get('/c/main/any', as['pr_quota']!)).status).toBe(200);
    const refused = await get('/c/main/things/x', as['pr_quota']!);
    const { message } = expectError(refused, 429, 'quota_exceeded');
    const now = new Date();
    const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
    expect(message).toContain('month');
    expect(message).toContain(next.toISOString().slice(0, 10));
    const seconds = (next.getTime() - now.getTime()) / 1000;
    expect(Math.abs(Number(refused.headers.get('retry-after')) - seconds)).toBeLessThan(30);
    expect(Number(refused.headers.get('x-ratelimit-reset'))).toBe(next.getTime() / 1000);
    expect(refused.headers.get('ratelimit')).toMatch(/^"month";r=0;t=\d+$/);
  });

  it('row 14: every parameter that is wrong is named, in path, query and header', async () => {
    const body = expectError(
      await get('/c/main/things/x?view=half', as['pr_main']!),
      400,
      'invalid_request',
    );
    expect(pathsOf(body).toSorted()).toEqual(['header.x-tenant', 'path.id', 'query.view']);
    const right = await get('/c/main/things/7?view=full', { ...as['pr_main']!, 'x-tenant': 'a' });
    expect(right.status).toBe(200);
  });

  it('row 14: a body is checked against the request schema before the upstream sees it', async () => {
    upstream.forget();
    const headers = as['pr_main']!;
    const wrong = await post('/c/main/checked', headers, { amount: 'ten', more: 1 });
    const body = expectError(wrong, 400, 'invalid_request');
    expect(pathsOf(body)).toContain('body.amount');
    const json = { ...headers, 'content-type': 'application/json' };
    expectError(await post('/c/main/checked', json, '{"amount":'), 400, 'invalid_request');
    expectError(await post('/c/main/checked', json, ''), 400, 'invalid_request');
    expect(upstream.requests).toEqual([]);
    expect((await post('/c/main/checked', headers, { amount: 10 })).status).toBe(200);
    expect(upstream.requests.at(-1)!.body.toString()).toBe('{"amount":10}');
  });

  it('row 15: a body over the limit is 413, whether or not its length was announced', async () => {
    const body = 'x'.repeat(70_000);
    const headers = { ...as['pr_main']!, 'content-type': 'text/plain' };
    expectError(await post('/c/main/any', headers, body), 413, 'payload_too_large');
    const chunked = await fetch(`${gateway}/c/main/any`, {
      method: 'POST',
      headers,
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(await chunked.json()).toMatchObject({ error: 'payload_too_large' });
  });

  it('row 15: an upstream that cannot be reached is 502', async () => {
    expectError(await get('/c/dead/any', as['pr_main']!), 502, 'upstream_unreachable');
  });

  it('row 15: an upstream that breaks off its answer is 502', async () => {
    expectError(await get('/c/broken/any', as['pr_main']!), 502, 'upstream_error');
  });

  it('row 15: an upstream that is too slow is 504', async () => {
    upstream.answerWith(() => undefined);
    try {
      expectError(await get('/c/main/slow', as['pr_main']!), 504, 'upstream_timeout');
    } finally {
      upstream.answerWith((_request, response) => void response.end('ok'));
    }
  });

  it('row 15: an open circuit is 503 with Retry-After', async () => {
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push(await get('/c/open/any', as['pr_main']!));
    const last = answers.at(-1)!;
    expectError(last, 503, 'upstream_unavailable');
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it.each([
    '/c/main/../main/any',
    '/c/main/%2e%2e/main/any',
    '/c/main/./any',
    '/c/main//any',
    '/c/main%2fany',
    '/c/main%5cany',
    '/c/main/any%00',
    '/c/main/%252e%252e/any',
    '/c/main/any%zz',
    '/c\\main\\any',
    '/c/main/any;x=1',
  ])('a path trick never reaches the upstream: %s', async (target) => {
    upstream.forget();
    const answer = await onTheWire(gateway, target, { headers: pairs(as['pr_main']!) });
    expect([400, 404]).toContain(answer.status);
    expectError(answer, answer.status, answer.status === 400 ? 'bad_request' : 'not_found');
    expect(upstream.requests).toEqual([]);
  });

  it('every admitted and refused answer names its request', async () => {
    const headers = { ...as['pr_main']!, 'x-request-id': 'partner-7f.3:a_B' };
    expect((await get('/c/main/any', headers)).headers.get('x-request-id')).toBe(
      'partner-7f.3:a_B',
    );
    for (const insane of ['<b>', 'two words', 'x'.repeat(300)]) {
      const answer = await get('/nowhere', { ...headers, 'x-request-id': insane });
      expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]+$/);
    }
  });

  it('a refusal does not cost its caller the connection', async () => {
    const refused = [
      await get('/nowhere', {}),
      await get('/nowhere', { ...as['pr_main']!, ...WRONG }),
      await get('/nowhere', as['pr_main']!),
      await get('/c/main/any', as['pr_quota']!),
      await get('/c/main/things/x', as['pr_main']!),
    ];
    const answered = refused.map(({ status, headers }) => [status, headers.get('connection')]);
    expect(answered).toEqual([401, 401, 404, 429, 400].map((status) => [status, 'keep-alive']));
  });

  it('a draft becomes routable when it is published, and stops when it is a draft again', async () => {
    const set = (status: string) =>
      admin.put('/collections/coll_draft/status', { status }, { prefer: 'wait=10' });
    await set('published');
    expect((await get('/c/draft/any', as['pr_main']!)).status).toBe(200);
    await set('draft');
    expectError(await get('/c/draft/any', as['pr_main']!), 404, 'not_found');
  });
});
