import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

const upstreams = { production: { targets: [{ url: 'http://127.0.0.1:9' }] } };

describe('collections and their endpoints', () => {
  let portico: TestPortico;
  const create = (body: object) => portico.call('POST', 'collections', { body });
  const endpoint = (body: object) =>
    portico.call('POST', 'collections/coll_orders/endpoints', { body });

  beforeAll(async () => {
    portico = await startPortico();
    await create({ id: 'coll_orders', name: 'Orders', base_path: '/orders', upstreams });
    await endpoint({ id: 'ep_get', name: 'Get', methods: ['GET'], path: '/orders/{id}' });
  });
  afterAll(() => portico.stop());

  it('have every field of the contract, defaults filled in', async () => {
    const { body } = await portico.call('GET', 'collections/coll_orders');
    expect(body).toMatchObject({
      upstreams: {
        production: {
          targets: [{ url: 'http://127.0.0.1:9', weight: 1 }],
          timeout_ms: 30_000,
          connect_timeout_ms: 3_000,
          retries: 1,
        },
      },
      headers: [],
      credential_id: null,
      cors: null,
      log_bodies: 'all',
      redact: [],
      retention_days: 90,
      status: 'draft',
    });
    const read = await portico.call('GET', 'endpoints/ep_get');
    expect(read.body).toMatchObject({
      collection_id: 'coll_orders',
      target_path: null,
      parameters: [],
      request_schema: null,
      response_schema: null,
      examples: {},
      allowed_auth_types: ['token', 'jwt', 'oidc', 'mtls'],
      timeout_ms: null,
      status: 'draft',
    });
  });

  it.each([
    ['no base path', { name: 'x' }, 'body.base_path'],
    ['a parameter in the base path', { name: 'x', base_path: '/a/{b}' }, 'body.base_path'],
    ['a trailing slash', { name: 'x', base_path: '/a/' }, 'body.base_path'],
    [
      'an upstream that is no URL',
      {
        name: 'x',
        base_path: '/bad1',
        upstreams: { production: { targets: [{ url: 'ftp://x' }] } },
      },
      'body.upstreams.production.targets.0.url',
    ],
    [
      'credentials in an upstream URL',
      {
        name: 'x',
        base_path: '/bad2',
        upstreams: { production: { targets: [{ url: 'http://u:p@x' }] } },
      },
      'body.upstreams',
    ],
    [
      'an upstream without targets',
      { name: 'x', base_path: '/bad3', upstreams: { production: { targets: [] } } },
      'body.upstreams.production.targets',
    ],
    [
      'a header that would split the request',
      { name: 'x', base_path: '/bad4', headers: [{ name: 'X-A', value: 'a\r\nb: c' }] },
      'body.headers.0.value',
    ],
    [
      'a header that frames the message',
      { name: 'x', base_path: '/bad7', headers: [{ name: 'Transfer-Encoding', value: 'x' }] },
      'body.headers.0.name',
    ],
    [
      'a header that the gateway vouches for',
      { name: 'x', base_path: '/bad8', headers: [{ name: 'X-Portico-Client', value: 'x' }] },
      'body.headers.0.name',
    ],
    [
      'a credential that does not exist',
      { name: 'x', base_path: '/bad5', credential_id: 'uc_none' },
      'body.credential_id',
    ],
    [
      'publishing without any upstream',
      { name: 'x', base_path: '/bad6', status: 'published' },
      'body.upstreams',
    ],
  ])('refuse %s', async (_, body, path) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    expect(answer.body.details.map((detail: { path: string }) => detail.path)).toContain(path);
  });

  it('never share a base path, however it is spelt', async () => {
    for (const base_path of ['/orders', '/%6frders']) {
      const answer = await create({ name: 'Clash', base_path });
      expect(answer.status).toBe(409);
      expect(answer.body.message).toContain('coll_orders');
    }
    expect((await create({ name: 'Below', base_path: '/orders/archive' })).status).toBe(201);
  });

  it.each([
    ['the same route', { methods: ['GET'], path: '/orders/{id}' }, 'body.path'],
    ['the same route by another name', { methods: ['GET'], path: '/orders/{nr}' }, 'body.path'],
    ['a wildcard in the middle', { methods: ['GET'], path: '/a/*/b' }, 'body.path'],
    ['a path no request can have', { methods: ['GET'], path: '/a/../b' }, 'body.path'],
    ['an unknown method', { methods: ['TRACE'], path: '/t' }, 'body.methods'],
    ['no method at all', { methods: [], path: '/t' }, 'body.methods'],
    [
      'a target that needs what the path lacks',
      { methods: ['GET'], path: '/t', target_path: '/{x}' },
      'body.target_path',
    ],
    [
      'an auth type we do not know',
      { methods: ['GET'], path: '/t', allowed_auth_types: ['magic'] },
      'body.allowed_auth_types',
    ],
    [
      'a JSON Schema that is none',
      { methods: ['POST'], path: '/t', request_schema: { type: 'strnig' } },
      'body.request_schema',
    ],
    [
      'a response schema that is none',
      { methods: ['POST'], path: '/t', response_schema: { type: 'strnig' } },
      'body.response_schema',
    ],
    [
      'a parameter in a place we do not know',
      { methods: ['GET'], path: '/t', parameters: [{ name: 'a', in: 'cookie', type: 'string' }] },
      'body.parameters.0.in',
    ],
  ])('refuse an endpoint with %s, pointing at it', async (_, fields, path) => {
    const answer = await endpoint({ name: 'x', ...fields });
    expect(answer.status).toBe(422);
    const paths = answer.body.details.map((detail: { path: string }) => detail.path);
    expect(paths.some((one: string) => one.startsWith(path))).toBe(true);
    const listed = await portico.call('GET', 'collections/coll_orders/endpoints');
    expect(listed.body.data).toHaveLength(1);
  });

  it('refuse a patch that would make another endpoint ambiguous', async () => {
    await endpoint({ id: 'ep_list', name: 'List', methods: ['GET'], path: '/orders' });
    const answer = await portico.call('PATCH', 'endpoints/ep_list', {
      body: { path: '/orders/{any}' },
    });
    expect(answer.status).toBe(422);
    expect((await portico.call('GET', 'endpoints/ep_list')).body.version).toBe(1);
  });

  it('are duplicated as a draft with their endpoints, under a base path that is free', async () => {
    const first = await portico.call('POST', 'collections/coll_orders/duplicate');
    const second = await portico.call('POST', 'collections/coll_orders/duplicate');
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ status: 'draft', base_path: '/orders-copy' });
    expect(second.body.base_path).toBe('/orders-copy-2');
    const copies = await portico.call('GET', `collections/${first.body.id}/endpoints`);
    expect(copies.body.data).toHaveLength(2);
  });

  it('lose one environment by a patch with null, and keep the others', async () => {
    await portico.call('PATCH', 'collections/coll_orders', {
      body: { upstreams: { sandbox: { targets: [{ url: 'http://127.0.0.1:10' }] } } },
    });
    const { body } = await portico.call('PATCH', 'collections/coll_orders', {
      body: { upstreams: { sandbox: null, production: { timeout_ms: 500 } } },
    });
    expect(Object.keys(body.upstreams)).toEqual(['production']);
    expect(body.upstreams.production).toMatchObject({ timeout_ms: 500, retries: 1 });
  });

  it('take their endpoints with them when they are deleted', async () => {
    expect((await portico.call('DELETE', 'collections/coll_orders')).status).toBe(204);
    expect((await portico.call('GET', 'endpoints/ep_get')).status).toBe(404);
  });
});
