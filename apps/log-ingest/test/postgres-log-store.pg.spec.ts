import { describe, expect, it } from '@jest/globals';
import type { LossMarker, RequestRecord } from '@portico/contracts';
import { testDatabase } from '@portico/testkit';
import pg from 'pg';
import { PostgresLogStore } from '../src/store/postgres/postgres-log-store.ts';
import { describeLogStore, incoming } from './log-store-contract.ts';
import { aDelta, aRecord } from './records.ts';

const HOUR_MS = 3_600_000;

const openOn = (url: string): PostgresLogStore =>
  new PostgresLogStore({
    url,
    queryConnectionsMax: 4,
    queryTimeoutMs: 10_000,
    onConnectionLost: () => undefined,
    onFoldFailed: () => undefined,
  });

describeLogStore('PostgreSQL', async () => {
  const database = await testDatabase();
  const store = openOn(database.url);
  await store.migrate();
  const admin = new pg.Pool({ connectionString: database.url, max: 1 });
  return {
    store,
    empty: async () => {
      await admin.query(
        `TRUNCATE logs.counts_pending, logs.calls_hourly, logs.calls_daily, logs.latencies_hourly,
           logs.latencies_daily, logs.records, logs.batches, logs.parked_records, logs.losses,
           logs.retention, logs.usage_daily, logs.usage_deltas`,
      );
    },
    close: async () => {
      await admin.end();
      await store.close();
      await database.drop();
    },
  };
});

