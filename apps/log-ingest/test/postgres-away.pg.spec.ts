import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogPage, UsageDay } from '@portico/contracts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@portico/embedded';
import { eventually, freePort } from '@portico/testkit';
import { aDelta, aRecord } from './records.ts';
import { startIngest } from './running-ingest.ts';

/** A server of its own: this one is taken away while others work. */
describe('while PostgreSQL is away', () => {
  let dataDir: string;
  let port: number;
  let server: EmbeddedPostgres;
  const startServer = async (): Promise<void> => {
    server = await startEmbeddedPostgres({ dataDir, port, settings: { fsync: 'off' } });
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'portico-test-away-'));
    port = await freePort();
    await startServer();
  });
  afterAll(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('says it is not ready, answers 503, and stores what came meanwhile, once', async () => {
    const ingest = await startIngest(server.url);
    const status = async (path: string): Promise<number> => (await ingest.get(path)).status;
    expect(await status('/readyz')).toBe(200);
    await server.stop();
    await ingest.publish(aRecord(), aRecord());
    await ingest.publishUsage(aDelta({ sequence: 1 }));
    await eventually(async () => expect(await status('/readyz')).toBe(503));
    const refused = await ingest.get('/internal/v1/request-logs');
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { error: 'log_store_unavailable' },
    ]);
    expect(await status('/healthz')).toBe(200);
    await startServer();
    await eventually(
      async () => {
        const { data } = await ingest.getJson<LogPage>('/internal/v1/request-logs');
        expect(data).toHaveLength(2);
        const usage = await ingest.getJson<{ data: UsageDay[] }>(
          '/internal/v1/usage?client_id=cl_acme&from=2026-11-01&to=2026-11-30',
        );
        expect(usage.data).toMatchObject([{ admitted: 5 }]);
        expect(await status('/readyz')).toBe(200);
      },
      { withinMs: 20_000 },
    );
    await ingest.stop();
  });

  it('starts without it, and begins to work once it is there', async () => {
    await server.stop();
    const ingest = await startIngest(server.url);
    const probe = await ingest.get('/readyz');
    expect([probe.status, await probe.json()]).toMatchObject([503, { status: 'not_ready' }]);
    const record = aRecord();
    await ingest.publish(record);
    await startServer();
    await eventually(
      async () => {
        const { data } = await ingest.getJson<LogPage>('/internal/v1/request-logs?limit=1');
        expect(data[0]?.request_id).toBe(record.request_id);
      },
      { withinMs: 20_000 },
    );
    await ingest.stop();
  });

  it('refuses to start on a database that it may not use', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(startIngest(wrong.href)).rejects.toThrow('password authentication failed');
  });

  it('stops at once while it is still waiting for it', async () => {
    await server.stop();
    const ingest = await startIngest(server.url);
    await ingest.stop();
    await startServer();
  });
});
