import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect as connectHttp2 } from 'node:http2';
import { aClient, aCollection, eventually, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let upstream: Upstream;
const nodes: TestGateway[] = [];

beforeAll(async () => {
  upstream = await startUpstream((_request, response) => void response.end('ok'));
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});
afterAll(() => upstream.stop());

const FREE = 3;
/** Longer than any test: what is held back stays so, however slow the machine is. */
const FOR_GOOD = '3600000';

async function start(env: NodeJS.ProcessEnv): Promise<TestGateway> {
  const node = await startTestGateway({
    env: { MAX_FAILED_CREDENTIALS: String(FREE), TRUSTED_PROXIES: '127.0.0.0/8', ...env },
    resources: {
      clients: [aClient()],
      collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
    },
  });
  nodes.push(node);
  return node;
}

const GUESSER = '203.0.113.66';
const WRONG = { ...IDENTITY, authorization: 'Bearer guess' };

const call = (node: TestGateway, from: string, headers: object, signal?: AbortSignal) =>
  fetch(`${node.url}/v1/orders`, {
    headers: { ...headers, 'x-forwarded-for': from },
    ...(signal === undefined ? {} : { signal }),
  });
const statusOf = async (node: TestGateway, from: string, headers: object): Promise<number> => {
  const answer = await call(node, from, headers);
  await answer.arrayBuffer();
  return answer.status;
};
/** All that the answer says, but for its own id. */
async function toldIn(answer: Response) {
  const { error, message } = (await answer.json()) as Record<string, unknown>;
  const challenge = answer.headers.get('www-authenticate');
  return { status: answer.status, challenge, error, message };
}
const exhaust = async (node: TestGateway, from: string): Promise<void> => {
  for (let guess = 0; guess < FREE; guess += 1) expect(await statusOf(node, from, WRONG)).toBe(401);
};
const inFlight = async (node: TestGateway): Promise<number> => {
  const text = await (await fetch(`${node.adminUrl}/metrics`)).text();
  return Number(/in_flight(?:\{[^}]*\})? (\d+)/.exec(text)?.[1]);
};

describe('somebody who guesses credentials', () => {
  it('gets the same answer every time, later and later guesses only after a while', async () => {
    const node = await start({ FAILED_CREDENTIAL_DELAY_MS: '400' });
    await exhaust(node, GUESSER);
    const seen: unknown[] = [];
    for (let guess = 0; guess < 3; guess += 1) {
      const askedAt = performance.now();
      seen.push(await toldIn(await call(node, GUESSER, WRONG)));
      // A timer may be early by less than a millisecond.
      expect(performance.now() - askedAt).toBeGreaterThan(398);
    }
    const first = await toldIn(await call(node, '198.51.100.1', WRONG));
    expect(first).toMatchObject({ status: 401, error: 'invalid_credential' });
    expect(seen).toEqual([first, first, first]);
  });

  it('keeps nobody out: not the partner at the same address, nor a mistake at another one', async () => {
    const node = await start({ FAILED_CREDENTIAL_DELAY_MS: FOR_GOOD });
    await exhaust(node, GUESSER);
    const leave = new AbortController();
    const held = call(node, GUESSER, WRONG, leave.signal).then(
      () => 'answered',
      () => 'given up',
    );
    await eventually(async () => (await inFlight(node)) === 1);
    expect(await statusOf(node, GUESSER, IDENTITY)).toBe(200);
    expect(await statusOf(node, '203.0.113.67', IDENTITY)).toBe(200);
    expect(await statusOf(node, '203.0.113.67', WRONG)).toBe(401);
    // All that, while the guesser was still waiting.
    leave.abort();
    expect(await held).toBe('given up');
  });

  it('is in the records with each guess, also with those it does not stay for', async () => {
    const node = await start({ FAILED_CREDENTIAL_DELAY_MS: FOR_GOOD });
    await exhaust(node, GUESSER);
    const leave = new AbortController();
    const left = call(node, GUESSER, { ...WRONG, 'x-request-id': 'guess-4' }, leave.signal);
    left.catch(() => undefined);
    await eventually(async () => (await inFlight(node)) === 1);
    leave.abort();
    expect(await node.recordOf('guess-4')).toMatchObject({
      status: 401,
      outcome: 'invalid_credential',
      client_id: 'cl_acme',
      profile_id: 'pr_default',
      client_ip: GUESSER,
    });
  });

  it('is told apart by its network in IPv6, where anybody has addresses without end', async () => {
    const node = await start({ FAILED_CREDENTIAL_DELAY_MS: FOR_GOOD });
    for (const own of ['2001:db8::1', '2001:db8::a:b', '2001:db8::1:2:3:4'])
      expect(await statusOf(node, own, WRONG)).toBe(401);
    const leave = new AbortController();
    const held = call(node, '2001:db8::5', WRONG, leave.signal);
    held.catch(() => undefined);
    await eventually(async () => (await inFlight(node)) === 1);
    expect(await statusOf(node, '2001:db8:0:1::1', WRONG)).toBe(401);
    leave.abort();
    await expect(held).rejects.toThrow();
  });

  it('is forgiven after the window', async () => {
    const node = await start({
      FAILED_CREDENTIAL_DELAY_MS: FOR_GOOD,
      FAILED_CREDENTIAL_WINDOW_MS: '700',
    });
    // Where the machine takes longer than the window for these, it is over already.
    for (let guess = 0; guess < FREE; guess += 1) await statusOf(node, GUESSER, WRONG);
    await eventually(async () => {
      const answer = await call(node, GUESSER, WRONG, AbortSignal.timeout(1_000));
      return answer.status === 401;
    });
  });

  it('cannot make a node hold back answers without end', async () => {
    const HELD_MAX = 1_000;
    const node = await start({ FAILED_CREDENTIAL_DELAY_MS: FOR_GOOD, GATEWAY_TLS_PORT: '0' });
    await exhaust(node, GUESSER);
    const sessions = Array.from({ length: HELD_MAX / 100 }, () => {
      const session = connectHttp2(`https://127.0.0.1:${node.gateway.tlsPort}`, {
        rejectUnauthorized: false,
      });
      session.on('error', () => undefined);
      for (let stream = 0; stream < 100; stream += 1)
        session
          .request({ ':path': '/v1/orders', ...WRONG, 'x-forwarded-for': GUESSER })
          .on('error', () => undefined);
      return session;
    });
    await eventually(async () => (await inFlight(node)) === HELD_MAX);
    expect(await statusOf(node, GUESSER, WRONG)).toBe(401);
    expect(await statusOf(node, GUESSER, IDENTITY)).toBe(200);
    for (const session of sessions) session.destroy();
    await eventually(async () => (await inFlight(node)) === 0);
  });
});
