import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { eventually, freePort, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { estateOn, IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway, UpstreamOver } from './harness.ts';

let node: TestGateway;
let first: Upstream;
let second: Upstream;

beforeAll(async () => {
  node = await startTestGateway();
  [first, second] = await Promise.all([startUpstream(), startUpstream()]);
});
afterAll(async () => {
  await node.stop();
  await Promise.all([first.stop(), second.stop()]);
});
afterEach(() => {
  for (const upstream of [first, second]) {
    upstream.forget();
    upstream.answerWith((_request, response) => void response.end('ok'));
  }
});

const use = (over: UpstreamOver) => node.publish(estateOn(upstreamAt(first.url, over)));
const call = (method = 'GET', body?: string) =>
  fetch(`${node.url}/v1/orders`, {
    method,
    headers: IDENTITY,
    ...(body === undefined ? {} : { body }),
  });
const callMany = (count: number) =>
  Promise.all(Array.from({ length: count }, async () => (await call()).status));

/** Accepts, reads the request, and hangs up; counts how often. */
async function startHangingUp(): Promise<{ server: Server; url: string; asked: () => number }> {
  let asked = 0;
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      asked += 1;
      socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
  };
}

describe('several targets', () => {
  it('share the calls by weight, and one of weight 0 gets none', async () => {
    await use({
      targets: [
        { url: first.url, weight: 3 },
        { url: second.url, weight: 1 },
      ],
    });
    for (let round = 0; round < 10; round += 1) await callMany(20);
    const share = first.requests.length / (first.requests.length + second.requests.length);
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(0.9);
    first.forget();
    await use({ targets: [{ url: first.url, weight: 0 }, { url: second.url }] });
    await callMany(20);
    expect(first.requests).toHaveLength(0);
  });

  it('of which one is down still answer every call, even those with a body', async () => {
    await use({ targets: [{ url: `http://127.0.0.1:${await freePort()}` }, { url: second.url }] });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        call(at % 2 === 0 ? 'GET' : 'POST', at % 2 === 0 ? undefined : 'x'),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(new Array(30).fill(200));
  });

  it('of which a health check finds one ill leave it alone until it is well', async () => {
    first.answerWith((request, response) => {
      response.statusCode = request.path === '/health' ? 503 : 200;
      response.end();
    });
    const health_check = {
      path: '/health',
      interval_ms: 500,
      timeout_ms: 5_000,
      healthy_threshold: 1,
      unhealthy_threshold: 1,
    };
    await use({ targets: [{ url: first.url }, { url: second.url }], health_check });
    const isIll = `"target":"${first.url}","isHealthy":false`;
    await eventually(() => node.logs.some((line) => line.includes(isIll)));
    first.forget();
    await callMany(20);
    expect(first.requests.filter(({ path }) => path !== '/health')).toHaveLength(0);
    first.answerWith((_request, response) => void response.end());
    await eventually(async () => {
      await callMany(10);
      return first.requests.some(({ path }) => path !== '/health');
    });
  });
});

describe('a retry', () => {
  it('happens for an idempotent call that broke off, within the number allowed', async () => {
    const broken = await startHangingUp();
    await use({ targets: [{ url: broken.url }], retries: 2 });
    expect((await call('PUT')).status).toBe(502);
    expect(broken.asked()).toBe(3);
    broken.server.close();
  });

  it('never repeats a call that may have been processed and is not idempotent', async () => {
    const broken = await startHangingUp();
    await use({ targets: [{ url: broken.url }], retries: 2 });
    expect((await call('POST', 'pay')).status).toBe(502);
    expect((await call('POST')).status).toBe(502);
    expect((await call('PUT', 'a streamed body')).status).toBe(502);
    expect(broken.asked()).toBe(3);
    broken.server.close();
  });

  it('stops when everything fails: retries stay a fraction of the calls', async () => {
    const broken = await startHangingUp();
    await use({ targets: [{ url: broken.url }], retries: 5 });
    for (let round = 0; round < 10; round += 1) await callMany(10);
    expect(broken.asked()).toBeLessThan(100 + 10 + 100 * 0.2 + 1);
    broken.server.close();
  });
});

describe('a circuit breaker', () => {
  it('refuses calls once the upstream keeps failing, says when to come back, and lets it recover', async () => {
    first.answerWith((_request, response) => {
      response.statusCode = 503;
      response.end('busy');
    });
    const circuit_breaker = { failure_threshold: 3, window_ms: 10_000, open_ms: 3_000 };
    await use({ retries: 0, circuit_breaker });
    for (let at = 0; at < 3; at += 1) expect(await (await call()).text()).toBe('busy');
    const refused = await call();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[123]$/);
    expect(await refused.json()).toMatchObject({ error: 'upstream_unavailable' });
    expect(first.requests).toHaveLength(3);
    first.answerWith((_request, response) => void response.end('well'));
    await eventually(async () => (await call()).status === 200);
    expect(await callMany(5)).toEqual(new Array(5).fill(200));
  });
});

describe('a change of the configuration', () => {
  it('lets calls under way finish on the upstream they started with', async () => {
    let answerNow = (): void => undefined;
    first.answerWith((_request, response) => {
      answerNow = () => void response.end('old');
    });
    await use({});
    const pending = call();
    await eventually(() => first.requests.length === 1);
    await use({ targets: [{ url: second.url }] });
    expect((await call()).status).toBe(200);
    expect(second.requests).toHaveLength(1);
    answerNow();
    expect(await (await pending).text()).toBe('old');
  });
});
