import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import { Webhook } from 'standardwebhooks';
import { parse as parseYaml } from 'yaml';
import { startStandalone, type Standalone } from '../deployment.ts';
import { call } from '../http.ts';
import { aClientCertificate } from './certificate.ts';
import {
  bootstrapAdmin,
  expectError,
  Outsider,
  pathsOf,
  TIME,
  type Page,
  type Resource,
} from './outsider.ts';

/** Every resource and sub-route of the admin API, one by one. */
describe('the resources of the admin API', () => {
  let portico: Standalone;
  let admin: Outsider;
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    portico = await startStandalone({
      PORTICO_SEED_DEMO: 'false',
      TRUSTED_PROXIES: '127.0.0.0/8,::1/128',
    });
    admin = bootstrapAdmin(portico);
    await admin.create('/collections', ORDERS());
    await admin.create('/collections/coll_orders/endpoints', GET_ORDER);
    await admin.create('/policies', {
      id: 'pol_orders',
      name: 'Orders',
      rate_limits: [{ requests: 100, window: '1h' }],
      quota: { requests: 1000, period: 'month' },
    });
    await admin.create('/clients', {
      id: 'cl_orders',
      name: 'Orders Inc.',
      email: 'contact@orders.test',
      collections: ['coll_orders'],
      policy_id: 'pol_orders',
    });
    await admin.create('/clients/cl_orders/profiles', { id: 'pr_orders', name: 'main' });
  }, 180_000);

  afterAll(async () => {
    await portico?.stop();
    await upstream?.stop();
  });

  const ORDERS = () => ({
    id: 'coll_orders',
    name: 'Orders',
    description: 'What was ordered',
    base_path: '/orders',
    upstreams: {
      production: { targets: [{ url: upstream.url, weight: 1 }] },
      sandbox: { targets: [{ url: upstream.url, weight: 1 }], timeout_ms: 500, retries: 0 },
    },
    log_bodies: 'all',
    redact: ['secret_field'],
    retention_days: 30,
    status: 'published',
  });
  const GET_ORDER = {
    id: 'ep_order',
    name: 'Get an order',
    description: 'One order',
    methods: ['GET'],
    path: '/orders/{order_id}',
    parameters: [{ name: 'order_id', in: 'path', type: 'integer', required: true }],
    response_schema: { type: 'object', properties: { id: { type: 'integer' } } },
    status: 'published',
  };

  const callOrder = async (path: string, headers: Record<string, string> = {}) => {
    const identity = await admin.authHeaders('pr_orders');
    return call(`${portico.gatewayUrls[0]}${path}`, { headers: { ...identity, ...headers } });
  };

  describe('collections', () => {
    it('hold every field of the contract, defaults filled in', async () => {
      const { id } = await admin.create('/collections', {
        name: 'Bare',
        base_path: '/bare',
        upstreams: { production: { targets: [{ url: 'https://api.example.test' }] } },
      });
      expect((await admin.get(`/collections/${id}`)).json()).toEqual({
        id,
        name: 'Bare',
        description: '',
        base_path: '/bare',
        upstreams: {
          production: {
            targets: [{ url: 'https://api.example.test', weight: 1 }],
            timeout_ms: 30_000,
            connect_timeout_ms: 3_000,
            retries: 1,
          },
        },
        headers: [],
        credential_id: null,
        cors: null,
        log_bodies: expect.stringMatching(/^(none|errors|all)$/),
        redact: [],
        retention_days: 90,
        status: 'draft',
        created_at: expect.stringMatching(TIME),
        updated_at: expect.stringMatching(TIME),
        version: 1,
      });
    });

    it('cannot share a base path', async () => {
      const answer = await admin.post('/collections', { ...ORDERS(), id: 'coll_twin' });
      expect(answer.status).toBeGreaterThanOrEqual(409);
      expectError(answer, answer.status, answer.status === 409 ? 'conflict' : 'validation_failed');
    });

    it('are published and withdrawn by status', async () => {
      const set = (status: unknown) => admin.put('/collections/coll_orders/status', { status });
      for (const status of ['draft', 'published']) {
        const answer = await set(status);
        expect([answer.status, answer.json()['status']]).toEqual([200, status]);
      }
      expectError(await set('live'), 422, 'validation_failed');
      expectError(await admin.put('/collections/coll_none/status', {}), 422, 'validation_failed');
    });

    it('are duplicated as a draft with their endpoints', async () => {
      const answer = await admin.post('/collections/coll_orders/duplicate');
      expect(answer.status).toBe(201);
      const copy = answer.json<Resource & { status: string; base_path: string }>();
      expect(copy).toMatchObject({ status: 'draft', version: 1, description: 'What was ordered' });
      expect(copy.id).not.toBe('coll_orders');
      expect(copy.base_path).not.toBe('/orders');
      const { data } = (await admin.get(`/collections/${copy.id}/endpoints`)).json<
        Page<{ path: string }>
      >();
      expect(data.map(({ path }) => path)).toContain('/orders/{order_id}');
      expectError(await admin.post('/collections/coll_none/duplicate'), 404, 'not_found');
    });

    const OPENAPI = {
      openapi: '3.0.3',
      info: { title: 'Pets', version: '1' },
      paths: {
        '/pets/{pet_id}': {
          get: {
            operationId: 'getPet',
            summary: 'Get a pet',
            parameters: [
              { name: 'pet_id', in: 'path', required: true, schema: { type: 'integer' } },
              { name: 'fields', in: 'query', schema: { type: 'string', enum: ['all', 'few'] } },
            ],
            responses: { 200: { description: 'A pet' } },
          },
        },
        '/pets': {
          post: {
            summary: 'Add a pet',
            requestBody: {
              required: true,
              content: {
                'application/json': { schema: { $ref: '#/components/schemas/Pet' } },
              },
            },
            responses: { 201: { description: 'Added' } },
          },
        },
      },
      components: {
        schemas: {
          Pet: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string', nullable: true } },
          },
        },
      },
    };

    it('import an OpenAPI document as draft endpoints, after a dry run that changes nothing', async () => {
      const target = { ...ORDERS(), id: 'coll_pets', base_path: '/pets' };
      await admin.create('/collections', target);
      const path = '/collections/coll_pets/import';
      const endpoints = async () =>
        (await admin.get('/collections/coll_pets/endpoints')).json<
          Page<{ status: string; methods: string[]; path: string; parameters: object[] }>
        >().data;
      const dry = await admin.post(`${path}?dry_run=true`, OPENAPI);
      expect(dry.status).toBe(200);
      expect(dry.json()).toMatchObject({ dry_run: true, skipped: [] });
      expect(dry.json<{ created: object[] }>().created).toHaveLength(2);
      expect(await endpoints()).toEqual([]);

      const done = await admin.post(path, OPENAPI);
      expect(done.json()).toMatchObject({ dry_run: false });
      const made = await endpoints();
      expect(made.map(({ status }) => status)).toEqual(['draft', 'draft']);
      const get = made.find(({ methods }) => methods.includes('GET'))!;
      expect(get.path).toBe('/pets/{pet_id}');
      expect(get.parameters).toEqual([
        expect.objectContaining({ name: 'pet_id', in: 'path', type: 'integer', required: true }),
        expect.objectContaining({ name: 'fields', in: 'query', enum: ['all', 'few'] }),
      ]);
    });

    it('import YAML too, and refuse what is no OpenAPI document', async () => {
      const yaml = [
        'openapi: 3.1.0',
        'info: { title: Y, version: "1" }',
        'paths: { /yaml: { get: { responses: { "200": { description: ok } } } } }',
      ].join('\n');
      const path = '/collections/coll_pets/import?dry_run=true';
      const answer = await admin.post(path, yaml, { 'content-type': 'application/yaml' });
      expect(answer.json<{ created: { path: string }[] }>().created[0]!.path).toBe('/yaml');
      expectError(await admin.post(path, { swagger: '2.0' }), 422, 'validation_failed');
      const broken = await admin.post(path, 'a: [', { 'content-type': 'application/yaml' });
      expectError(broken, 400, 'malformed_body');
      expectError(await admin.post('/collections/coll_none/import', OPENAPI), 404, 'not_found');
    });

    it.each([
      ['3.0', 'json', /^application\/(vnd\.oai\.openapi\+)?json/],
      ['3.1', 'json', /^application\/(vnd\.oai\.openapi\+)?json/],
      ['3.0', 'yaml', /yaml|openapi/],
      ['3.1', 'yaml', /yaml|openapi/],
    ])('export OpenAPI %s as %s', async (version, format, type) => {
      const query = `version=${version}&format=${format}`;
      const answer = await admin.get(`/collections/coll_orders/openapi?${query}`);
      expect(answer.headers.get('content-type')).toMatch(type);
      const document = parseYaml(answer.text) as { openapi: string; paths: object };
      expect(document.openapi).toMatch(new RegExp(`^${version.replace('.', '\\.')}\\.`));
      expect(JSON.stringify(document.paths)).toContain('order_id');
      const wrong = await admin.get('/collections/coll_orders/openapi?version=2.0');
      expect(pathsOf(expectError(wrong, 422, 'validation_failed'))).toEqual(['query.version']);
    });
  });

  describe('endpoints', () => {
    it('hold every field of the contract, defaults filled in', async () => {
      const { id } = await admin.create('/collections/coll_orders/endpoints', {
        name: 'Bare',
        methods: ['GET'],
        path: '/bare',
      });
      const endpoint = (await admin.get(`/endpoints/${id}`)).json();
      expect(endpoint).toMatchObject({
        collection_id: 'coll_orders',
        target_path: null,
        parameters: [],
        request_schema: null,
        response_schema: null,
        examples: {},
        allowed_auth_types: ['token', 'jwt', 'oidc', 'mtls'],
        headers: [],
        credential_id: null,
        timeout_ms: null,
        status: 'draft',
      });
    });

    it.each([
      ['an invalid JSON Schema', { request_schema: { type: 'colour' } }, 'body.request_schema'],
      ['a method that is none', { methods: ['FETCH'] }, 'body.methods'],
      ['no method', { methods: [] }, 'body.methods'],
      ['a path without a slash', { path: 'x' }, 'body.path'],
      ['a path parameter that is not in the path', { parameters: [{ name: 'ghost', in: 'path', type: 'string', required: true }] }, 'body.parameters'], // prettier-ignore
      ['a pattern that is no regular expression', { parameters: [{ name: 'q', in: 'query', type: 'string', pattern: '(' }] }, 'body.parameters'], // prettier-ignore
      ['an injected header that names the connection', { headers: [{ name: 'Transfer-Encoding', value: 'x' }] }, 'body.headers'], // prettier-ignore
    ])('refuse %s', async (_name, wrong, where) => {
      const body = { name: 'Wrong', methods: ['GET'], path: '/wrong', ...wrong };
      const answer = await admin.post('/collections/coll_orders/endpoints', body);
      const paths = pathsOf(expectError(answer, 422, 'validation_failed'));
      expect(paths.some((path) => path.startsWith(where))).toBe(true);
    });
  });

  describe('policies', () => {
    it('hold every field of the contract, defaults filled in', async () => {
      const { id } = await admin.create('/policies', { name: 'Bare' });
      expect((await admin.get(`/policies/${id}`)).json()).toMatchObject({
        description: '',
        active: true,
        rate_limits: [],
        quota: null,
        mode: 'default',
        on_outage: 'share',
        alert_thresholds: [80, 100],
        alert_partner: false,
      });
    });

    it.each(['1s', '10s', '1m', '5m', '1h', '1d'])('take the window %s', async (window) => {
      await admin.create('/policies', { name: window, rate_limits: [{ requests: 1, window }] });
    });

    it.each(['day', 'week', 'month'])('take the period %s', async (period) => {
      await admin.create('/policies', { name: period, quota: { requests: 1, period } });
    });

    it.each([
      [{ rate_limits: [{ requests: 1, window: '2m' }] }, 'body.rate_limits.0.window'],
      [{ rate_limits: [{ requests: 0, window: '1m' }] }, 'body.rate_limits.0.requests'],
      [{ quota: { requests: 1, period: 'year' } }, 'body.quota.period'],
      [{ mode: 'lax' }, 'body.mode'],
      [{ on_outage: 'panic' }, 'body.on_outage'],
      [{ alert_thresholds: [101] }, 'body.alert_thresholds.0'],
      [{ alert_thresholds: [80, 80] }, 'body.alert_thresholds'],
    ])('refuse %j', async (wrong, where) => {
      const answer = await admin.post('/policies', { name: 'Wrong', ...wrong });
      expect(pathsOf(expectError(answer, 422, 'validation_failed'))).toEqual([where]);
    });
  });

  describe('clients and profiles', () => {
    it('a client comes with a default token profile, and keeps addresses in lower case', async () => {
      const client = await admin.create<Resource & { authorized_emails: string[] }>('/clients', {
        name: 'New',
        authorized_emails: ['Dev@New.TEST', 'dev@new.test'],
      });
      expect(client).toMatchObject({
        description: '',
        email: null,
        active: true,
        has_portal_access: false,
        authorized_emails: ['dev@new.test'],
        collections: [],
        policy_id: null,
      });
      const { data } = (await admin.get(`/clients/${client.id}/profiles`)).json<Page>();
      expect(data).toEqual([
        expect.objectContaining({
          name: 'default',
          client_id: client.id,
          environment: 'production',
          active: true,
          auth_type: 'token',
          allowed_methods: [],
          allowed_ips: [],
          policy_id: null,
        }),
      ]);
    });

    it('profiles of every auth type say how to call, and show no secret elsewhere', async () => {
      const { cert } = await aClientCertificate('orders');
      const types: [string, object, readonly string[]][] = [
        ['token', {}, ['X-Client-ID', 'X-Profile-ID', 'Authorization']],
        ['jwt', { algorithms: ['HS256'] }, ['X-Client-ID', 'X-Profile-ID', 'Authorization']],
        ['oidc', { issuer: 'https://id.orders.test', audience: 'orders', required_scopes: ['read'] }, ['X-Client-ID', 'X-Profile-ID', 'Authorization']], // prettier-ignore
        ['mtls', { certificates: [cert] }, ['X-Client-ID', 'X-Profile-ID']],
        ['mtls', { ca_pem: cert, subject: 'orders' }, ['X-Client-ID', 'X-Profile-ID']],
        ['none', {}, ['X-Client-ID', 'X-Profile-ID']],
      ];
      for (const [auth_type, auth, names] of types) {
        const created = await admin.post('/clients/cl_orders/profiles', {
          name: `by ${auth_type}`,
          auth_type,
          auth,
        });
        expect({ auth_type, status: created.status }).toEqual({ auth_type, status: 201 });
        const { id } = created.json<Resource>();
        const answer = await admin.get(`/profiles/${id}/auth-headers`);
        const { headers, curl } = answer.json<{
          headers: { name: string; value: string }[];
          curl: string;
        }>();
        expect(headers.map(({ name }) => name)).toEqual(names);
        expect(curl).toMatch(/^curl /);
        const credential = headers[2]?.value.replace('Bearer ', '');
        if (auth_type !== 'token') continue;
        expect(credential).toMatch(/^portico_tok_[0-9A-Za-z]{40}$/);
        expect(created.text + (await admin.get(`/profiles/${id}`)).text).not.toContain(credential);
      }
    });

    it('reading auth-headers is audited as a read of a secret', async () => {
      const id = 'secret-reader.1';
      await admin.get('/profiles/pr_orders/auth-headers', { 'x-request-id': id });
      const { data } = (await admin.get(`/audit-log?request_id=${id}`)).json<Page<object>>();
      expect(data).toEqual([
        expect.objectContaining({
          resource_type: 'profile',
          resource_id: 'pr_orders',
          action: expect.stringContaining('secret'),
        }),
      ]);
    });

    it.each([
      [{ auth_type: 'password' }, 'body.auth_type'],
      [{ auth_type: 'oidc', auth: {} }, 'body.auth.issuer'],
      [{ auth_type: 'jwt', auth: { algorithms: ['none'] } }, 'body.auth.algorithms.0'],
      [{ auth_type: 'mtls', auth: { certificates: ['x'] } }, 'body.auth.certificates.0'],
      [{ auth_type: 'token', auth: { more: 1 } }, 'body.auth.more'],
      [{ allowed_ips: ['10.0.0.0/33'] }, 'body.allowed_ips.0'],
      [{ allowed_methods: ['FETCH'] }, 'body.allowed_methods'],
      [{ environment: 'Pro duction' }, 'body.environment'],
    ])('refuse the profile %j', async (wrong, where) => {
      const answer = await admin.post('/clients/cl_orders/profiles', { name: 'Wrong', ...wrong });
      expect(pathsOf(expectError(answer, 422, 'validation_failed'))).toContain(where);
    });

    it('rotate answers with the new credential, and refuses a grace that is none', async () => {
      const rotate = (body: object) => admin.post('/profiles/pr_orders/rotate', body);
      const answer = await rotate({ grace_period_seconds: 60 });
      const { credential, previous_valid_until } = answer.json<Record<string, string>>();
      expect(credential).toMatch(/^portico_tok_[0-9A-Za-z]{40}$/);
      expect(previous_valid_until).toMatch(TIME);
      const shown = await admin.authHeaders('pr_orders');
      expect(shown['Authorization']).toBe(`Bearer ${credential}`);
      for (const grace_period_seconds of [-1, 1.5, 'long']) {
        expectError(await rotate({ grace_period_seconds }), 422, 'validation_failed');
      }
    });
  });

  describe('upstream credentials', () => {
    const SECRET = 'never-to-be-seen-again';
    it.each([
      ['basic', { username: 'u', password: SECRET }, 'password'],
      ['api_key', { in: 'header', key_name: 'X-Key', value: SECRET }, 'value'],
      ['bearer', { token: SECRET }, 'token'],
      ['oauth2_client_credentials', { token_url: 'https://id.test/token', client_id: 'c', client_secret: SECRET, scope: 'a' }, 'client_secret'], // prettier-ignore
    ])('of type %s never show their secret', async (type, fields, secret) => {
      const created = await admin.post('/upstream-credentials', { name: type, type, ...fields });
      expect(created.status).toBe(201);
      const { id } = created.json<Resource>();
      const path = `/upstream-credentials/${id}`;
      const patched = await admin.patch(path, { name: 'Renamed' });
      expect(patched.json()).toMatchObject({ name: 'Renamed', secrets_set: [secret] });
      const audit = await admin.get(`/audit-log?resource_id=${id}`);
      const exported = await admin.get('/config/export');
      for (const answer of [created, patched, await admin.get(path), audit, exported]) {
        expect(answer.text).not.toContain(SECRET);
      }
    });

    it('of type mtls take a certificate with its key, and no other', async () => {
      const mine = await aClientCertificate('backend');
      const other = await aClientCertificate('backend');
      const body = { name: 'mTLS', type: 'mtls', certificate_pem: mine.cert };
      const created = await admin.post('/upstream-credentials', {
        ...body,
        private_key_pem: mine.key,
      });
      expect(created.status).toBe(201);
      expect(created.text).not.toContain('PRIVATE KEY');
      const wrong = await admin.post('/upstream-credentials', {
        ...body,
        private_key_pem: other.key,
      });
      const error = expectError(wrong, 422, 'validation_failed');
      expect(pathsOf(error)).toEqual(['body.private_key_pem']);
    });
  });

  describe('request logs and metrics', () => {
    let id: string;
    const from = new Date(Date.now() - 60_000).toISOString();

    beforeAll(async () => {
      await admin.put('/collections/coll_orders/status', { status: 'published' }, WAIT);
      const good = await callOrder('/orders/orders/7', {
        'user-agent': 'partner/1',
        // As a trusted load balancer in front of the node says it.
        'x-forwarded-for': '203.0.113.7',
      });
      expect(good.status).toBe(200);
      id = good.headers.get('x-request-id')!;
      await callOrder('/orders/orders/seven');
      await callOrder('/elsewhere');
      await eventually(async () => {
        const page = (await admin.get('/request-logs?client_id=cl_orders')).json<Page>();
        if (page.data.length < 3) throw new Error(`${page.data.length} of 3 calls are stored`);
      });
    });

    const search = async (query: string) =>
      (await admin.get(`/request-logs?client_id=cl_orders&${query}`))
        .json<Page<{ request_id: string; status: number }>>()
        .data.map(({ status }) => status)
        .toSorted();

    it.each([
      ['', [200, 400, 404]],
      ['status=200', [200]],
      ['status=4xx', [400, 404]],
      ['status=5xx', []],
      ['method=GET', [200, 400, 404]],
      ['method=POST', []],
      ['path=/orders/orders', [200, 400]],
      ['profile_id=pr_orders', [200, 400, 404]],
      ['collection_id=coll_orders', [200, 400]],
      ['endpoint_id=ep_order', [200, 400]],
      ['ip=203.0.113.7', [200]],
      ['ip=192.0.2.1', []],
      ['from=2020-01-01T00:00:00Z', [200, 400, 404]],
      ['from=2020-01-01T00:00:00%2B09:00', [200, 400, 404]],
      ['to=2020-01-01T00:00:00.000Z', []],
    ])('filter by %s', async (query, expected) => {
      expect(await search(query)).toEqual(expected);
    });

    it('filter by request id', async () => {
      expect(await search(`request_id=${id}`)).toEqual([200]);
    });

    it('page with a cursor, newest first', async () => {
      const seen: string[] = [];
      const times: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const answer = await admin.get(`/request-logs?client_id=cl_orders&limit=1${at}`);
        const page = answer.json<Page<{ request_id: string; timestamp: string }>>();
        seen.push(...page.data.map((row) => row.request_id));
        times.push(...page.data.map((row) => row.timestamp));
        cursor = page.next_cursor;
      }
      expect(new Set(seen).size).toBe(3);
      expect(times).toEqual(times.toSorted().toReversed());
      for (const time of times) expect(time).toMatch(TIME);
    });

    it.each([
      'status=abc',
      'status=6xx',
      'limit=0',
      'limit=201',
      'from=yesterday',
      'colour=red',
      'cursor=none',
    ])(
      // prettier-ignore
      'refuse %s',
      async (query) => {
        const error = expectError(
          await admin.get(`/request-logs?${query}`),
          422,
          'validation_failed',
        );
        expect(pathsOf(error)).toEqual([`query.${query.split('=')[0]}`]);
      },
    );

    it('show one whole, secrets redacted; another is 404', async () => {
      const answer = await admin.get(`/request-logs/${id}`);
      const record = answer.json<Record<string, unknown>>();
      expect(record).toMatchObject({
        request_id: id,
        client_id: 'cl_orders',
        profile_id: 'pr_orders',
        collection_id: 'coll_orders',
        endpoint_id: 'ep_order',
        environment: 'production',
        method: 'GET',
        path: '/orders/orders/7',
        status: 200,
        outcome: 'forwarded',
        user_agent: 'partner/1',
        client_ip: '203.0.113.7',
        source: 'gateway',
        truncated: false,
      });
      expect(record['response_body']).toContain('"/orders/7"');
      const { Authorization } = await admin.authHeaders('pr_orders');
      expect(answer.text).not.toContain(Authorization!.replace('Bearer ', ''));
      expectError(await admin.get('/request-logs/req_nothing'), 404, 'not_found');
    });

    it('export as NDJSON and as CSV, filtered alike', async () => {
      const ndjson = await admin.get('/request-logs/export?format=ndjson&client_id=cl_orders');
      expect(ndjson.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
      const rows = ndjson.text.trimEnd().split('\n');
      expect(rows).toHaveLength(3);
      const records = rows.map((row) => JSON.parse(row) as { client_id: string });
      expect(new Set(records.map((record) => record.client_id))).toEqual(new Set(['cl_orders']));
      const csv = await admin.get('/request-logs/export?format=csv&client_id=cl_orders&status=200');
      expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
      const [head, ...lines] = csv.text.trimEnd().split(/\r?\n/);
      expect(head).toContain('request_id');
      expect(lines).toHaveLength(1);
      expectError(await admin.get('/request-logs/export?format=xml'), 422, 'validation_failed');
    });

    it('sum up by bucket and by facet', async () => {
      const read = async () =>
        (await admin.get(`/metrics/summary?client_id=cl_orders&from=${from}&to=${soon()}&interval=1m`))
          .json<Record<string, never>>() as unknown as Summary; // prettier-ignore
      const summary = await eventually(async () => {
        const now = await read();
        if (now.totals.requests < 3) throw new Error(`${now.totals.requests} of 3 are counted`);
        return now;
      });
      expect(summary.totals).toMatchObject({ requests: 3, errors: 2 });
      for (const p of ['p50_ms', 'p95_ms', 'p99_ms'] as const) {
        expect(summary.totals[p]).toBeGreaterThanOrEqual(0);
      }
      const sum = summary.buckets.reduce((total, bucket) => total + bucket.requests, 0);
      expect(sum).toBe(3);
      expect(summary.facets.clients).toEqual([
        expect.objectContaining({ value: 'cl_orders', requests: 3, errors: 2 }),
      ]);
      expectError(await admin.get('/metrics/summary?interval=7m'), 422, 'validation_failed');
    });

    it("a client's usage says used, limit and reset of every limit, and counts by day", async () => {
      interface Usage {
        limits: { name: string; limit: number; used: number; resets_at: string }[];
        days: { day: string; profile_id: string; admitted: number }[];
      }
      const usage = await eventually(async () => {
        const now = (await admin.get('/clients/cl_orders/usage')).json<Usage>();
        const counted = now.days.reduce((sum, { admitted }) => sum + admitted, 0);
        if (counted < 2) throw new Error(`${counted} of 2 calls are counted yet`);
        return now;
      });
      // The call with the wrong parameter was admitted, the one to nowhere was not.
      expect(usage.limits.map(({ name, limit, used }) => [name, limit, used])).toEqual([
        ['1h', 100, 2],
        ['month', 1000, 2],
      ]);
      for (const { resets_at } of usage.limits) expect(resets_at).toMatch(TIME);
      const today = new Date().toISOString().slice(0, 10);
      expect(usage.days).toEqual([
        expect.objectContaining({ day: today, profile_id: 'pr_orders', admitted: 2 }),
      ]);
      expectError(await admin.get('/clients/cl_nobody/usage'), 404, 'not_found');
    });

    it('what a profile called under a policy of its own is never charged to the client', async () => {
      const limits = { policy_id: 'pol_orders', collections: ['coll_orders'] };
      await admin.create('/clients', { id: 'cl_apart', name: 'Apart', ...limits });
      const own = { id: 'pr_apart', name: 'own', policy_id: 'pol_orders' };
      await admin.create('/clients/cl_apart/profiles', own);
      const headers = await admin.authHeaders('pr_apart');
      const { status } = await call(`${portico.gatewayUrls[0]}/orders/orders/7`, { headers });
      expect(status).toBe(200);
      const usedOfQuota = async () => {
        const answer = await admin.get('/clients/cl_apart/usage');
        const { limits: all, days } = answer.json<{
          limits: { name: string; used: number; scope: { id: string } }[];
          days: object[];
        }>();
        expect(days).toEqual([expect.objectContaining({ profile_id: 'pr_apart', admitted: 1 })]);
        return all
          .filter(({ name }) => name === 'month')
          .map(({ scope, used }) => [scope.id, used]);
      };
      const both = [
        ['cl_apart', 0],
        ['pr_apart', 1],
      ];
      await eventually(async () => expect(await usedOfQuota()).toEqual(both));
      await admin.patch('/profiles/pr_apart', { policy_id: null }, WAIT);
      expect(await usedOfQuota()).toEqual([['cl_apart', 0]]);
      await admin.delete('/profiles/pr_apart', WAIT);
      expect(await usedOfQuota()).toEqual([['cl_apart', 0]]);
    });
  });

  describe('the audit log', () => {
    it('has actor, time, address, request and the complete before and after', async () => {
      const headers = { 'x-request-id': 'audited-change.1', 'x-forwarded-for': '203.0.113.8' };
      await admin.patch('/clients/cl_orders', { description: 'Audited' }, headers);
      const { data } = (await admin.get('/audit-log?request_id=audited-change.1')).json<
        Page<Record<string, { description?: string; policy_id?: string }>>
      >();
      expect(data).toHaveLength(1);
      expect(data[0]).toMatchObject({
        timestamp: expect.stringMatching(TIME),
        actor: { type: 'api_key', id: expect.any(String), name: expect.any(String) },
        ip: '203.0.113.8',
        action: 'client.update',
        resource_type: 'client',
        resource_id: 'cl_orders',
        before: { description: '', policy_id: 'pol_orders' },
        after: { description: 'Audited', policy_id: 'pol_orders' },
      });
      expect(data[0]!['id']).toMatch(/^aud_/);
    });

    it.each([
      ['actor_type=api_key', true],
      ['actor_type=portal', false],
      ['action=client.update', true],
      ['action=client.delete', false],
      ['resource_type=client', true],
      ['resource_type=policy', false],
      ['ip=203.0.113.8', true],
      ['ip=192.0.2.9', false],
      ['q=orders', true],
      ['q=nobody-is-called-this', false],
      ['to=2020-01-01T00:00:00Z', false],
      ['from=2020-01-01T00:00:00Z', true],
    ])('filter by %s', async (query, isFound) => {
      const { data } = (await admin.get(`/audit-log?resource_id=cl_orders&${query}`)).json<Page>();
      expect(data.length > 0).toBe(isFound);
    });

    it.each(['from=2026-W01', 'to=never', 'limit=500', 'cursor=x', 'colour=red'])(
      'refuse %s',
      async (query) => {
        const answer = await admin.get(`/audit-log?${query}`);
        const paths = pathsOf(expectError(answer, 422, 'validation_failed'));
        expect(paths).toEqual([`query.${query.split('=')[0]}`]);
      },
    );

    it('filter by actor', async () => {
      const key = await admin.create<{ id: string; key: string }>('/api-keys', {
        name: 'Auditee',
        role: 'editor',
      });
      const other = new Outsider(portico.controlPlaneUrl, key.key);
      await other.create('/policies', { name: 'By the auditee' });
      const { data } = (await admin.get(`/audit-log?actor=${key.id}`)).json<
        Page<{ action: string }>
      >();
      expect(data.map(({ action }) => action)).toEqual(['policy.create']);
    });

    it('export in both formats, and verify', async () => {
      const verify = (await admin.get('/audit-log/verify')).json<{
        valid: boolean;
        entries: number;
        head: string;
      }>();
      expect(verify).toEqual({
        valid: true,
        entries: expect.any(Number),
        head: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      const ndjson = await admin.get('/audit-log/export?format=ndjson');
      expect(ndjson.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
      const entries = ndjson.text.trimEnd().split('\n').map((line) => JSON.parse(line) as { hash: string; previous_hash: string; sequence: number }); // prettier-ignore
      expect(entries).toHaveLength(verify.entries);
      const ordered = entries.toSorted((a, b) => a.sequence - b.sequence);
      expect(ordered.at(-1)!.hash).toBe(verify.head);
      for (let at = 1; at < ordered.length; at += 1) {
        expect(ordered[at]!.previous_hash).toBe(ordered[at - 1]!.hash);
      }
      const csv = await admin.get('/audit-log/export?format=csv&resource_id=cl_orders');
      expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
      expect(csv.text.split(/\r?\n/)[0]).toContain('resource_id');
    });
  });

  it('gateways are listed live, with what they run', async () => {
    const { data, next_cursor } = (await admin.get('/gateways')).json<Page<object>>();
    expect(next_cursor).toBeNull();
    expect(data).toEqual([
      expect.objectContaining({
        id: expect.any(String),
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        revision: expect.any(Number),
        lag_ms: expect.any(Number),
        uptime: expect.any(Number),
        rps: expect.any(Number),
      }),
    ]);
  });

  describe('the configuration as one document', () => {
    interface Report {
      dry_run: boolean;
      changes: { action: string; resource_type: string; id: string; fields?: string[] }[];
      unchanged: number;
    }
    const apply = (body: unknown, query = '', headers = {}) =>
      admin.post(`/config/apply${query}`, body, headers);

    it.each(['json', 'yaml'])(
      'exported as %s and applied again changes nothing',
      async (format) => {
        const exported = await admin.get(`/config/export?format=${format}`);
        expect(exported.headers.get('content-type')).toContain(format);
        const type = { 'content-type': `application/${format}` };
        for (const query of ['?dry_run=true', '', '?prune=true']) {
          const report = (await apply(exported.text, query, type)).json<Report>();
          expect(report).toMatchObject({ dry_run: query === '?dry_run=true', changes: [] });
          expect(report.unchanged).toBeGreaterThan(5);
        }
        const again = await admin.get(`/config/export?format=${format}`);
        expect(again.text).toBe(exported.text);
      },
    );

    it('holds no credential, neither ours nor a partner’s', async () => {
      const { Authorization } = await admin.authHeaders('pr_orders');
      const { text } = await admin.get('/config/export');
      expect(text).toContain('pr_orders');
      expect(text).not.toContain(Authorization!.replace('Bearer ', ''));
      expect(text).not.toMatch(/portico_tok_|PRIVATE KEY|whsec_/);
    });

    it('a dry run prints the difference and makes none; applying makes exactly that', async () => {
      const document = (await admin.get('/config/export')).json<{
        policies: { id: string; description?: string }[];
      }>();
      document.policies.find(({ id }) => id === 'pol_orders')!.description = 'Applied';
      document.policies.push({ id: 'pol_applied', ...{ name: 'Applied' } });
      const expected = [
        expect.objectContaining({
          action: 'create',
          resource_type: 'policy',
          id: 'pol_applied',
        }),
        expect.objectContaining({ action: 'update', id: 'pol_orders', fields: ['description'] }),
      ];
      const dry = (await apply(document, '?dry_run=true')).json<Report>();
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
      expect(dry.changes.toSorted(byId)).toEqual(expected);
      expectError(await admin.get('/policies/pol_applied'), 404, 'not_found');
      const done = await apply(document);
      expect(done.json<Report>().changes.toSorted(byId)).toEqual(expected);
      expect(Number(done.headers.get('x-config-revision'))).toBeGreaterThan(0);
      expect((await admin.get('/policies/pol_orders')).json()['description']).toBe('Applied');
    });

    it('is all or nothing', async () => {
      const answer = await apply({
        format: 1,
        policies: [{ id: 'pol_half', name: 'Half' }],
        clients: [{ id: 'cl_half', name: 'Half', policy_id: 'pol_nowhere' }],
      });
      expectError(answer, 422, 'validation_failed');
      expectError(await admin.get('/policies/pol_half'), 404, 'not_found');
    });

    it('refuses what it does not know', async () => {
      for (const wrong of [
        {},
        { format: 99 },
        { format: 1, colours: [] },
        { format: 1, policies: [{ id: 'pol_x1', name: 'x', more: 1 }] },
      ]) {
        // prettier-ignore
        expectError(await apply(wrong), 422, 'validation_failed');
      }
      const yaml = { 'content-type': 'application/yaml' };
      expectError(await apply('a: [', '', yaml), 400, 'malformed_body');
    });
  });

  describe('webhooks', () => {
    it('are delivered signed, with a history, and retried on demand', async () => {
      upstream.forget();
      const hook = await admin.create<Resource & { secret: string }>('/webhooks', {
        url: `${upstream.url}/hook`,
        events: ['webhook.test'],
      });
      expect(hook.id).toMatch(/^wh_/);
      expect((await admin.get(`/webhooks/${hook.id}`)).text).not.toContain(hook.secret);
      const sent = await admin.post(`/webhooks/${hook.id}/test`);
      expect(sent.status).toBe(201);
      const arrived = () =>
        eventually(() => {
          const found = upstream.requests.filter(({ path }) => path === '/hook');
          if (found.length === 0) throw new Error('nothing was delivered yet');
          return found.at(-1)!;
        });
      const { headers, body } = await arrived();
      const verified = new Webhook(hook.secret).verify(
        body.toString('utf8'),
        headers as Record<string, string>,
      );
      expect(verified).toMatchObject({ type: 'webhook.test' });

      const history = () =>
        eventually(async () => {
          const { data } = (await admin.get(`/webhooks/${hook.id}/deliveries`)).json<
            Page<{ id: string; status: string; response_status: number }>
          >();
          if (data[0]?.status !== 'delivered') throw new Error(`is ${data[0]?.status}`);
          return data;
        });
      const [delivery] = await history();
      expect(delivery).toMatchObject({ response_status: 200 });
      upstream.forget();
      const retry = `/webhooks/${hook.id}/deliveries/${delivery!.id}/retry`;
      const retried = await admin.post(retry);
      expect(retried.status).toBe(200);
      await arrived();
      expect((await admin.delete(`/webhooks/${hook.id}`)).status).toBe(204);
    });

    it.each([
      [{ url: 'ftp://x.test', events: ['webhook.test'] }, 'body.url'],
      [{ url: 'https://x.test', events: ['nothing'] }, 'body.events.0'],
      [{ url: 'https://x.test', events: [] }, 'body.events'],
    ])('refuse %j', async (body, where) => {
      const error = expectError(await admin.post('/webhooks', body), 422, 'validation_failed');
      expect(pathsOf(error)).toEqual([where]);
    });
  });

  it('admin users have a role and one address each', async () => {
    const user = { name: 'Ada', email: 'Ada@Portico.test', role: 'auditor' };
    expect(await admin.create('/admin-users', user)).toMatchObject({ email: 'ada@portico.test' });
    expectError(await admin.post('/admin-users', user), 409, 'conflict');
    const wrong = await admin.post('/admin-users', { ...user, email: 'x', role: 'king' });
    const paths = pathsOf(expectError(wrong, 422, 'validation_failed'));
    expect(paths.toSorted()).toEqual(['body.email', 'body.role']);
  });
});

const WAIT = { prefer: 'wait=10' };
const soon = () => new Date(Date.now() + 60_000).toISOString();

interface Counts {
  requests: number;
  errors: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
}
interface Summary {
  totals: Counts;
  buckets: Counts[];
  facets: { clients: object[] };
}
