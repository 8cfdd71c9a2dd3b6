import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  aClient,
  aCollection,
  anEndpoint,
  aPolicy,
  startRedis,
  startUpstream,
} from '@portico/testkit';
import type { Service, Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

const LIMIT = 50;
let redis: Service;
let upstream: Upstream;
let node: TestGateway;

beforeAll(async () => {
  [redis, upstream] = await Promise.all([
    startRedis({ args: ['--appendonly', 'no'] }),
    startUpstream(),
  ]);
  node = await startTestGateway({
    // Shorter than the meter's own patience: it is the request that gives up.
    env: { REDIS_URL: redis.url, MAX_LIMIT_WAIT_MS: '1' },
    resources: {
      policies: [aPolicy({ mode: 'strict', rate_limits: [{ requests: LIMIT, window: '1h' }] })],
      clients: [aClient({ policy_id: 'pol_standard' })],
      collections: [
        aCollection({
          upstreams: { production: upstreamAt(upstream.url) },
          log_bodies: 'errors',
          endpoints: [anEndpoint({ methods: ['POST'] })],
        }),
      ],
    },
  });
});
afterAll(async () => {
  redis.thaw();
  await node.stop();
  await upstream.stop();
  await redis.stop();
});

const call = () => fetch(`${node.url}/v1/orders`, { method: 'POST', headers: IDENTITY });

describe('a call whose lease did not come in time', () => {
  it('is refused with what is left, and found under its client and endpoint', async () => {
    redis.freeze();
    const late = await call();
    const body = (await late.json()) as { error: string; request_id: string };
    expect([late.status, body.error]).toEqual([429, 'rate_limit_exceeded']);
    expect(Object.fromEntries(late.headers)).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': `"1h";q=${LIMIT};w=3600`,
      // Nothing was used, so nothing is said to be.
      ratelimit: expect.stringMatching(new RegExp(`^"1h";r=${LIMIT};t=\\d+$`)),
      'x-ratelimit-limit': `${LIMIT}`,
      'x-ratelimit-remaining': `${LIMIT}`,
      'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
    });
    const record = await node.recordOf(body.request_id);
    expect(record).toMatchObject({
      status: 429,
      outcome: 'rate_limit_exceeded',
      reason: 'lease_timeout',
      client_id: 'cl_acme',
      profile_id: 'pr_default',
      collection_id: 'coll_orders',
      endpoint_id: 'ep_list_orders',
      environment: 'production',
    });
    expect(Buffer.from(record.response_body ?? []).toString()).toContain(body.request_id);
    expect(upstream.requests).toHaveLength(0);
  });
});
