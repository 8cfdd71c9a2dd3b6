import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import { aRecord, startLogIngestProcess } from '../log-ingest-process.ts';
import { signIn, startPortalEstate, type Visitor } from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

const KEY = 'a master secret for tests';
const HOUR_MS = 3_600_000;
const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const iso = (ms: number) => new Date(ms).toISOString();
const RANGE = `from=${iso(thisHour - HOUR_MS)}&to=${iso(thisHour + HOUR_MS)}`;

describe('a client’s own figures', () => {
  let logIngest: Awaited<ReturnType<typeof startLogIngestProcess>>;
  let portico: TestPortico;
  let acme: Visitor;
  let globex: Visitor;
  const summary = async (more = '', visitor = acme) =>
    (await visitor.get(`/metrics/summary?${RANGE}${more}`)).body;

  beforeAll(async () => {
    logIngest = await startLogIngestProcess(KEY);
    portico = await startPortalEstate({
      LOG_INGEST_URL: logIngest.url,
      LOG_INGEST_TIMEOUT_MS: '3000',
      PORTICO_ENCRYPTION_KEY: KEY,
    });
    acme = await signIn(portico, 'dev@acme.test');
    globex = await signIn(portico, 'dev@globex.test');
    const at = thisHour - HOUR_MS + 60_000;
    await logIngest.publishRecords([
      aRecord({ timestamp_ms: at }),
      aRecord({ timestamp_ms: at, status: 500, latency_ms: 100 }),
      aRecord({ timestamp_ms: at, endpoint_id: 'ep_get_order', profile_id: 'pr_acme_jwt' }),
      aRecord({
        ...{ timestamp_ms: at, status: 403, outcome: 'collection_not_allowed' },
        ...{ collection_id: 'coll_nobodys', endpoint_id: 'ep_nobodys' },
      }),
      aRecord({ timestamp_ms: at, endpoint_id: 'ep_order_draft' }),
      aRecord({
        ...{ timestamp_ms: at, client_id: 'cl_globex', profile_id: 'pr_globex_token' },
        ...{ collection_id: 'coll_inventory', endpoint_id: 'ep_items' },
      }),
    ]);
    await eventually(async () => expect((await summary()).totals.requests).toBe(5));
  }, 120_000);
  afterAll(async () => {
    await portico.stop();
    await logIngest.stop();
  });

  it('are the client’s alone, by interval with gaps, with percentiles', async () => {
    const { totals, buckets } = await summary();
    expect(totals).toMatchObject({ requests: 5, errors: 2 });
    expect(buckets).toEqual([
      { at: iso(thisHour - HOUR_MS), ...totals },
      { at: iso(thisHour), requests: 0, errors: 0, p50_ms: null, p95_ms: null, p99_ms: null },
    ]);
    expect(totals.p50_ms).toBeLessThan(20);
    expect(totals.p99_ms).toBeGreaterThan(50);
    expect((await summary('', globex)).totals).toMatchObject({ requests: 1, errors: 0 });
  });

  it('name endpoints as the catalogue does, and none outside the contract', async () => {
    const { facets } = await summary();
    const methods = ['GET'];
    expect(facets.endpoints).toEqual([
      {
        ...{ endpoint_id: 'ep_list_orders', collection_id: 'coll_orders', methods },
        ...{ name: 'Name of ep_list_orders', full_path: '/orders/v1/orders' },
        ...{ requests: 2, errors: 1 },
      },
      {
        ...{ endpoint_id: 'ep_get_order', collection_id: 'coll_orders', methods },
        ...{ name: 'Name of ep_get_order', full_path: '/orders/v1/orders/{order_id}' },
        ...{ requests: 1, errors: 0 },
      },
    ]);
    expect(facets.statuses).toEqual([
      { value: '200', requests: 3, errors: 0 },
      { value: '403', requests: 1, errors: 1 },
      { value: '500', requests: 1, errors: 1 },
    ]);
    expect(JSON.stringify(facets)).not.toMatch(/nobodys|draft|globex|ep_items/);
  });

  it.each(['1h', '1m'])('can be those of one profile, by %s', async (interval) => {
    const own = await summary(`&interval=${interval}&profile_id=pr_acme_jwt`);
    expect(own.totals).toMatchObject({ requests: 1, errors: 0 });
    const foreign = await summary(`&interval=${interval}&profile_id=pr_globex_token`);
    expect(foreign.totals.requests).toBe(0);
  });

  it('are of the last day where no time was named', async () => {
    const { status, body } = await acme.get('/metrics/summary');
    expect([status, body.totals.requests]).toEqual([200, 5]);
    expect(body.buckets.length).toBeGreaterThanOrEqual(24);
  });

  it.each([
    ['client_id=cl_globex', 'query.client_id'],
    ['collection_id=coll_nobodys', 'query.collection_id'],
    ['interval=2h', 'query.interval'],
    ['from=yesterday', 'query.from'],
    [`from=${iso(0)}&to=${iso(thisHour)}&interval=1m`, 'query.interval'],
  ])('refuse to be asked with %s', async (query, where) => {
    const { status, body } = await acme.get(`/metrics/summary?${query}`);
    expect([status, body.details[0].path]).toEqual([422, where]);
  });

  it('need a session', async () => {
    const path = '/api/v1/developer-portal/metrics/summary';
    expect((await portico.call('GET', path, { key: null })).status).toBe(401);
  });

  it('are 503 while the log store does not answer', async () => {
    logIngest.freeze();
    const { status, body } = await acme.get('/metrics/summary');
    logIngest.thaw();
    expect([status, body.error]).toEqual([503, 'log_store_unavailable']);
  });
});
