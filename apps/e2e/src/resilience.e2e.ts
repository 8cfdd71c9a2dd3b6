import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import { startDistributed, type Distributed } from './deployment.ts';
import { call } from './http.ts';
import { keepCalling } from './load.ts';

const PATH = '/resilience/ping';

describe('partner traffic when parts of the product die', () => {
  let portico: Distributed;
  let upstream: Upstream;
  let headers: Record<string, string>;

  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => void response.end('pong'));
    portico = await startDistributed();
    const { admin } = portico;
    await admin.create('/collections', {
      id: 'coll_resilience',
      name: 'Resilience',
      base_path: '/resilience',
      upstreams: { production: { targets: [{ url: upstream.url, weight: 1 }] } },
    });
    await admin.create('/collections/coll_resilience/endpoints', {
      name: 'Ping',
      methods: ['GET'],
      path: '/ping',
      status: 'published',
    });
    await admin.send('PUT', '/collections/coll_resilience/status', { status: 'published' });
    await admin.create('/policies', {
      id: 'pol_resilience',
      name: 'Counted',
      rate_limits: [{ requests: 1_000_000, window: '1m' }],
      quota: { requests: 100_000_000, period: 'month' },
    });
    await admin.create('/clients', {
      id: 'cl_resilience',
      name: 'Resilience',
      policy_id: 'pol_resilience',
      collections: ['coll_resilience'],
    });
    const { data } = (await admin.get('/clients/cl_resilience/profiles')).json<{
      data: { id: string }[];
    }>();
    headers = await admin.authHeaders(data[0]!.id);
  }, 120_000);

  afterAll(async () => {
    await portico?.stop();
    await upstream?.stop();
  });

  const pingEvery = () =>
    Promise.all(portico.gatewayUrls.map((url) => call(`${url}${PATH}`, { headers })));

  it('survives kill -9 of log-ingest: every call is stored once it is back', async () => {
    await portico.processes.logIngest.kill();
    const answers = await pingEvery();
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    const ids = answers.map((answer) => answer.headers.get('x-request-id')!);
    await portico.restartLogIngest();
    for (const id of ids) {
      const rows = await eventually(
        async () => {
          const answer = await portico.admin.get(
            `/request-logs?client_id=cl_resilience&request_id=${id}`,
          );
          const { data } = answer.json<{ data: unknown[] }>();
          if (data.length === 0) throw new Error(`${id} is not stored yet`);
          return data;
        },
        { withinMs: 20_000 },
      );
      expect(rows).toHaveLength(1);
    }
  });

  it('notices nothing while NATS, then Redis, stands still: no call fails, no record is lost or doubled', async () => {
    const load = keepCalling(portico.gateways, PATH, headers);
    for (const service of [portico.nats, portico.redis]) {
      service.freeze();
      await calls(upstream, 200);
      service.thaw();
      await calls(upstream, 50);
    }
    const { failures, requestIds } = await load.stop();
    expect(failures).toEqual([]);
    await expectStoredOnce(requestIds);
  });

  it('notices nothing of a rolling restart of every gateway node', async () => {
    const load = keepCalling(portico.gateways, PATH, headers);
    for (const gateway of portico.gateways) {
      await calls(upstream, 50);
      expect(await gateway.process.stop(60_000)).toBe(0);
      await gateway.restart();
    }
    const { failures, requestIds } = await load.stop();
    expect(failures).toEqual([]);
    await expectStoredOnce(requestIds);
  });

  it('keeps serving, and starts a new node, while control plane and database are dead', async () => {
    await portico.processes.controlPlane.kill();
    await portico.database.stop();
    expect((await pingEvery()).map((answer) => answer.status)).toEqual([200, 200]);

    const late = await portico.startGateway();
    const answer = await call(`${late.url}${PATH}`, { headers });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('pong');
    const outside = await call(`${late.url}/elsewhere`, { headers });
    expect(outside.status).toBe(404);
  });

  async function expectStoredOnce(requestIds: readonly string[]): Promise<void> {
    await eventually(
      async () => {
        const stored = await storedIds();
        const missing = requestIds.filter((id) => !stored.has(id));
        if (missing.length > 0) throw new Error(`${missing.length} calls are not stored yet`);
        const doubled = requestIds.filter((id) => stored.get(id) !== 1);
        expect(doubled).toEqual([]);
      },
      { withinMs: 60_000 },
    );
  }

  /** Every request id of the client in the log, and how often it is there. */
  async function storedIds(): Promise<Map<string, number>> {
    const times = new Map<string, number>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const answer = await portico.admin.get(
        `/request-logs?client_id=cl_resilience&limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      const page = answer.json<{ data: { request_id: string }[]; next_cursor: string | null }>();
      for (const row of page.data) times.set(row.request_id, (times.get(row.request_id) ?? 0) + 1);
      cursor = page.next_cursor;
    }
    return times;
  }
});

/** Resolves once `count` more calls have reached the backend. */
async function calls(upstream: Upstream, count: number): Promise<void> {
  const until = upstream.requests.length + count;
  await eventually(() => upstream.requests.length >= until, { withinMs: 60_000 });
}
