import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

const upstreams = { production: { targets: [{ url: 'http://127.0.0.1:9' }] } };
const yaml = { 'content-type': 'application/yaml' };

const DOCUMENT = `
format: 1
policies:
  - { id: pol_gold, name: Gold, rate_limits: [{ requests: 10, window: 1m }] }
collections:
  - id: coll_orders
    name: Orders
    base_path: /orders
    upstreams: { production: { targets: [{ url: "http://127.0.0.1:9" }] } }
    endpoints:
      - { id: ep_list, name: List, methods: [GET], path: /, status: published }
clients:
  - id: cl_acme
    name: Acme
    authorized_emails: [Dev@Acme.example]
    collections: [coll_orders]
    policy_id: pol_gold
    profiles:
      - { id: pr_acme, name: sandbox, environment: sandbox }
  - { id: cl_globex, name: Globex }
`;

describe('the configuration as one document', () => {
  let portico: TestPortico;
  const revision = async () =>
    Number(
      (await portico.query<{ revision: string }>('select revision from config_revision'))[0]!
        .revision,
    );
  const apply = (body: unknown, query = '') =>
    portico.call('POST', `config/apply${query}`, {
      body,
      ...(typeof body === 'string' ? { headers: yaml } : {}),
    });

  beforeAll(async () => {
    portico = await startPortico();
  });
  afterAll(() => portico.stop());

  it('says what it would do, and does nothing, in a dry run', async () => {
    const answer = await apply(DOCUMENT, '?dry_run=true');
    expect(answer.status).toBe(200);
    expect(answer.body.dry_run).toBe(true);
    expect(answer.body.changes.map((c: { id: string }) => c.id).slice(0, 6)).toEqual([
      'pol_gold',
      'coll_orders',
      'ep_list',
      'cl_acme',
      'cl_globex',
      'pr_acme',
    ]);
    expect(answer.headers.get('x-config-revision')).toBeNull();
    expect(await revision()).toBe(0);
    expect((await portico.call('GET', 'clients')).body.data).toEqual([]);
  });

  it('is applied as one revision', async () => {
    const answer = await apply(DOCUMENT);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-config-revision')).toBe('1');
    expect((await portico.call('GET', 'clients/cl_acme')).body).toMatchObject({
      authorized_emails: ['dev@acme.example'],
      policy_id: 'pol_gold',
    });
  });

  it('gives a new client whose profiles it leaves open the default one', async () => {
    const open = await portico.call('GET', 'clients/cl_globex/profiles');
    expect(open.body.data).toEqual([expect.objectContaining({ name: 'default' })]);
    const listed = await portico.call('GET', 'clients/cl_acme/profiles');
    expect(listed.body.data).toEqual([expect.objectContaining({ id: 'pr_acme' })]);
  });

  it('changes nothing when applied again, as given or as exported', async () => {
    for (const body of [
      DOCUMENT,
      (await portico.call('GET', 'config/export')).body,
      (await portico.call('GET', 'config/export?format=yaml')).body,
    ]) {
      const answer = await apply(body);
      expect(answer.body.changes).toEqual([]);
    }
    expect(await revision()).toBe(1);
  });

  it('names the fields that differ', async () => {
    const answer = await apply({
      format: 1,
      policies: [{ id: 'pol_gold', name: 'Gold', rate_limits: [], mode: 'strict' }],
    });
    expect(answer.body.changes).toEqual([
      {
        action: 'update',
        resource_type: 'policy',
        id: 'pol_gold',
        fields: ['rate_limits', 'mode'],
      },
    ]);
  });

  it('only deletes when asked to prune, and only in sections it has', async () => {
    const document = { format: 1, clients: [{ id: 'cl_acme', name: 'Acme', profiles: [] }] };
    const kept = await apply(document);
    expect(kept.body.unmanaged).toEqual([
      { resource_type: 'profile', id: 'pr_acme' },
      { resource_type: 'client', id: 'cl_globex' },
    ]);
    const pruned = await apply(document, '?prune=true');
    expect(pruned.body.changes).toEqual([
      { action: 'delete', resource_type: 'profile', id: 'pr_acme' },
      { action: 'delete', resource_type: 'client', id: 'cl_globex' },
    ]);
    expect((await portico.call('GET', 'policies/pol_gold')).status).toBe(200);
  });

  it('is applied whole or not at all, and says where it is wrong', async () => {
    const before = await revision();
    const answer = await apply({
      format: 1,
      collections: [
        { id: 'coll_new', name: 'New', base_path: '/new', upstreams },
        { id: 'coll_bad', name: 'Bad', base_path: '/bad', upstreams, retention_days: 0 },
      ],
    });
    expect(answer.status).toBe(422);
    expect(answer.body.details[0].path).toBe('body.collections.1.retention_days');
    expect((await portico.call('GET', 'collections/coll_new')).status).toBe(404);
    expect(await revision()).toBe(before);
  });

  it.each([
    ['an unknown section', { format: 1, polices: [] }, 422, 'body.polices'],
    ['another format', { format: 2 }, 422, 'body.format'],
    ['a resource without id', { format: 1, policies: [{ name: 'x' }] }, 422, 'body.policies.0.id'],
    [
      'an id named twice',
      { format: 1, policies: [{ id: 'pol_a' }, { id: 'pol_a' }] },
      422,
      'body.policies',
    ],
    [
      'an endpoint of another collection',
      {
        format: 1,
        collections: [
          {
            id: 'coll_thief',
            name: 'Thief',
            base_path: '/thief',
            endpoints: [{ id: 'ep_list', name: 'List', methods: ['GET'], path: '/' }],
          },
        ],
      },
      422,
      'body.collections.0.endpoints.0.id',
    ],
  ])('refuses %s', async (_, body, status, path) => {
    const answer = await apply(body);
    expect(answer.status).toBe(status);
    expect(answer.body.details[0].path).toBe(path);
  });

  it('refuses what is neither JSON nor YAML with 400', async () => {
    const answer = await apply('{ a: [1, 2 }');
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('malformed_body');
  });

  it('never exports a secret', async () => {
    await portico.call('POST', 'upstream-credentials', {
      body: { id: 'uc_xx', name: 'x', type: 'bearer', token: 'very-secret-token' },
    });
    const document = await portico.call('GET', 'config/export');
    expect(document.body.upstream_credentials).toEqual([
      { id: 'uc_xx', name: 'x', type: 'bearer' },
    ]);
    const again = await apply(document.body);
    expect(again.body.changes).toEqual([]);
  });
});
