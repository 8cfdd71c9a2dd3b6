import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import { aRecord, startLogIngestProcess } from '../log-ingest-process.ts';
import { signIn, startPortalEstate, type Visitor } from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

const KEY = 'a master secret for tests';
const dayBefore = (days: number): string =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const today = dayBefore(0);

describe('a client’s own log and usage', () => {
  let logIngest: Awaited<ReturnType<typeof startLogIngestProcess>>;
  let portico: TestPortico;
  let acme: Visitor;
  let globex: Visitor;
  beforeAll(async () => {
    logIngest = await startLogIngestProcess(KEY);
    portico = await startPortalEstate({
      LOG_INGEST_URL: logIngest.url,
      LOG_INGEST_TIMEOUT_MS: '3000',
      PORTICO_ENCRYPTION_KEY: KEY,
    });
    acme = await signIn(portico, 'dev@acme.test');
    globex = await signIn(portico, 'dev@globex.test');
    await logIngest.publishRecords([
      aRecord({ request_id: 'req_acme_one_ok', status: 200 }),
      aRecord({
        request_id: 'req_acme_refused',
        status: 403,
        outcome: 'collection_not_allowed',
        reason: 'not assigned',
        collection_id: 'coll_nobodys',
        endpoint_id: null,
      }),
      aRecord({
        request_id: 'req_globex_secret',
        client_id: 'cl_globex',
        profile_id: 'pr_globex_token',
      }),
    ]);
    await logIngest.publishUsage([
      { client_id: 'cl_acme', profile_id: 'pr_acme_token', day: today, admitted: 7 },
      { client_id: 'cl_acme', profile_id: 'pr_acme_jwt', day: today, admitted: 2 },
      { client_id: 'cl_globex', profile_id: 'pr_globex_token', day: today, admitted: 99 },
    ]);
    await eventually(async () => {
      expect((await acme.get('/request-logs')).body.data).toHaveLength(2);
      expect((await acme.get('/usage')).body.days).toHaveLength(2);
    });
  }, 120_000);
  afterAll(async () => {
    await portico.stop();
    await logIngest.stop();
  });

  const idsOf = (body: { data: { request_id: string }[] }) =>
    body.data.map(({ request_id }) => request_id).sort();

  it('holds the client’s calls and no other’s, whatever is asked for', async () => {
    expect(idsOf((await acme.get('/request-logs')).body)).toEqual([
      'req_acme_one_ok',
      'req_acme_refused',
    ]);
    expect(idsOf((await globex.get('/request-logs')).body)).toEqual(['req_globex_secret']);
    const foreign = await acme.get('/request-logs?profile_id=pr_globex_token');
    expect(foreign.body.data).toEqual([]);
    const named = await acme.get('/request-logs?request_id=req_globex_secret');
    expect(named.body.data).toEqual([]);
  });

  it.each([
    'client_id=cl_globex',
    'client_id=cl_acme&client_id=cl_globex',
    'status=9xx',
    'limit=0',
    'from=yesterday',
    'color=blue',
  ])('refuses to be asked with %s', async (query) => {
    const answer = await acme.get(`/request-logs?${query}`);
    expect(answer.status).toBe(422);
    expect(answer.body.details[0].path).toMatch(/^query\./);
  });

  it('is narrowed by status and paged by cursor', async () => {
    expect(idsOf((await acme.get('/request-logs?status=4xx')).body)).toEqual(['req_acme_refused']);
    const first = (await acme.get('/request-logs?limit=1')).body;
    const second = (await acme.get(`/request-logs?limit=1&cursor=${first.next_cursor}`)).body;
    expect([...idsOf(first), ...idsOf(second)].sort()).toEqual([
      'req_acme_one_ok',
      'req_acme_refused',
    ]);
  });

  it('has one call whole, and another client’s not at all', async () => {
    const own = await acme.get('/request-logs/req_acme_one_ok');
    expect(own.status).toBe(200);
    expect(own.body).toMatchObject({ response_body: '{}', response_body_encoding: 'utf8' });
    const foreign = await acme.get('/request-logs/req_globex_secret');
    const absent = await acme.get('/request-logs/req_no_such_call');
    expect([foreign.status, absent.status]).toEqual([404, 404]);
    expect(foreign.body.message).toBe(absent.body.message);
  });

  it('names neither our machines nor collections outside the contract', async () => {
    const answers = [
      (await acme.get('/request-logs')).body.data,
      (await acme.get('/request-logs/req_acme_refused')).body,
    ];
    const text = JSON.stringify(answers);
    expect(text).not.toContain('coll_nobodys');
    expect(text).not.toMatch(/"(?:node|sequence|revision|reason)"/);
  });

  it('tells, of a credential that is replaced, when it was last used', async () => {
    const { data } = (await acme.get('/request-logs?profile_id=pr_acme_token&limit=1')).body;
    const path = '/profiles/pr_acme_token/rotate';
    const { status, body } = await acme.post(path, { grace_period_seconds: 60 });
    expect([status, body.last_used_at]).toEqual([200, data[0].timestamp]);
    const unused = await acme.post('/profiles/pr_acme_jwt/rotate', { grace_period_seconds: 60 });
    expect(unused.body.last_used_at).toBeNull();
  });

  it('counts usage against the policy: quota from the ledger, calls by day and profile', async () => {
    await portico.query(
      `insert into policies (id, name, rate_limits, quota, alert_thresholds, created_at, updated_at)
       values ('pol_p', 'P', '[{"requests":100,"window":"1m"}]', '{"requests":1000,"period":"month"}', '{}', now(), now())`,
    );
    await portico.query(`update clients set policy_id = 'pol_p' where id = 'cl_acme'`);
    const { status, body } = await acme.get('/usage');
    expect(status).toBe(200);
    const scope = { kind: 'client', id: 'cl_acme' };
    expect(body.limits).toEqual([
      expect.objectContaining({ name: '1m', kind: 'rate', limit: 100, used: 0, scope }),
      expect.objectContaining({ name: 'month', kind: 'quota', limit: 1000, used: 9, scope }),
    ]);
    // No gateway answers: nobody knows the window, and how old the ledger is.
    expect(body.limits[0]).toMatchObject({ remaining: 100, source: null, as_of: null });
    expect(body.limits[1]).toMatchObject({ remaining: 991, source: 'ledger', as_of: null });
    expect(body.days_unavailable).toBeNull();
    expect(body.limits[1].resets_at).toMatch(/-01T00:00:00\.000Z$/);
    expect(body.days).toContainEqual({ day: today, profile_id: 'pr_acme_token', admitted: 7 });
    expect(JSON.stringify(body)).not.toContain('globex');
  });

  it('charges each call to what admitted it, in its own period, whatever becomes of the profile', async () => {
    const lastPeriod = dayBefore(40);
    const of = { client_id: 'cl_globex', day: today };
    await logIngest.publishUsage([
      { ...of, profile_id: 'pr_globex_token', apart: true, admitted: 30 },
      { ...of, profile_id: 'pr_globex_gone', admitted: 5 },
      { ...of, profile_id: 'pr_globex_gone', apart: true, admitted: 500 },
      { ...of, profile_id: 'pr_globex_token', day: lastPeriod, admitted: 7_000 },
      { ...of, profile_id: 'pr_globex_token', day: lastPeriod, apart: true, admitted: 800 },
    ]);
    const usedByScope = async () => {
      const { limits, days } = (await globex.get('/usage')).body;
      expect(days).toEqual([
        { day: lastPeriod, profile_id: 'pr_globex_token', admitted: 7_800 },
        { day: today, profile_id: 'pr_globex_gone', admitted: 505 },
        { day: today, profile_id: 'pr_globex_token', admitted: 129 },
      ]);
      return limits.map((limit: { scope: { id: string }; used: number }) => [
        limit.scope.id,
        limit.used,
      ]);
    };
    await portico.query(
      `insert into policies (id, name, rate_limits, quota, alert_thresholds, created_at, updated_at)
       values ('pol_q', 'Q', '[]', '{"requests":1000,"period":"month"}', '{}', now(), now())`,
    );
    await portico.query(`update clients set policy_id = 'pol_q' where id = 'cl_globex'`);
    await eventually(async () => expect(await usedByScope()).toEqual([['cl_globex', 104]]));
    const own = `update profiles set policy_id = $1 where id = 'pr_globex_token'`;
    await portico.query(own, ['pol_q']);
    const both = [
      ['cl_globex', 104],
      ['pr_globex_token', 30],
    ];
    expect(await usedByScope()).toEqual(both);
    await portico.query(own, [null]);
    expect(await usedByScope()).toEqual([['cl_globex', 104]]);
  });

  it('says what is enforced while the log store does not answer, and nothing it cannot know', async () => {
    const asOfMs = Date.now() - 40;
    const state = { limit: 1_000, used: 250, remaining: 750, resets_at_ms: asOfMs + 1_000 };
    logIngest.freeze();
    try {
      // No gateway answers either: what is used of the quota is not known.
      const unknown = await acme.get('/usage');
      expect([unknown.status, unknown.body.error]).toEqual([503, 'log_store_unavailable']);
      const node = await portico.feeds.usage.answerUsage(async (scope) => ({
        ...{ format: 1, node: 'gw-1', scope, authoritative: true, as_of_ms: asOfMs },
        limits: [{ name: 'month', kind: 'quota', ...state }],
      }));
      const { status, body } = await acme.get('/usage');
      await node.stop();
      expect(status).toBe(200);
      expect(body.limits[1]).toMatchObject({
        ...{ used: 250, remaining: 750, source: 'authority' },
        as_of: new Date(asOfMs).toISOString(),
      });
      expect(body.days).toBeNull();
      expect(body.days_unavailable).toContain('log store');
    } finally {
      logIngest.thaw();
    }
  });

  it('is 503 while the log store does not answer, and comes back by itself', async () => {
    logIngest.freeze();
    const answer = await acme.get('/request-logs');
    expect([answer.status, answer.body.error]).toEqual([503, 'log_store_unavailable']);
    logIngest.thaw();
    await eventually(async () => expect((await acme.get('/request-logs')).status).toBe(200));
  });
});