describe('the PostgreSQL log store', () => {
  const withStore = async (
    work: (store: PostgresLogStore, ask: (sql: string) => Promise<unknown[]>) => Promise<void>,
  ): Promise<void> => {
    const database = await testDatabase();
    const store = openOn(database.url);
    const admin = new pg.Pool({ connectionString: database.url, max: 1 });
    try {
      await store.migrate();
      await work(store, async (sql) => (await admin.query(sql)).rows);
    } finally {
      await admin.end();
      await store.close();
      await database.drop();
    }
  };

  it('migrates once, whoever comes first', () =>
    withStore(async (store, ask) => {
      expect(await store.migrate()).toEqual([]);
      const names = await ask('SELECT name FROM logs.migrations ORDER BY 1');
      expect(names).toEqual([
        { name: '0001_request_records.sql' },
        { name: '0002_rollups_and_usage.sql' },
        { name: '0003_rollups_by_profile.sql' },
        { name: '0004_calls_and_latencies.sql' },
        { name: '0005_usage_apart.sql' },
      ]);
      await ask('DROP SCHEMA logs CASCADE');
      const applied = await Promise.all([store.migrate(), store.migrate(), store.migrate()]);
      expect(applied.flat()).toHaveLength(5);
    }));

  it('has tables for the days around now before anything is written', () =>
    withStore(async (store, ask) => {
      await store.prepareDays(new Date('2026-11-21T23:59:00Z'));
      const tables = await ask(
        `SELECT inhrelid::regclass::text AS name FROM pg_inherits
         WHERE inhparent = 'logs.records'::regclass ORDER BY 1`,
      );
      expect(tables).toEqual(
        ['20', '21', '22', '23', '24'].map((day) => ({ name: `logs.records_202611${day}` })),
      );
    }));

  it("reads one day's table for an id of our own, and an index in the order of every page", () =>
    withStore(async (store, ask) => {
      await store.prepareDays(new Date());
      const plan = async (sql: string): Promise<string> =>
        JSON.stringify(await ask(`EXPLAIN ${sql}`));
      const now = new Date().toISOString();
      const byId = await plan(
        `SELECT 1 FROM logs.records WHERE request_id = 'x' AND ts >= '${now}' AND ts <= '${now}'`,
      );
      expect(new Set(byId.match(/records_\d{8}/g)).size).toBe(1);
      await ask('SET enable_seqscan = off; SET enable_sort = off');
      const page = await plan(
        `SELECT * FROM logs.records WHERE client_id = 'cl' ORDER BY ts DESC, id DESC LIMIT 51`,
      );
      expect(page).not.toContain('Sort');
      expect(page).toMatch(/client_id_ts_id_idx/);
      const newest = await plan('SELECT * FROM logs.records ORDER BY ts DESC, id DESC LIMIT 51');
      expect(newest).not.toContain('Sort');
      expect(newest).not.toContain('Seq Scan');
    }));

  it('writes into a day that another process has just dropped', () =>
    withStore(async (store, ask) => {
      const record = aRecord();
      await store.write([incoming([aRecord()])]);
      const table = `logs.records_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
      await ask(`DROP TABLE ${table}`);
      expect(await store.write([incoming([record])])).toEqual([
        { kind: 'stored', stored: 1, parked: [] },
      ]);
      expect(await store.get(record.request_id)).toBeDefined();
    }));

  it('keeps a parked record, bodies included, and what a gateway says it lost', () =>
    withStore(async (store, ask) => {
      const bad = aRecord({ user_agent: '\0', request_body: Buffer.from('hi') });
      const loss: LossMarker = {
        ...{ node: 'node-1', from_sequence: 5, to_sequence: 9, lost: 5 },
        ...{ lost_by_client: { cl_acme: 5 }, from_ms: 1_000, to_ms: 2_000 },
        reason: 'buffer_full',
      };
      await store.write([incoming([bad], { losses: [loss] })]);
      const [parked] = await ask('SELECT * FROM logs.parked_records');
      expect(parked).toMatchObject({
        sequence: String(bad.sequence),
        reason: expect.stringContaining('0x00'),
      });
      const kept = JSON.parse(String((parked as { record: Buffer }).record));
      expect(kept).toMatchObject({ request_id: bad.request_id, request_body: 'aGk=' });
      expect(await ask('SELECT lost::int, lost_by_client FROM logs.losses')).toEqual([
        { lost: 5, lost_by_client: { cl_acme: 5 } },
      ]);
    }));

  it('erases what is parked of a client, too', () =>
    withStore(async (store, ask) => {
      const bad = (client_id: string) => aRecord({ client_id, user_agent: '\0' });
      await store.write([incoming([bad('cl_leaver'), bad('cl_leaver_2'), bad('cl_stays')])]);
      expect(await store.erase('cl_leaver')).toBe(1);
      expect(await ask('SELECT count(*)::int AS n FROM logs.parked_records')).toEqual([{ n: 2 }]);
    }));

  it('forgets what it kept to recognise batches, and old counts, in time', () =>
    withStore(async (store, ask) => {
      await store.write([incoming([aRecord()])]);
      await store.addUsage(aDelta());
      const counts = (): Promise<unknown[]> =>
        ask(`SELECT (SELECT count(*)::int FROM logs.batches) AS batches,
                    (SELECT count(*)::int FROM logs.usage_deltas) AS deltas,
                    (SELECT count(*)::int FROM logs.calls_daily) AS calls,
                    (SELECT count(*)::int FROM logs.usage_daily) AS usage`);
      const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
      await store.dropExpired(inDays(13));
      expect(await counts()).toEqual([{ batches: 1, deltas: 1, calls: 1, usage: 1 }]);
      await store.dropExpired(inDays(15));
      expect(await counts()).toEqual([{ batches: 0, deltas: 0, calls: 1, usage: 1 }]);
      await store.dropExpired(inDays(1_102));
      expect(await counts()).toEqual([{ batches: 0, deltas: 0, calls: 0, usage: 1 }]);
    }));

  it('counts each call once, whoever adds the counts up and whenever', () =>
    withStore(async (store, ask) => {
      const noon = Date.parse('2026-11-21T12:00:00Z');
      const at = (hoursAgo: number, status = 200): RequestRecord =>
        aRecord({ timestamp_ms: noon - hoursAgo * HOUR_MS, status, latency_ms: 5 * hoursAgo + 1 });
      const charts = async (): Promise<unknown> => {
        const range = { from: '2026-11-19T00:00:00Z', to: '2026-11-21T12:30:00Z' };
        const [byDay, byHour] = await Promise.all([
          store.aggregate({ ...range, interval: '1d' }),
          store.aggregate({ ...range, interval: '1h' }),
        ]);
        expect(byDay.totals).toEqual(byHour.totals);
        expect(byDay.facets).toEqual(byHour.facets);
        return { byDay, byHour };
      };
      const fold = (): Promise<unknown> =>
        Promise.all([store.foldCounts(), store.foldCounts(), store.foldCounts()]);
      await store.write([incoming([at(0), at(1), at(13, 503), at(36)])]);
      const before = await charts();
      await fold();
      expect(await charts()).toEqual(before);
      expect(await ask('SELECT * FROM logs.counts_pending')).toEqual([]);
      await Promise.all([store.write([incoming([at(0), at(36, 404)])]), fold()]);
      const after = await charts();
      await fold();
      expect(await charts()).toEqual(after);
      expect(after).toMatchObject({
        byDay: {
          totals: { requests: 6, errors: 2 },
          buckets: [{ requests: 0 }, { requests: 3, errors: 2 }, { requests: 3, errors: 0 }],
        },
      });
    }));

  it('counts the part of a last day that was asked for', () =>
    withStore(async (store) => {
      const at = (time: string): RequestRecord =>
        aRecord({ timestamp_ms: Date.parse(`2026-11-21T${time}Z`) });
      await store.write([incoming([at('09:59:59'), at('10:00:00'), at('11:00:00')])]);
      const range = { from: '2026-11-21T00:00:00Z', to: '2026-11-21T10:30:00Z' };
      const pending = await store.aggregate({ ...range, interval: '1d' });
      await store.foldCounts();
      const folded = await store.aggregate({ ...range, interval: '1d' });
      // Counts know whole hours.
      expect([pending.totals.requests, folded.totals.requests]).toEqual([2, 2]);
    }));

  it('says "too slow" when a query outlives its time, and goes on', async () => {
    const database = await testDatabase();
    const store = new PostgresLogStore({
      url: database.url,
      queryConnectionsMax: 1,
      queryTimeoutMs: 1,
      onConnectionLost: () => undefined,
      onFoldFailed: () => undefined,
    });
    await store.migrate();
    for (let n = 0; n < 3; n++) {
      await store.write([incoming(Array.from({ length: 3_000 }, () => aRecord()))]);
    }
    const slow = store.aggregate({
      from: new Date(Date.now() - 60_000).toISOString(),
      to: new Date().toISOString(),
      interval: '1m',
    });
    await expect(slow).rejects.toMatchObject({ reason: 'too_slow' });
    await store.close();
    await database.drop();
  });
});
