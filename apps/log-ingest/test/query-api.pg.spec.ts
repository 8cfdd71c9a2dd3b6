import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ErrorBody, LogPage, MetricsSummary, RequestLogEntry } from '@portico/contracts';
import { eventually, testDatabase, type TestDatabase } from '@portico/testkit';
import { aDelta, aRecord } from './records.ts';
import { startIngest, type RunningIngest } from './running-ingest.ts';

const LOGS = '/internal/v1/request-logs';

describe('the query API', () => {
  let database: TestDatabase;
  let ingest: RunningIngest;
  const acme = aRecord({
    client_id: 'cl_acme',
    path: '/v1/orders/7',
    user_agent: '=HYPERLINK("http://evil.test")',
    query: 'q="a,b"',
    request_body: Buffer.from('{"a":1}'),
  });
  const globex = aRecord({ client_id: 'cl_globex', status: 502, outcome: 'upstream_error' });

  beforeAll(async () => {
    database = await testDatabase();
    ingest = await startIngest(database.url, { MAX_EXPORTS: '1' });
    await ingest.publish(acme, globex);
    await ingest.publishUsage(aDelta());
    await eventually(async () => {
      expect((await ingest.getJson<LogPage>(LOGS)).data).toHaveLength(2);
      expect(await (await ingest.get('/metrics')).text()).toMatch(/usage_deltas_total.* 1/);
    });
  });
  afterAll(async () => {
    await ingest.stop();
    await database.drop();
  });

  it('answers nobody without the token, and says how to get in', async () => {
    for (const path of [LOGS, `${LOGS}/x`, `${LOGS}/export`, '/internal/v1/usage']) {
      for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic dGVzdA==']) {
        const answer = await ingest.get(path, authorization === '' ? {} : { authorization });
        expect(answer.status).toBe(401);
        expect(await answer.json()).toMatchObject({ error: 'unauthenticated' });
      }
    }
    const erase = `http://127.0.0.1:${ingest.port}/internal/v1/clients/cl_acme/records`;
    expect((await fetch(erase, { method: 'DELETE' })).status).toBe(401);
  });

  it('lists, filters and pages', async () => {
    const all = await ingest.getJson<LogPage>(LOGS);
    expect(new Set(all.data.map(({ client_id }) => client_id))).toEqual(
      new Set(['cl_acme', 'cl_globex']),
    );
    expect(Object.keys(all.data[0]!)).not.toContain('request_body');
    const first = await ingest.getJson<LogPage>(`${LOGS}?limit=1`);
    const second = await ingest.getJson<LogPage>(`${LOGS}?limit=1&cursor=${first.next_cursor}`);
    expect([...first.data, ...second.data]).toEqual(all.data);
    expect(second.next_cursor).toBeNull();
    const errors = await ingest.getJson<LogPage>(`${LOGS}?status=5xx&path=/v1&method=GET`);
    expect(errors.data.map(({ client_id }) => client_id)).toEqual(['cl_globex']);
  });

  it.each([
    ['limit=0', 'query.limit'],
    ['limit=201', 'query.limit'],
    ['status=9xx', 'query.status'],
    ['from=yesterday', 'query.from'],
    ['cursor=nonsense', 'query.cursor'],
    ['cursor=', 'query.cursor'],
    ['from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z', 'query.to'],
    ['client_id=a&client_id=b', 'query.client_id'],
    ['path=/a%00', 'query.path'],
    ['surprise=1', 'query'],
  ])('refuses ?%s and points at it', async (query, path) => {
    const answer = await ingest.get(`${LOGS}?${query}`);
    const body = (await answer.json()) as ErrorBody;
    expect([answer.status, body.error]).toEqual([422, 'validation_failed']);
    expect(body.details?.map((detail) => detail.path)).toContain(path);
    expect(body.request_id).toBe(answer.headers.get('x-request-id'));
  });

  it('keeps a sane request id and replaces any other', async () => {
    const ask = async (id: string) =>
      (await ingest.get('/healthz', { 'x-request-id': id })).headers.get('x-request-id');
    expect(await ask('abc-1')).toBe('abc-1');
    expect(await ask('<script>')).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('shows one record whole, to its own client only', async () => {
    const path = `${LOGS}/${acme.request_id}`;
    expect(await ingest.getJson(`${path}?client_id=cl_acme`)).toMatchObject({
      request_id: acme.request_id,
      request_body: '{"a":1}',
      request_body_encoding: 'utf8',
    });
    const other = await ingest.get(`${path}?client_id=cl_globex`);
    expect([other.status, await other.json()]).toMatchObject([404, { error: 'not_found' }]);
    for (const id of ['%00', '%20', 'x'.repeat(129)]) {
      expect((await ingest.get(`${LOGS}/${id}`)).status).toBe(404);
    }
  });

  it('exports lines of JSON, each a whole entry', async () => {
    const answer = await ingest.get(`${LOGS}/export?client_id=cl_acme`);
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect((JSON.parse(lines[0]!) as RequestLogEntry).request_id).toBe(acme.request_id);
  });

  it('exports CSV that no spreadsheet runs and every parser reads', async () => {
    const answer = await ingest.get(`${LOGS}/export?format=csv&client_id=cl_acme`);
    expect(answer.headers.get('content-type')).toContain('text/csv');
    const [header, row, ...rest] = (await answer.text()).split('\r\n');
    expect(header).toMatch(/^timestamp,request_id,client_id,/);
    expect(row).toContain(',"q=""a,b""",');
    expect(row).toContain(`,"'=HYPERLINK(""http://evil.test"")",`);
    expect(rest).toEqual(['']);
  });

  it('exports to so many at a time and no more', async () => {
    await ingest.publish(...Array.from({ length: 4_000 }, () => aRecord({ client_id: 'cl_big' })));
    await eventually(async () => {
      const { totals } = await metrics('1h', 'client_id=cl_big');
      expect(totals.requests).toBe(4_000);
    });
    const slow = await ingest.get(`${LOGS}/export?client_id=cl_big`);
    const refused = await ingest.get(`${LOGS}/export`);
    expect([refused.status, await refused.json()]).toMatchObject([
      429,
      { error: 'too_many_requests' },
    ]);
    expect((await slow.text()).trimEnd().split('\n')).toHaveLength(4_000);
    await eventually(async () => expect((await ingest.get(`${LOGS}/export`)).status).toBe(200));
  });

  const metrics = (interval: string, more = ''): Promise<MetricsSummary> => {
    const [from, to] = [-1, 1].map((hours) =>
      new Date(Date.now() + hours * 3_600_000).toISOString(),
    );
    return ingest.getJson(
      `/internal/v1/metrics/summary?from=${from}&to=${to}&interval=${interval}&${more}`,
    );
  };

  it('sums up one client', async () => {
    for (const interval of ['1m', '5m', '1h', '1d']) {
      const { totals, facets } = await metrics(interval, 'client_id=cl_globex');
      expect(totals).toMatchObject({ requests: 1, errors: 1 });
      expect(facets.statuses).toEqual([{ value: '502', requests: 1, errors: 1 }]);
    }
  });

  it('refuses a range that would read too much', async () => {
    const range = 'from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z';
    const answer = await ingest.get(`/internal/v1/metrics/summary?${range}&interval=1m`);
    expect(answer.status).toBe(422);
    expect(((await answer.json()) as ErrorBody).details?.[0]?.path).toBe('query.interval');
  });

  it("gives a client's admitted calls by day", async () => {
    const answer = await ingest.getJson(
      '/internal/v1/usage?client_id=cl_acme&from=2026-11-01&to=2026-11-30',
    );
    expect(answer).toEqual({
      data: [{ day: '2026-11-20', profile_id: 'pr_default', apart: false, admitted: 5 }],
    });
    expect((await ingest.get('/internal/v1/usage?client_id=x&from=1&to=2')).status).toBe(422);
  });

  it("gives everybody's admitted calls over a span of days, in one answer", async () => {
    const totals = '/internal/v1/usage/totals';
    expect(await ingest.getJson(`${totals}?from=2026-11-01&to=2026-11-30`)).toEqual({
      data: [{ client_id: 'cl_acme', profile_id: 'pr_default', apart: false, admitted: 5 }],
    });
    expect(await ingest.getJson(`${totals}?from=2026-11-21&to=2026-11-30`)).toEqual({ data: [] });
    for (const bad of ['', '?from=2026-11-30&to=2026-11-01', '?from=1&to=2']) {
      expect((await ingest.get(`${totals}${bad}`)).status).toBe(422);
    }
    expect((await ingest.get(`${totals}?from=2026-11-01&to=2026-11-30`, {})).status).toBe(401);
  });

  it("erases a client's records", async () => {
    await ingest.publish(aRecord({ client_id: 'cl_leaver' }));
    const theirs = `${LOGS}?client_id=cl_leaver`;
    await eventually(async () =>
      expect((await ingest.getJson<LogPage>(theirs)).data).toHaveLength(1),
    );
    const answer = await ingest.send('DELETE', '/internal/v1/clients/cl_leaver/records');
    expect(await answer.json()).toEqual({ erased: 1 });
    expect((await ingest.getJson<LogPage>(theirs)).data).toEqual([]);
  });

  it('tells probes and scrapers how it is', async () => {
    expect((await ingest.get('/healthz', {})).status).toBe(200);
    expect((await ingest.get('/readyz', {})).status).toBe(200);
    const text = await (await ingest.get('/metrics', {})).text();
    expect(text).toMatch(/portico_log_ingest_records_total\S* \d+/);
    expect(text).toContain('portico_log_ingest_lag_seconds');
    expect((await ingest.get('/nothing')).status).toBe(404);
  });
});
