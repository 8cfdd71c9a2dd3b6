import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { eventually, startUpstream } from '@portico/testkit';
import type { Upstream, UpstreamHandler } from '@portico/testkit';
import { estateOn, IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway, UpstreamOver } from './harness.ts';

/** Consecutive failures after which a target is left alone, and for how long. */
const FAILURES = 5;
const LEFT_ALONE_MS = 5_000;

const WELL: UpstreamHandler = (_request, response) => void response.end('ok');
const RESETS: UpstreamHandler = (_request, response) => void response.socket?.resetAndDestroy();
const SAYS_NOTHING: UpstreamHandler = () => undefined;
const IS_BUSY: UpstreamHandler = (_request, response) => void response.writeHead(503).end();

let node: TestGateway;
let first: Upstream;
let second: Upstream;

beforeAll(async () => {
  node = await startTestGateway();
});
afterAll(() => node.stop());
// New ones each time: what a target has gone through is not forgotten while it is configured.
beforeEach(async () => {
  [first, second] = await Promise.all([startUpstream(WELL), startUpstream(WELL)]);
});
afterEach(async () => {
  await Promise.all([first.stop(), second.stop()]);
});

const use = (over: UpstreamOver) => node.publish(estateOn(upstreamAt(first.url, over)));
const both = (): { targets: { url: string }[] } => ({
  targets: [{ url: first.url }, { url: second.url }],
});

const ask = (method = 'GET') =>
  fetch(`${node.url}/v1/orders`, {
    method,
    headers: IDENTITY,
    ...(method === 'POST' ? { body: 'pay' } : {}),
  });
const statusOf = async (method?: string): Promise<number> => {
  const answer = await ask(method);
  await answer.arrayBuffer();
  return answer.status;
};
/** One after the other, so that each finds what the one before left behind. */
async function statusesOf(count: number, method?: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let call = 0; call < count; call += 1) statuses.push(await statusOf(method));
  return statuses;
}

/** A target that is left alone is tried again now and then: what a slow machine has time for. */
const triesWithin = (elapsedMs: number): number => FAILURES + Math.ceil(elapsedMs / LEFT_ALONE_MS);

describe('a target that fails time and again, without a circuit breaker', () => {
  it.each([
    { illness: 'resets connections', handler: RESETS, method: 'POST', status: 502 },
    { illness: 'does not answer in time', handler: SAYS_NOTHING, method: 'GET', status: 504 },
    { illness: 'says that it is too busy', handler: IS_BUSY, method: 'GET', status: 503 },
  ])('is left alone when it $illness', async ({ handler, method, status }) => {
    first.answerWith(handler);
    await use({ ...both(), timeout_ms: 700 });
    const startedAt = performance.now();
    // What was sent and is not idempotent, took its time, or was answered, is not sent again.
    const statuses = await statusesOf(60, method);
    const failed = statuses.filter((each) => each !== 200);
    expect(failed.length).toBeGreaterThanOrEqual(FAILURES);
    expect(failed.length).toBeLessThanOrEqual(triesWithin(performance.now() - startedAt));
    expect(new Set(failed)).toEqual(new Set([status]));
    expect(first.requests).toHaveLength(failed.length);
    expect(second.requests).toHaveLength(60 - failed.length);
  });

  it('costs no caller anything that may be sent again', async () => {
    first.answerWith(RESETS);
    await use({ ...both(), retries: 1 });
    const startedAt = performance.now();
    expect(new Set(await statusesOf(60))).toEqual(new Set([200]));
    expect(first.requests.length).toBeGreaterThanOrEqual(FAILURES);
    expect(first.requests.length).toBeLessThanOrEqual(triesWithin(performance.now() - startedAt));
  });

  it('gets its calls again once it is back', async () => {
    const { port } = first;
    await first.stop();
    await use({ ...both(), retries: 0 });
    const startedAt = performance.now();
    const refused = (await statusesOf(60)).filter((status) => status === 502);
    expect(refused.length).toBeGreaterThanOrEqual(FAILURES);
    expect(refused.length).toBeLessThanOrEqual(triesWithin(performance.now() - startedAt));
    first = await eventually(() => startUpstream(WELL, { port }));
    await eventually(async () => {
      await statusOf();
      return first.requests.length > 0;
    });
    first.forget();
    second.forget();
    expect(new Set(await statusesOf(60))).toEqual(new Set([200]));
    expect(first.requests.length).toBeGreaterThan(10);
    expect(second.requests.length).toBeGreaterThan(10);
  });
});

describe('a target that takes connections and never completes one', () => {
  it('costs no caller anything, not even one whose call must not be sent twice', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    await use({ targets: [{ url }, { url: second.url }], connect_timeout_ms: 200, retries: 1 });
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, at) => statusOf(at % 2 === 0 ? 'GET' : 'POST')),
    );
    expect(statuses).toEqual(new Array(20).fill(200));
    mute.close();
  });
});

describe('the last target', () => {
  it('is tried with every call, however often it failed: nobody waits once it is back', async () => {
    const { port } = first;
    await first.stop();
    await use({});
    expect(await statusesOf(3 * FAILURES)).toEqual(new Array(3 * FAILURES).fill(502));
    first = await eventually(() => startUpstream(WELL, { port }));
    expect(await statusOf()).toBe(200);
  });

  it('of several that are all left alone is the one that came back', async () => {
    const { port } = second;
    await Promise.all([first.stop(), second.stop()]);
    await use({ ...both(), retries: 1 });
    expect(await statusesOf(3 * FAILURES)).toEqual(new Array(3 * FAILURES).fill(502));
    second = await eventually(() => startUpstream(WELL, { port }));
    expect(await statusesOf(20)).toEqual(new Array(20).fill(200));
  });

  it('is not tried while its circuit is open: 503 says when it will be', async () => {
    first.answerWith(RESETS);
    const circuit_breaker = { failure_threshold: 2, window_ms: 60_000, open_ms: 30_000 };
    await use({ retries: 0, circuit_breaker });
    const startedAt = performance.now();
    expect(await statusesOf(2)).toEqual([502, 502]);
    const answer = await ask();
    const elapsedSeconds = Math.ceil((performance.now() - startedAt) / 1_000);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: 'upstream_unavailable' });
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(30);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(30 - elapsedSeconds);
    expect(first.requests).toHaveLength(2);
  });

  it('is not tried while its health check fails: 503, until it is well', async () => {
    first.answerWith(IS_BUSY);
    const health_check = {
      path: '/health',
      interval_ms: 1_500,
      timeout_ms: 1_000,
      healthy_threshold: 1,
      unhealthy_threshold: 1,
    };
    await use({ health_check, retries: 0 });
    await eventually(async () => {
      const answer = await ask();
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await answer.json()).toMatchObject({ error: 'upstream_unavailable' });
    });
    first.forget();
    expect(await statusOf()).toBe(503);
    expect(first.requests.filter(({ path }) => path !== '/health')).toHaveLength(0);
    first.answerWith(WELL);
    await eventually(async () => (await statusOf()) === 200);
  });
});
