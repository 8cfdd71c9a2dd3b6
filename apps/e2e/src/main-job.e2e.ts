import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream, type UpstreamHandler } from '@portico/testkit';
import { startDistributed, startStandalone, type Deployment } from './deployment.ts';
import { call } from './http.ts';
import { PortalVisitor, requestedLink, tokenOf } from './portal-visitor.ts';

/**
 * "The main job" of the product, step by step, from outside, against both ways to run it. The steps
 * are one story: each builds on what the ones before it left behind.
 */
describe.each([
  ['npm start', startStandalone],
  ['separate processes, two gateways', startDistributed],
] as const)('from invite to first API call, %s', (_name, start) => {
  let portico: Deployment;
  let production: Upstream;
  let sandbox: Upstream;
  let acme: PortalVisitor;
  let globex: PortalVisitor;
  const tokens: string[] = [];

  beforeAll(async () => {
    [production, sandbox] = await Promise.all([
      startUpstream(echo('production')),
      startUpstream(echo('sandbox')),
    ]);
    portico = await start();
  }, 180_000);

  afterAll(async () => {
    await portico?.stop();
    await Promise.all([production?.stop(), sandbox?.stop()]);
  });

  const headersOf = async (profileId: string) => {
    const headers = await portico.admin.authHeaders(profileId);
    tokens.push(headers['Authorization']!.replace('Bearer ', ''));
    return headers;
  };
  /** The same call to every gateway node: a promise that holds on one of them only does not hold. */
  const callAll = (path: string, options: Parameters<typeof call>[1]) =>
    Promise.all(portico.gatewayUrls.map((url) => call(`${url}${path}`, options)));
  const statuses = async (path: string, options: Parameters<typeof call>[1]) =>
    (await callAll(path, options)).map((answer) => answer.status);
  const everyNode = (status: number) => portico.gatewayUrls.map(() => status);

  it('1. an admin creates the contract, and a token profile exists at once', async () => {
    const { admin } = portico;
    const upstreams = {
      production: { targets: [{ url: production.url, weight: 1 }] },
      sandbox: { targets: [{ url: sandbox.url, weight: 1 }] },
    };
    for (const [id, base] of [
      ['coll_e2e_orders', '/e2e/orders'],
      ['coll_e2e_inventory', '/e2e/inventory'],
    ] as const) {
      const common = { description: `All of ${base}`, upstreams, log_bodies: 'all' };
      await admin.create('/collections', { id, name: base, base_path: base, ...common });
    }
    await admin.create('/collections/coll_e2e_orders/endpoints', {
      id: 'ep_e2e_order',
      name: 'Get an order',
      description: 'One order',
      methods: ['GET'],
      path: '/orders/{order_id}',
      parameters: [
        { name: 'order_id', in: 'path', type: 'integer', required: true },
        { name: 'expand', in: 'query', type: 'string', required: true, enum: ['lines', 'none'] },
      ],
      status: 'published',
    });
    await admin.create('/collections/coll_e2e_orders/endpoints', {
      id: 'ep_e2e_draft',
      name: 'Not ready',
      methods: ['GET'],
      path: '/drafts',
      status: 'draft',
    });
    await admin.create('/collections/coll_e2e_inventory/endpoints', {
      id: 'ep_e2e_items',
      name: 'Items',
      methods: ['GET', 'POST'],
      path: '/items',
      status: 'published',
    });
    await admin.create('/policies', {
      id: 'pol_e2e_wide',
      name: 'Wide',
      rate_limits: [{ requests: 1000, window: '1m' }],
      quota: { requests: 100_000, period: 'month' },
    });
    await admin.create('/policies', {
      id: 'pol_e2e_narrow',
      name: 'Narrow',
      rate_limits: [{ requests: 3, window: '1h' }],
      quota: null,
      mode: 'strict',
    });
    await admin.create('/clients', {
      id: 'cl_e2e_acme',
      name: 'Acme E2E',
      has_portal_access: true,
      authorized_emails: ['a@acme.test', 'b@acme.test', 'c@acme.test'],
      collections: ['coll_e2e_orders', 'coll_e2e_inventory'],
      policy_id: 'pol_e2e_wide',
    });
    await admin.create('/clients', {
      id: 'cl_e2e_globex',
      name: 'Globex E2E',
      has_portal_access: true,
      authorized_emails: ['g@globex.test'],
      collections: ['coll_e2e_inventory'],
      policy_id: 'pol_e2e_narrow',
    });
    await admin.create('/clients/cl_e2e_acme/profiles', {
      id: 'pr_e2e_acme_sandbox',
      name: 'sandbox',
      environment: 'sandbox',
      auth_type: 'token',
    });
    for (const id of ['coll_e2e_orders', 'coll_e2e_inventory']) {
      const answer = await admin.send('PUT', `/collections/${id}/status`, { status: 'published' });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('preference-applied')).toBe('wait');
      const nodes = portico.gatewayUrls.length;
      expect(answer.headers.get('x-config-propagation')).toMatch(
        new RegExp(`^nodes=${nodes}/${nodes};ms=\\d+$`),
      );
    }
    const profiles = (await admin.get('/clients/cl_e2e_acme/profiles')).json<{
      data: { name: string; auth_type: string }[];
    }>();
    expect(profiles.data).toContainEqual(
      expect.objectContaining({ name: 'default', auth_type: 'token' }),
    );
  });

  it('2. asking for a link answers the same for every address on earth', async () => {
    const visitor = new PortalVisitor(portico.controlPlaneUrl);
    const known = await visitor.requestLink('c@acme.test');
    const unknown = await visitor.requestLink('nobody@nowhere.test');
    expect(known.status).toBe(202);
    expect(unknown.status).toBe(202);
    expect(unknown.text).toBe(known.text);
    expect(known.json()).toEqual({
      message: 'If your email is registered, a sign-in link is on its way.',
    });
    expect(await portico.mailbox.linksTo('nobody@nowhere.test')).toEqual([]);
  });

  it('3. the link signs in once, survives a mail scanner, and is bound to the client', async () => {
    acme = new PortalVisitor(portico.controlPlaneUrl);
    globex = new PortalVisitor(portico.controlPlaneUrl);
    const link = await requestedLink(acme, portico.mailbox, 'a@acme.test');
    // A scanner follows the link, and even HEADs it, before the person does.
    await call(link);
    await call(link, { method: 'HEAD' });

    const opened = await acme.open(link);
    expect(opened.status).toBe(200);
    expect(opened.json()).toMatchObject({
      client: { id: 'cl_e2e_acme', name: 'Acme E2E' },
      email: 'a@acme.test',
    });
    const cookie = opened.headers.getSetCookie().join();
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);

    const replay = await new PortalVisitor(portico.controlPlaneUrl).open(link);
    expect(replay.status).toBe(401);
    expect(replay.json()['error']).toBe('invalid_token');
    expect((await globex.signIn(portico.mailbox, 'g@globex.test')).status).toBe(200);
    tokens.push(tokenOf(link));
  });

  it('4. each dashboard shows exactly its own published collections', async () => {
    const names = async (visitor: PortalVisitor) =>
      (await visitor.get('/collections'))
        .json<{ data: { id: string; published_endpoint_count: number }[] }>()
        .data.map((one) => [one.id, one.published_endpoint_count]);
    expect((await names(acme)).sort()).toEqual([
      ['coll_e2e_inventory', 1],
      ['coll_e2e_orders', 1],
    ]);
    expect(await names(globex)).toEqual([['coll_e2e_inventory', 1]]);
    const hidden = await globex.get('/collections/coll_e2e_orders');
    const absent = await globex.get('/collections/coll_no_such_thing');
    expect([hidden.status, absent.status]).toEqual([404, 404]);
    expect(hidden.json()['message']).toBe(absent.json()['message']);
  });

  it('5. a collection lists its published endpoints, its headers and its OpenAPI', async () => {
    const detail = (await acme.get('/collections/coll_e2e_orders')).json<{
      endpoints: { id: string; full_path: string }[];
    }>();
    expect(detail.endpoints.map((one) => [one.id, one.full_path])).toEqual([
      ['ep_e2e_order', '/e2e/orders/orders/{order_id}'],
    ]);
    const shown = (await acme.get('/profiles/pr_e2e_acme_sandbox/auth-headers')).json<{
      headers: { name: string; value: string }[];
    }>();
    expect(shown.headers.map((header) => header.name)).toEqual([
      'X-Client-ID',
      'X-Profile-ID',
      'Authorization',
    ]);
    for (const version of ['3.0', '3.1']) {
      const answer = await acme.get(
        `/collections/coll_e2e_orders/openapi?version=${version}&format=json`,
      );
      expect(answer.json<{ openapi: string }>().openapi).toMatch(new RegExp(`^${version}\\.`));
      expect(answer.text).not.toContain('drafts');
    }
  });

  it('6. the console sends a real call and shows the whole answer', async () => {
    const answer = await acme.post('/try', {
      profile_id: 'pr_e2e_acme_sandbox',
      endpoint_id: 'ep_e2e_order',
      method: 'GET',
      path_params: { order_id: '42' },
      query: { expand: 'lines' },
      headers: {},
      body: null,
    });
    expect(answer.status).toBe(200);
    const result = answer.json<{ status: number; body: string; latency_ms: number }>();
    expect(result.status).toBe(200);
    expect(JSON.parse(result.body)).toMatchObject({
      environment: 'sandbox',
      url: '/orders/42?expand=lines',
    });
  });

  it("7. the profile decides the environment, and a sandbox credential can't reach production", async () => {
    const sandboxHeaders = await headersOf('pr_e2e_acme_sandbox');
    const answers = await callAll('/e2e/orders/orders/42?expand=none', { headers: sandboxHeaders });
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.json()['environment']).toBe('sandbox');
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
      const seen = answer.json<{ headers: Record<string, string> }>().headers;
      expect(seen).not.toHaveProperty('x-client-id');
      expect(seen).not.toHaveProperty('authorization');
      expect(seen['x-portico-client']).toBe('cl_e2e_acme');
    }
    const defaultProfile = await defaultProfileOf('cl_e2e_acme');
    const swapped = { ...sandboxHeaders, 'X-Profile-ID': defaultProfile };
    expect(await statuses('/e2e/orders/orders/42?expand=none', { headers: swapped })).toEqual(
      everyNode(401),
    );
  });

  it('8. the same scope is enforced: outside 403, over the limit 429, bad parameters 400', async () => {
    const headers = await headersOf(await defaultProfileOf('cl_e2e_globex'));
    expect(await statuses('/e2e/orders/orders/42?expand=none', { headers })).toEqual(
      everyNode(403),
    );
    const tried = await globex.post('/try', {
      profile_id: headers['X-Profile-ID'],
      endpoint_id: 'ep_e2e_order',
      method: 'GET',
      path_params: { order_id: '42' },
      query: {},
      headers: {},
      body: null,
    });
    expect(tried.status).toBe(404);

    const acmeHeaders = await headersOf('pr_e2e_acme_sandbox');
    const [bad] = await callAll('/e2e/orders/orders/forty?expand=all', { headers: acmeHeaders });
    expect(bad!.status).toBe(400);
    expect(bad!.json()).toMatchObject({ error: 'invalid_request' });
    expect(bad!.json<{ details: { path: string }[] }>().details.map((one) => one.path)).toEqual([
      'path.order_id',
      'query.expand',
    ]);
    expect(await statuses('/e2e/orders/drafts', { headers: acmeHeaders })).toEqual(everyNode(404));

    // Three calls an hour for the whole client, whichever node takes them. Near a limit a strict
    // node refuses rather than guesses, so a call may be refused early; a fourth never gets through.
    // A call from the portal counts like any other.
    const items = () => callAll('/e2e/inventory/items', { headers });
    const tryItems = async (): Promise<number> => {
      const answer = await globex.post('/try', {
        profile_id: headers['X-Profile-ID'],
        endpoint_id: 'ep_e2e_items',
        method: 'GET',
        path_params: {},
        query: {},
        headers: {},
        body: null,
      });
      return answer.json<{ status: number }>().status;
    };
    await eventually(async () => expect(await tryItems()).toBe(200));
    let admitted = 1;
    await eventually(async () => {
      admitted += (await items()).filter((one) => one.status === 200).length;
      if (admitted < 3) throw new Error(`${admitted} of 3 admitted so far`);
    });
    const after = (await Promise.all([items(), items(), items()])).flat();
    expect(admitted).toBe(3);
    expect(new Set(after.map((one) => one.status))).toEqual(new Set([429]));
    expect(await tryItems()).toBe(429);
    const refused = after[0]!;
    expect(refused.json()).toEqual({
      error: 'rate_limit_exceeded',
      message: 'You have exceeded your request rate limit. Please try again later.',
      request_id: refused.headers.get('x-request-id'),
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit-policy')).toContain('q=3');
    expect(await statuses('/e2e/inventory/items', { headers: acmeHeaders })).toEqual(
      everyNode(200),
    );
  });

  it('9. both logs prove it, each partner under its own facet', async () => {
    type Page = { data: { client_id: string; outcome: string; source: string; status: number }[] };
    const logged = (clientId: string, outcomes: readonly string[]) =>
      eventually(async () => {
        const answer = await portico.admin.get(`/request-logs?client_id=${clientId}&limit=200`);
        const { data } = answer.json<Page>();
        const missing = outcomes.filter((one) => data.every((row) => row.outcome !== one));
        if (missing.length > 0) throw new Error(`${clientId}: no ${missing.join()} logged yet`);
        return data;
      });
    const acmeRows = await logged('cl_e2e_acme', ['forwarded', 'invalid_request']);
    const globexRows = await logged('cl_e2e_globex', [
      'forwarded',
      'collection_not_allowed',
      'rate_limit_exceeded',
    ]);
    expect(new Set(acmeRows.map((row) => row.client_id))).toEqual(new Set(['cl_e2e_acme']));
    expect(new Set(acmeRows.map((row) => row.source))).toEqual(new Set(['gateway', 'portal']));
    expect(new Set(globexRows.map((row) => row.client_id))).toEqual(new Set(['cl_e2e_globex']));
    const own = (await globex.get('/request-logs?limit=200')).json<Page>().data;
    expect(new Set(own.map((row) => row.client_id))).toEqual(new Set(['cl_e2e_globex']));

    const audit = (await portico.admin.get('/audit-log?resource_id=cl_e2e_acme')).json<{
      data: { actor: unknown; ip: string; after: unknown }[];
    }>();
    expect(audit.data.length).toBeGreaterThan(0);
    expect(audit.data[0]).toHaveProperty('actor');
    const verified = (await portico.admin.get('/audit-log/verify')).json();
    expect(verified['valid']).toBe(true);
  });

  it('10a. removing an email ends that person alone', async () => {
    const colleague = new PortalVisitor(portico.controlPlaneUrl);
    await colleague.signIn(portico.mailbox, 'b@acme.test');
    expect((await colleague.get('/session')).status).toBe(200);
    const patch = { authorized_emails: ['a@acme.test', 'c@acme.test'] };
    await portico.admin.send('PATCH', '/clients/cl_e2e_acme', patch);
    expect((await colleague.get('/session')).status).toBeGreaterThanOrEqual(401);
    expect((await acme.get('/session')).status).toBe(200);
  });

  it('10b. turning portal access off ends sessions and leaves API traffic alone', async () => {
    const headers = await headersOf('pr_e2e_acme_sandbox');
    await portico.admin.send('PATCH', '/clients/cl_e2e_acme', { has_portal_access: false });
    expect([401, 403]).toContain((await acme.get('/collections')).status);
    expect(await statuses('/e2e/inventory/items', { headers })).toEqual(everyNode(200));
  });

  it('10c. turning the client off ends portal and gateway within the waited answer', async () => {
    const headers = await headersOf('pr_e2e_acme_sandbox');
    const answer = await portico.admin.send('PATCH', '/clients/cl_e2e_acme', { active: false });
    expect(answer.status).toBe(200);
    const [first] = await callAll('/e2e/inventory/items', { headers });
    expect(await statuses('/e2e/inventory/items', { headers })).toEqual(everyNode(403));
    expect(first!.json()['error']).toBe('client_forbidden');
    expect([401, 403]).toContain((await acme.get('/session')).status);
  });

  it('no credential and no link token was ever printed by any process', () => {
    const output = portico.output();
    expect(tokens.length).toBeGreaterThan(2);
    for (const token of tokens) expect(output).not.toContain(token);
  });

  async function defaultProfileOf(clientId: string): Promise<string> {
    const { data } = (await portico.admin.get(`/clients/${clientId}/profiles`)).json<{
      data: { id: string; name: string }[];
    }>();
    return data.find((profile) => profile.name === 'default')!.id;
  }
});

/** Says what it was sent, and which environment it is. */
const echo =
  (environment: string): UpstreamHandler =>
  ({ url, headers }, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ environment, url, headers }));
  };
