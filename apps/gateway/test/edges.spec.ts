import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { aClient, aCollection, anEndpoint, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let upstream: Upstream;
let node: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  node = await startTestGateway({
    env: { MAX_CHECKED_BODY_BYTES: '2000', SHOP_KEY: 'from-the-node' },
  });
  await node.publish({
    clients: [aClient({ collections: ['coll_orders', 'coll_keys'] })],
    collections: [
      aCollection({
        upstreams: { production: upstreamAt(upstream.url) },
        cors: {
          allowed_origins: ['https://app.acme.test'],
          allowed_headers: ['x-trace'],
          exposed_headers: ['x-shop'],
          allow_credentials: true,
          max_age_seconds: 60,
        },
        endpoints: [
          anEndpoint(),
          anEndpoint({
            id: 'ep_create',
            methods: ['POST'],
            path: '/orders',
            request_schema: {
              type: 'object',
              required: ['amount'],
              properties: { amount: { type: 'integer' } },
            },
          }),
        ],
      }),
      aCollection({
        id: 'coll_keys',
        base_path: '/keys',
        upstreams: { production: upstreamAt(upstream.url) },
        headers: [
          { name: 'X-Shop-Key', value: 'env:SHOP_KEY' },
          { name: 'X-Plain', value: 'as it stands' },
        ],
        credentials: [
          { id: 'uc_basic', type: 'basic', username: 'gw', password: node.seal('s3cret') },
          { id: 'uc_bearer', type: 'bearer', token: node.seal('t0ken') },
          {
            id: 'uc_header',
            type: 'api_key',
            in: 'header',
            name: 'X-Key',
            value: node.seal('k3y'),
          },
          { id: 'uc_query', type: 'api_key', in: 'query', name: 'key', value: node.seal('k&y') },
        ],
        endpoints: [
          anEndpoint({ id: 'ep_basic', path: '/basic', credential_id: 'uc_basic' }),
          anEndpoint({ id: 'ep_bearer', path: '/bearer', credential_id: 'uc_bearer' }),
          anEndpoint({ id: 'ep_header', path: '/header', credential_id: 'uc_header' }),
          anEndpoint({ id: 'ep_query', path: '/query', credential_id: 'uc_query' }),
          anEndpoint({
            id: 'ep_lacking',
            path: '/lacking',
            headers: [{ name: 'X-A', value: 'env:NOT_SET' }],
          }),
          anEndpoint({
            id: 'ep_thief',
            path: '/thief',
            headers: [{ name: 'X-A', value: 'env:PORTICO_ENCRYPTION_KEY' }],
          }),
        ],
      }),
    ],
  });
});
afterAll(async () => {
  await node.stop();
  await upstream.stop();
});
beforeEach(() => upstream.forget());

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${node.url}/v1/orders`, {
    method: 'POST',
    body: body as string,
    headers: { ...IDENTITY, 'content-type': 'application/json', ...headers },
  });

describe('a body with a schema', () => {
  it('is forwarded byte by byte when it fits', async () => {
    const body = '{ "amount":   12 }';
    expect((await post(body)).status).toBe(200);
    expect(upstream.requests[0]?.body.toString()).toBe(body);
  });

  it('is checked as what it unpacks to, and forwarded as it came', async () => {
    const packed = gzipSync('{"amount":12}');
    expect((await post(packed, { 'content-encoding': 'gzip' })).status).toBe(200);
    expect(upstream.requests[0]?.body).toEqual(packed);
  });

  it.each([
    ['a wrong type', '{"amount":"12"}', {}, 400, 'body.amount'],
    ['a missing field', '{}', {}, 400, 'body.amount'],
    ['no JSON', '{', {}, 400, 'body'],
    ['nothing', '', {}, 400, 'body'],
    [
      'an unknown coding',
      '{"amount":1}',
      { 'content-encoding': 'zip' },
      400,
      'header.content-encoding',
    ],
    [
      'a coding it is not in',
      '{"amount":1}',
      { 'content-encoding': 'gzip' },
      400,
      'header.content-encoding',
    ],
  ] as const)('with %s is refused, pointing at it', async (...[, body, headers, status, path]) => {
    const answer = await post(body, headers);
    const error = (await answer.json()) as { error: string; details: { path: string }[] };
    expect([answer.status, error.error, error.details[0]?.path]).toEqual([
      status,
      'invalid_request',
      path,
    ]);
    expect(upstream.requests).toHaveLength(0);
  });

  it('that unpacks to too much is refused', async () => {
    const bomb = gzipSync(`{"amount":1,"x":"${' '.repeat(100_000)}"}`);
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await post(`{"x":"${' '.repeat(3_000)}"}`)).status).toBe(413);
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('CORS of a collection', () => {
  const origin = 'https://app.acme.test';

  it('answers a preflight without credentials, by the path alone', async () => {
    const answer = await fetch(`${node.url}/v1/orders`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    expect(answer.headers.get('access-control-allow-headers')).toContain('x-client-id');
    expect(upstream.requests).toHaveLength(0);
  });

  it('adds its headers to answers and refusals alike, in place of the upstream’s', async () => {
    upstream.answerWith((_request, response) => {
      response.setHeader('access-control-allow-origin', '*');
      response.end('ok');
    });
    const admitted = await fetch(`${node.url}/v1/orders`, { headers: { ...IDENTITY, origin } });
    const refused = await fetch(`${node.url}/v1/orders`, { headers: { origin } });
    expect([admitted.status, refused.status]).toEqual([200, 401]);
    for (const answer of [admitted, refused]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    }
  });

  it('says nothing to another origin', async () => {
    const answer = await fetch(`${node.url}/v1/orders`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.status).toBe(401);
  });
});

describe('what is put into upstream requests', () => {
  const sent = async (path: string) => {
    const answer = await fetch(`${node.url}/keys${path}`, {
      headers: { ...IDENTITY, 'x-key': 'mine', 'x-plain': 'mine' },
    });
    return { answer, request: upstream.requests[0] };
  };

  it.each([
    ['/basic', 'authorization', `Basic ${Buffer.from('gw:s3cret').toString('base64')}`],
    ['/bearer', 'authorization', 'Bearer t0ken'],
    ['/header', 'x-key', 'k3y'],
  ])('the credential of %s', async (path, name, value) => {
    const { request } = await sent(path);
    expect(request?.headers[name]).toBe(value);
    expect(request?.headers).toMatchObject({
      'x-shop-key': 'from-the-node',
      'x-plain': 'as it stands',
    });
  });

  it('a credential in the query replaces what the caller sent under its name', async () => {
    const { request } = await sent('/query?key=mine&a=1&%6bey=too');
    expect(request?.url).toBe('/query?a=1&key=k%26y');
  });

  it('an endpoint whose variable is missing on the node fails closed', async () => {
    const { answer, request } = await sent('/lacking');
    expect([answer.status, request]).toEqual([503, undefined]);
    const record = await node.recordOf(answer.headers.get('x-request-id'));
    expect(record.reason).toBe('missing_env:NOT_SET');
  });

  it('never one of our own secrets, whoever wrote the configuration', async () => {
    const { answer, request } = await sent('/thief');
    expect([answer.status, request]).toEqual([503, undefined]);
  });
});
