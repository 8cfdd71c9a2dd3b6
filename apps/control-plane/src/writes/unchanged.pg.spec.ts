import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

const properties = { sku: { type: 'string' }, id: { type: 'string' } };
type Body = { readonly id: string; readonly [field: string]: unknown };
const RESOURCES: readonly (readonly [path: string, body: Body])[] = [
  [
    'policies',
    {
      id: 'pol_gold',
      name: 'Gold',
      rate_limits: [{ requests: 100, window: '1m' }],
      quota: { requests: 5_000, period: 'month' },
    },
  ],
  [
    'upstream-credentials',
    { id: 'uc_orders', name: 'o', type: 'basic', username: 'u', password: 'not-to-be-guessed' },
  ],
  [
    'collections',
    {
      id: 'coll_orders',
      name: 'Orders',
      base_path: '/orders',
      upstreams: { sandbox: { targets: [{ url: 'http://127.0.0.1:9' }] } },
      cors: { allowed_origins: ['https://acme.example'] },
      status: 'published',
    },
  ],
  [
    'collections/coll_orders/endpoints',
    {
      id: 'ep_create',
      name: 'Create',
      methods: ['POST'],
      path: '/',
      parameters: [{ name: 'q', in: 'query', required: false, type: 'string' }],
      request_schema: { anyOf: [{ type: 'object', properties }] },
    },
  ],
  [
    'clients',
    {
      id: 'cl_acme',
      name: 'Acme',
      authorized_emails: ['ada@acme.example', 'bob@acme.example'],
      collections: ['coll_orders'],
      policy_id: 'pol_gold',
    },
  ],
  [
    'clients/cl_acme/profiles',
    { id: 'pr_signed', name: 'signed', auth_type: 'jwt', auth: { algorithms: ['HS256'] } },
  ],
  ['api-keys', { id: 'key_ci', name: 'CI', role: 'viewer', expires_at: '2100-01-01T00:00:00Z' }],
  ['admin-users', { id: 'usr_ada', name: 'Ada', email: 'ada@portico.example', role: 'editor' }],
  ['webhooks', { id: 'wh_ops', url: 'https://ops.example/hook', events: ['node.lagging'] }],
];

/** `clients/cl_acme/profiles` lists, and its members are under `profiles`. */
const addressOf = (path: string, id: string): string => `${path.split('/').at(-1)}/${id}`;

describe('a patch that changes nothing', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortico();
    for (const [path, body] of RESOURCES) {
      const { status } = await portico.call('POST', path, { body });
      expect([path, status]).toEqual([path, 201]);
    }
  });
  afterAll(() => portico.stop());

  const head = async () => {
    const sql = 'select revision, audit_sequence from config_revision';
    return (await portico.query<{ revision: string; audit_sequence: string }>(sql))[0]!;
  };
  const patch = (address: string, body: unknown) => portico.call('PATCH', address, { body });

  it.each(RESOURCES)('leaves one of %s as it is', async (path, { id, ...given }) => {
    const address = addressOf(path, id);
    const before = (await portico.call('GET', address)).body;
    const headBefore = await head();
    // What is write-only cannot be compared, so it is no part of "the same again".
    const same = Object.fromEntries(Object.entries(given).filter(([name]) => name in before));
    for (const body of [{}, same]) {
      const answer = await patch(address, body);
      expect(answer).toMatchObject({ status: 200, body: before });
      expect(answer.headers.get('etag')).toBe('"1"');
      expect(answer.headers.get('x-config-revision')).toBe(headBefore.revision);
    }
    expect(await head()).toEqual(headBefore);
    expect((await portico.call('GET', address)).body).toEqual(before);
  });

  it('is refused all the same by who has not seen the current version', async () => {
    const headers = { 'if-match': '"9"' };
    const answer = await portico.call('PATCH', 'policies/pol_gold', { body: {}, headers });
    expect(answer.status).toBe(412);
  });

  it('can be waited for like any write', async () => {
    const headers = { prefer: 'wait=5' };
    const answer = await portico.call('PATCH', 'policies/pol_gold', { body: {}, headers });
    expect(answer.headers.get('preference-applied')).toBe('wait');
  });

  it('may as well be a status that is set already', async () => {
    const headBefore = await head();
    const body = { status: 'published' };
    const answer = await portico.call('PUT', 'collections/coll_orders/status', { body });
    expect(answer.body).toMatchObject({ status: 'published', version: 1 });
    expect(await head()).toEqual(headBefore);
  });

  it.each([
    ['a list in another order', 'clients/cl_acme', ['bob@acme.example', 'ada@acme.example']],
    ['a list with less in it', 'clients/cl_acme', ['bob@acme.example']],
  ])('is not %s', async (_, address, authorized_emails) => {
    const { version } = (await portico.call('GET', address)).body;
    const answer = await patch(address, { authorized_emails });
    expect(answer.body).toMatchObject({ authorized_emails, version: version + 1 });
  });

  it('is not a schema whose keys its author put in another order', async () => {
    const { sku, id } = properties;
    const request_schema = { anyOf: [{ type: 'object', properties: { id, sku } }] };
    const answer = await patch('endpoints/ep_create', { request_schema });
    expect(answer.body.version).toBe(2);
    expect(JSON.stringify(answer.body.request_schema)).toBe(JSON.stringify(request_schema));
  });

  it('is never one with a secret: a version that stays would confirm a guess', async () => {
    const answer = await patch('upstream-credentials/uc_orders', { password: 'not-to-be-guessed' });
    expect(answer.body.version).toBe(2);
  });
});
