import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import {
  aClient,
  aCollection,
  anEndpoint,
  aPolicy,
  aProfile,
  freePort,
  startUpstream,
} from '@portico/testkit';
import type { ReceivedRequest, Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';
import { exchangeBytes, statusesOf } from './raw-socket.ts';

let upstream: Upstream;
let node: TestGateway;

const ORIGIN = 'https://app.acme.test';
/** What the upstream says of limits of its own, which the caller could not tell from ours. */
const FOREIGN = { RateLimit: '"upstream";r=1;t=1', 'X-RateLimit-Limit': '7' };
const SCHEMA = { type: 'object', properties: { amount: { type: 'integer' } } };

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/events': (response) => {
    response.writeHead(200, { ...FOREIGN, 'content-type': 'text/event-stream' });
    response.end('data: one\n\n');
  },
  '/gone': (response) => void response.writeHead(204, FOREIGN).end(),
  '/same': (response) => void response.writeHead(304, FOREIGN).end(),
  '/broken': (response) => void response.writeHead(500, FOREIGN).end('oh'),
  '/hangs-up': (response) => void response.destroy(),
  '/silent': () => undefined,
  '/slow': (response) => void setTimeout(() => response.end('at last'), 1_200),
};
const answer = ({ path }: ReceivedRequest, response: ServerResponse): void => {
  const known = answers[path];
  if (known !== undefined) known(response);
  else response.writeHead(200, FOREIGN).end('hello');
};

beforeAll(async () => {
  upstream = await startUpstream(answer);
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const collectionAt = (path: string, url: string, over: object = {}) =>
    aCollection({
      id: `coll_${path}`,
      base_path: `/${path}`,
      upstreams: { production: upstreamAt(url, { retries: 0, ...over }) },
      endpoints: [anEndpoint({ id: `ep_${path}` })],
    });
  node = await startTestGateway({
    env: {
      GATEWAY_TLS_PORT: '0',
      MAX_BODY_BYTES: '5000',
      MAX_CHECKED_BODY_BYTES: '2000',
      MAX_BODY_IDLE_MS: '500',
    },
  });
  await node.publish({
    policies: [
      aPolicy({
        rate_limits: [{ requests: 1_000, window: '1h' }],
        quota: { requests: 500, period: 'day' },
      }),
      aPolicy({ id: 'pol_brief', rate_limits: [{ requests: 9, window: '1s' }] }),
    ],
    clients: [
      aClient({
        policy_id: 'pol_standard',
        collections: ['coll_orders', 'coll_nobody', 'coll_drained', 'coll_no_token'],
        profiles: [aProfile(), aProfile({ id: 'pr_brief', policy_id: 'pol_brief' })],
      }),
    ],
    collections: [
      aCollection({
        upstreams: { production: upstreamAt(upstream.url, { retries: 0 }) },
        cors: {
          allowed_origins: [ORIGIN],
          allowed_headers: [],
          exposed_headers: [],
          allow_credentials: false,
          max_age_seconds: 60,
        },
        endpoints: [
          anEndpoint({
            id: 'ep_any',
            path: '/{thing}',
            methods: ['GET', 'HEAD', 'POST'],
            timeout_ms: 3_000,
            parameters: [{ name: 'limit', in: 'query', type: 'integer', required: false }],
          }),
          anEndpoint({ id: 'ep_silent', path: '/silent', timeout_ms: 150 }),
          anEndpoint({
            id: 'ep_checked',
            path: '/checked',
            methods: ['POST'],
            request_schema: SCHEMA,
          }),
          anEndpoint({
            id: 'ep_lacking',
            path: '/lacking',
            headers: [{ name: 'X-A', value: 'env:NOT_SET' }],
          }),
        ],
      }),
      collectionAt('nobody', nobody),
      collectionAt('drained', upstream.url, { targets: [{ url: upstream.url, weight: 0 }] }),
      aCollection({
        id: 'coll_no_token',
        base_path: '/no_token',
        upstreams: { production: upstreamAt(upstream.url) },
        credentials: [
          {
            id: 'uc_oauth',
            type: 'oauth2_client_credentials',
            token_url: `${nobody}/token`,
            client_id: 'gateway',
            client_secret: node.seal('secret'),
          },
        ],
        endpoints: [anEndpoint({ id: 'ep_no_token', credential_id: 'uc_oauth' })],
      }),
    ],
  });
});
afterAll(async () => {
  await node.stop();
  await upstream.stop();
});

interface Ask {
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body is sent in chunks, unless its length is given. */
const ask = ({ path, method = 'GET', body, headers }: Ask) =>
  new Promise<{ status: number; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const request = httpRequest(
      `${node.url}${path}`,
      { method, headers: { ...IDENTITY, ...json, ...headers }, agent: false },
      (response: IncomingMessage) => {
        response.resume().once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers }),
        );
      },
    );
    request.on('error', reject);
    if (body !== undefined) request.write(body);
    request.end();
  });

