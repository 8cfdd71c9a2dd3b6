import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import { startDistributed, type Distributed } from './deployment.ts';
import { call } from './http.ts';

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
    await admin.create('/clients', {
      id: 'cl_resilience',
      name: 'Resilience',
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
});
