import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  aClient,
  aCollection,
  anEndpoint,
  aPolicy,
  aProfile,
  eventually,
  startUpstream,
} from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';
import { exchangeBytes } from './raw-socket.ts';

let upstream: Upstream;
let node: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  node = await startTestGateway({
    resources: {
      policies: [aPolicy()],
      clients: [aClient({ policy_id: 'pol_standard' })],
      collections: [
        aCollection({
          upstreams: { production: upstreamAt(`${upstream.url}/base`) },
          log_bodies: 'all',
          endpoints: [
            anEndpoint(),
            anEndpoint({ id: 'ep_create', methods: ['POST'], path: '/orders' }),
            anEndpoint({ id: 'ep_one', methods: ['GET', 'HEAD'], path: '/orders/{id}' }),
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
beforeEach(() => {
  upstream.forget();
  upstream.answerWith((_request, response) => void response.end('hello'));
});

describe('an admitted call', () => {
  it('reaches the upstream below its own path, with the query as sent', async () => {
    const answer = await fetch(`${node.url}/v1/orders?status=open&page=2`, { headers: IDENTITY });
    expect(answer.status).toBe(200);
    expect(upstream.requests[0]?.url).toBe('/base/orders?status=open&page=2');
  });

  it('tells the upstream who called, and nothing of how the caller proved it', async () => {
    await fetch(`${node.url}/v1/orders`, {
      headers: {
        ...IDENTITY,
        'x-portico-client': 'cl_other',
        x_portico_client: 'cl_other',
        'x-forwarded-for': '203.0.113.9',
        'x-portico-portal': 'a;1;b',
      },
    });
    const { headers } = upstream.requests[0] ?? { headers: {} };
    expect(headers).toMatchObject({
      'x-portico-client': 'cl_acme',
      'x-portico-profile': 'pr_default',
      'x-portico-environment': 'production',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    for (const name of [
      'authorization',
      'x-client-id',
      'x-profile-id',
      'x_portico_client',
      'x-portico-portal',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it('names the gateway in Via, after the proxies it came through and with the version it came in', async () => {
    await fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
    // Two lines are one list; `Connection` cannot strike out where a request has been.
    const head = Object.entries({ ...IDENTITY, connection: 'close, via' })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    const vias = 'Via: 1.0 fred\r\nvia: 1.1 p.example.net (edge)\r\n';
    await exchangeBytes(
      node.gateway.httpPort,
      `GET /v1/orders HTTP/1.1\r\nHost: a\r\n${vias}${head}\r\n`,
    );
    await exchangeBytes(node.gateway.httpPort, `GET /v1/orders HTTP/1.0\r\nHost: a\r\n${head}\r\n`);
    expect(upstream.requests.map(({ headers }) => headers['via'])).toEqual([
      '1.1 portico',
      '1.0 fred, 1.1 p.example.net (edge), 1.1 portico',
      '1.0 portico',
    ]);
  });

  it('carries one request id through caller, upstream, answer and record', async () => {
    const answer = await fetch(`${node.url}/v1/orders`, {
      headers: { ...IDENTITY, 'x-request-id': 'order-import-7' },
    });
    expect(answer.headers.get('x-request-id')).toBe('order-import-7');
    expect(upstream.requests[0]?.headers['x-request-id']).toBe('order-import-7');
    const record = await node.recordOf('order-import-7');
    expect(record).toMatchObject({
      client_id: 'cl_acme',
      profile_id: 'pr_default',
      collection_id: 'coll_orders',
      endpoint_id: 'ep_list_orders',
      status: 200,
      outcome: 'forwarded',
      client_ip: '127.0.0.1',
    });
  });

  it('continues the trace of the caller with a span of its own', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    await fetch(`${node.url}/v1/orders`, {
      headers: { ...IDENTITY, traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    const passed = String(upstream.requests[0]?.headers['traceparent']);
    expect(passed).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(passed).not.toContain('00f067aa0ba902b7');
  });

  it('streams a body up and an answer down, and records both without the credential', async () => {
    upstream.answerWith((request, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'x-shop': 'north' });
      response.end(request.body);
    });
    const body = JSON.stringify({ item: 'pen', card: { number: '4111' } });
    const answer = await fetch(`${node.url}/v1/orders`, {
      method: 'POST',
      body,
      headers: { ...IDENTITY, 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-shop')).toBe('north');
    expect(await answer.text()).toBe(body);
    const record = await node.recordOf(answer.headers.get('x-request-id'));
    expect(Buffer.from(record.request_body ?? []).toString()).toBe(body);
    expect(Buffer.from(record.response_body ?? []).toString()).toBe(body);
    expect(new Map(record.request_headers).get('authorization')).toBe('[redacted]');
    expect(record).toMatchObject({ request_bytes: body.length, response_bytes: body.length });
  });

  it('says where its limits stand', async () => {
    const answer = await fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
    expect(answer.headers.get('ratelimit-policy')).toBe('"1m";q=100;w=60');
    expect(answer.headers.get('ratelimit')).toMatch(/^"1m";r=\d+;t=\d+$/);
    expect(answer.headers.get('x-ratelimit-limit')).toBe('100');
    expect(Number(answer.headers.get('x-ratelimit-remaining'))).toBeLessThan(100);
  });

  it('is answered without a body to HEAD, 204 and 304', async () => {
    upstream.answerWith((_request, response) => {
      response.writeHead(200, { 'content-length': '7' }).end();
    });
    const head = await fetch(`${node.url}/v1/orders/7`, { method: 'HEAD', headers: IDENTITY });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      '7',
      '',
    ]);
    for (const status of [204, 304]) {
      upstream.answerWith((_request, response) => void response.writeHead(status).end());
      const answer = await fetch(`${node.url}/v1/orders/7`, { headers: IDENTITY });
      expect([answer.status, await answer.text()]).toEqual([status, '']);
    }
  });
});

describe('a call made for a portal person', () => {
  const claim = (clientId: string): string => {
    const text = `dev@acme.test;${Date.now()}`;
    const key = node.config.keys[0].portalSourceKey;
    return `${text};${createHmac('sha256', key).update(`${text};${clientId}`).digest('base64url')}`;
  };
  const recordFor = async (clientId: string) => {
    const answer = await fetch(`${node.url}/v1/orders`, {
      headers: { ...IDENTITY, 'x-portico-portal': claim(clientId) },
    });
    expect(upstream.requests.at(-1)?.headers).not.toHaveProperty('x-portico-portal');
    return node.recordOf(answer.headers.get('x-request-id'));
  };

  it('is marked as such when the control plane says so, and only then', async () => {
    expect(await recordFor('cl_acme')).toMatchObject({
      source: 'portal',
      portal_email: 'dev@acme.test',
    });
    expect(await recordFor('cl_other')).toMatchObject({ source: 'gateway', portal_email: null });
  });
});

describe('the bodies of a call', () => {
  const COLLECTION = (over: object) =>
    aCollection({ upstreams: { production: upstreamAt(upstream.url) }, ...over });
  const responseBody = async (): Promise<string | null> => {
    const answer = await fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
    const { response_body: body } = await node.recordOf(answer.headers.get('x-request-id'));
    return body === null ? null : Buffer.from(body).toString();
  };

  it('are recorded for every call, for failed ones, or never, as the collection says', async () => {
    const recorded: Record<string, (string | null)[]> = {};
    for (const log_bodies of ['all', 'errors', 'none'] as const) {
      await node.publish({ collections: [COLLECTION({ log_bodies })] });
      recorded[log_bodies] = [];
      for (const status of [200, 500]) {
        upstream.answerWith(
          (_request, response) => void response.writeHead(status).end(`${status}`),
        );
        recorded[log_bodies]?.push(await responseBody());
      }
    }
    expect(recorded).toEqual({ all: ['200', '500'], errors: [null, '500'], none: [null, null] });
  });

  it('are cut at the limit, and lose what the collection lists before they leave the node', async () => {
    await node.publish({ collections: [COLLECTION({ log_bodies: 'all', redact: ['pan'] })] });
    upstream.answerWith((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ pan: '4111', filler: 'x'.repeat(40_000) }));
    });
    const answer = await fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
    expect((await answer.text()).length).toBeGreaterThan(40_000);
    const record = await node.recordOf(answer.headers.get('x-request-id'));
    const body = Buffer.from(record.response_body ?? []).toString();
    expect(record.truncated).toBe(true);
    expect(body.length).toBeLessThan(17_000);
    expect(body).toContain('"pan":"[redacted]"');
    expect(body).not.toContain('4111');
  });
});

describe('a refused call', () => {
  it('is recorded with the reason and never reaches the upstream', async () => {
    const answer = await fetch(`${node.url}/v1/orders`, {
      headers: { ...IDENTITY, authorization: 'Bearer wrong' },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const body = (await answer.json()) as { error: string; request_id: string };
    expect(body).toMatchObject({ error: 'invalid_credential' });
    expect(await node.recordOf(body.request_id)).toMatchObject({
      status: 401,
      outcome: 'invalid_credential',
      client_id: 'cl_acme',
    });
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('a revision', () => {
  it('that does not compile leaves the last good one in force, and says so', async () => {
    const revision = await node.publish({ clients: [aClient({ policy_id: 'pol_standard' })] });
    await node.publishRaw(new Map([['client.cl_acme', '{"id":"cl_acme","surprise":true}']]));
    await eventually(() => node.heartbeats.at(-1)?.stale === true);
    expect(node.heartbeats.at(-1)?.revision).toBe(revision);
    const answer = await fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
    expect(answer.status).toBe(200);
    expect(await (await fetch(`${node.adminUrl}/readyz`)).json()).toMatchObject({ stale: true });
    await node.publish({ clients: [aClient({ policy_id: 'pol_standard' })] });
    expect(node.heartbeats.at(-1)?.stale).toBe(false);
  });

  it('that turns a client off ends its calls at once', async () => {
    await node.publish({ clients: [aClient({ policy_id: 'pol_standard', active: false })] });
    const refused = await fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
    expect(refused.status).toBe(403);
    await node.publish({
      clients: [aClient({ policy_id: 'pol_standard', profiles: [aProfile()] })],
    });
    expect((await fetch(`${node.url}/v1/orders`, { headers: IDENTITY })).status).toBe(200);
  });
});