/** Every header, with our values and each once, and one request less than before. */
function expectLimits(headers: Readonly<Record<string, unknown>>, before: number): void {
  const remaining = before - 1;
  expect(headers).toMatchObject({
    'ratelimit-policy': '"1h";q=1000;w=3600, "day";q=500;w=86400',
    'x-ratelimit-limit': '500',
    'x-ratelimit-remaining': `${remaining}`,
    'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
  });
  expect(headers['ratelimit']).toMatch(
    new RegExp(`^"1h";r=${remaining + 500};t=\\d+, "day";r=${remaining};t=\\d+$`),
  );
}

let left = 500;

describe('an admitted call says where its limits stand', () => {
  const rows: readonly (readonly [string, Ask, number])[] = [
    ['when it went well', { path: '/v1/orders' }, 200],
    ['to HEAD', { path: '/v1/orders', method: 'HEAD' }, 200],
    ['as an event stream', { path: '/v1/events' }, 200],
    ['without content', { path: '/v1/gone' }, 204],
    ['when nothing has changed', { path: '/v1/same' }, 304],
    ['when the upstream says no', { path: '/v1/broken' }, 500],
    ['when a parameter is wrong', { path: '/v1/orders?limit=x' }, 400],
    [
      'when its body is wrong',
      { path: '/v1/checked', method: 'POST', body: '{"amount":"1"}' },
      400,
    ],
    [
      'when its body is announced as too large',
      {
        path: '/v1/orders',
        method: 'POST',
        body: 'x'.repeat(6_000),
        headers: { 'content-length': '6000' },
      },
      413,
    ],
    [
      'when its body turns out too large on the way',
      { path: '/v1/orders', method: 'POST', body: 'x'.repeat(6_000) },
      413,
    ],
    [
      'when its body turns out too large to be checked',
      { path: '/v1/checked', method: 'POST', body: 'x'.repeat(3_000) },
      413,
    ],
    ['when the upstream is not there', { path: '/nobody/orders' }, 502],
    ['when the upstream hangs up', { path: '/v1/hangs-up' }, 502],
    ['when no target is healthy', { path: '/drained/orders' }, 503],
    ['when the upstream’s token cannot be had', { path: '/no_token/orders' }, 503],
    ['when a variable is missing on the node', { path: '/v1/lacking' }, 503],
    ['when the upstream is too slow', { path: '/v1/silent' }, 504],
  ];

  it.each(rows)('%s', async (_when, asked, status) => {
    const got = await ask(asked);
    expect(got.status).toBe(status);
    expectLimits(got.headers, left--);
    if (status === 503) expect(got.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  });

  it.each([
    ['breaks off', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"amo\r\nzz\r\n', 400],
    ['does not come', 'Content-Length: 14\r\n\r\n{"amo', 408],
  ])('when a body to be checked %s', async (_how, rest, status) => {
    const who = Object.entries(IDENTITY).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST /v1/checked HTTP/1.1\r\nHost: a.test\r\n${who.join('')}`;
    const answer = await exchangeBytes(node.gateway.httpPort, `${head}${rest}`);
    expect(statusesOf(answer)).toEqual([status]);
    const [, ...lines] = (answer.split('\r\n\r\n')[0] ?? '').split('\r\n');
    const headers = lines.map((line) => line.split(': ') as [string, string]);
    expectLimits(Object.fromEntries(new Headers(headers)), left--);
  });

  it('over HTTP/2', async () => {
    const session = connectHttp2(`https://127.0.0.1:${node.gateway.tlsPort}`, {
      rejectUnauthorized: false,
    });
    for (const [path, status] of [
      ['/v1/orders', 200],
      ['/v1/orders?limit=x', 400],
    ] as const) {
      const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
        const stream = session.request({ ':path': path, ...IDENTITY });
        stream.once('response', resolve).once('error', reject).resume();
      });
      expect(headers[':status']).toBe(status);
      expectLimits(headers, left--);
    }
    session.destroy();
  });

  it('to a page of an allowed origin, which may read it', async () => {
    const got = await ask({ path: '/v1/orders', headers: { origin: ORIGIN } });
    expectLimits(got.headers, left--);
    const exposed = String(got.headers['access-control-expose-headers']).split(', ');
    const said = Object.keys(got.headers).filter((name) => name.includes('ratelimit'));
    expect(exposed).toEqual(expect.arrayContaining([...said, 'retry-after', 'x-request-id']));
  });

  it('as they are when it is answered, however long that took', async () => {
    const headers = { 'x-profile-id': 'pr_brief' };
    const quick = await ask({ path: '/v1/orders', headers });
    expect(quick.headers['ratelimit']).toMatch(/^"1s";r=8;t=[12]$/);
    // It has left the window by the time its answer comes.
    const slow = await ask({ path: '/v1/slow', headers });
    expect(slow.headers['ratelimit']).toBe('"1s";r=9;t=0');
  });
});

describe('a call that is refused before its limits', () => {
  it('says nothing of them', async () => {
    const refused = await Promise.all([
      ask({ path: '/v1/orders', headers: { authorization: 'Bearer wrong' } }),
      ask({ path: '/nowhere' }),
      ask({ path: '/v1/orders', method: 'DELETE' }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([401, 404, 405]);
    for (const { headers } of refused) {
      expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
    }
  });
});
