import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestRecord } from '@portico/contracts';
import type { IncomingBatch, LogStore } from '../src/store/log-store.ts';
import { BadCursorError } from '../src/store/log-store.ts';
import { aDelta, aRecord } from './records.ts';
import { uuidV7 } from './uuid-v7.ts';

export interface StoreUnderTest {
  readonly store: LogStore;
  empty(): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

export const incoming = (
  records: readonly RequestRecord[],
  over: Partial<IncomingBatch> = {},
): IncomingBatch => ({
  batchId: `n-${records[0]?.sequence}-${records.at(-1)?.sequence}`,
  records,
  losses: [],
  rejected: [],
  ...over,
});

/** What every log store promises. */
export function describeLogStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name}, as a log store`, () => {
    let subject: StoreUnderTest;
    let store: LogStore;
    const put = (...records: RequestRecord[]) => store.write([incoming(records)]);
    const ids = async (query: Parameters<LogStore['search']>[0]) =>
      (await store.search(query)).data.map(({ request_id }) => request_id);

    beforeAll(async () => {
      subject = await open();
      store = subject.store;
    });
    beforeEach(() => subject.empty());
    afterAll(() => subject.close());

    it('gives back a record exactly as it was written', async () => {
      const record = aRecord({
        timestamp_ms: Date.now() - 1,
        path: '/v1/größe/€/😀',
        query: `a=%00&b='"\\`,
        reason: 'connect_timeout',
        request_headers: [
          ['x-a', '1'],
          ['x-a', '2'],
        ],
        request_body: Buffer.from('{"amount": 3}'),
        response_body: Buffer.from([0xff, 0x00, 0x9f]),
        portal_email: 'dev@acme.test',
        source: 'portal',
        request_bytes: 5_000_000_000,
        upstream_latency_ms: null,
        truncated: true,
      });
      await put(record);
      const { timestamp_ms, retention_days, ...same } = record;
      const found = await store.get(record.request_id);
      expect({ ...found, retention_days }).toEqual({
        retention_days,
        ...same,
        timestamp: iso(timestamp_ms),
        request_body: '{"amount": 3}',
        request_body_encoding: 'utf8',
        response_body: '/wCf',
        response_body_encoding: 'base64',
      });
    });

    it('stores a batch once, however often and beside whatever it is written', async () => {
      const batch = incoming([aRecord(), aRecord()]);
      const other = incoming([aRecord()]);
      expect(await store.write([batch])).toEqual([{ kind: 'stored', stored: 2, parked: [] }]);
      expect(await store.write([other, batch, { ...batch }])).toEqual([
        { kind: 'stored', stored: 1, parked: [] },
        { kind: 'duplicate', parkedBefore: 0 },
        { kind: 'duplicate', parkedBefore: 0 },
      ]);
      expect(await ids({ limit: 10 })).toHaveLength(3);
      const { totals } = await store.aggregate({
        from: iso(Date.now() - HOUR_MS),
        to: iso(Date.now() + HOUR_MS),
        interval: '1h',
      });
      expect(totals.requests).toBe(3);
    });

    it('stores a batch once when two processes write it at the same moment', async () => {
      const batches = Array.from({ length: 20 }, () => incoming([aRecord(), aRecord()]));
      const outcomes = await Promise.all([store.write(batches), store.write(batches.toReversed())]);
      const kinds = outcomes.flat().map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'stored')).toHaveLength(20);
      expect(await ids({ limit: 200 })).toHaveLength(40);
    });

    it('keeps both batches when a node counts from one again after a restart', async () => {
      const before = incoming([aRecord({ timestamp_ms: Date.now() - 5_000 })], {
        batchId: 'n-1-1',
      });
      const after = incoming([aRecord()], { batchId: 'n-1-1' });
      await store.write([before]);
      expect(await store.write([after])).toMatchObject([{ kind: 'stored' }]);
    });

    it('parks the records that do not fit, with the reason, and stores their neighbours', async () => {
      const good = [aRecord(), aRecord(), aRecord(), aRecord(), aRecord()];
      const nul = aRecord({ user_agent: 'a\0b' });
      const wide = aRecord({ status: 70_000 });
      const batch = incoming([...good.slice(0, 2), nul, ...good.slice(2), wide]);
      const innocent = incoming([aRecord()]);
      const outcomes = await store.write([innocent, batch]);
      expect(outcomes).toEqual([
        { kind: 'stored', stored: 1, parked: [] },
        {
          kind: 'stored',
          stored: 5,
          parked: [
            expect.stringMatching(`record ${nul.sequence}: .*0x00`),
            expect.stringMatching(`record ${wide.sequence}: .*out of range`),
          ],
        },
      ]);
      expect(await store.write([batch])).toEqual([{ kind: 'duplicate', parkedBefore: 2 }]);
      expect(await ids({ limit: 10 })).toHaveLength(6);
    });

    it('pages through every record once, newest first, also where times are equal', async () => {
      const at = Date.now() - 60_000;
      const records = Array.from({ length: 25 }, (_, n) =>
        aRecord({ timestamp_ms: at - Math.floor(n / 10) }),
      );
      await put(...records);
      for (const filter of [{}, { client_id: 'cl_acme' }]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.search({ limit: 7, ...filter, ...(cursor ? { cursor } : {}) });
          expect(page.data.length).toBeLessThanOrEqual(7);
          seen.push(...page.data.map((entry) => entry.request_id));
          cursor = page.next_cursor ?? undefined;
        } while (cursor !== undefined);
        expect(seen).toHaveLength(25);
        expect(new Set(seen)).toEqual(new Set(records.map((record) => record.request_id)));
        const times = seen.map((id) => records.find((r) => r.request_id === id)!.timestamp_ms);
        expect(times).toEqual(times.toSorted((a, b) => b - a));
      }
    });

    it('refuses a cursor that it never gave', async () => {
      for (const cursor of ['', 'x', Buffer.from('[1]').toString('base64url')]) {
        await expect(store.search({ limit: 1, cursor })).rejects.toThrow(BadCursorError);
      }
    });

    it.each([
      ['client_id', { client_id: 'cl_x' }, { client_id: 'cl_x' }],
      ['profile_id', { profile_id: 'pr_x' }, { profile_id: 'pr_x' }],
      ['collection_id', { collection_id: 'coll_x' }, { collection_id: 'coll_x' }],
      ['endpoint_id', { endpoint_id: 'ep_x' }, { endpoint_id: 'ep_x' }],
      ['status', { status: '404' }, { status: 404 }],
      ['status class', { status: '5xx' }, { status: 599 }],
      ['method', { method: 'post' }, { method: 'POST' }],
      ['path prefix', { path: '/v1/a%_\\' }, { path: '/v1/a%_\\b' }],
      ['ip', { ip: '2001:db8::1' }, { client_ip: '2001:db8::1' }],
      ['own request_id', { request_id: 'theirs-1' }, { request_id: 'theirs-1' }],
    ])('finds by %s what matches and nothing else', async (_name, filter, over) => {
      const hit = aRecord(over);
      await put(aRecord({ path: '/v1/aXY', status: 200 }), hit, aRecord({ path: '/v1/axx' }));
      expect(await ids({ limit: 10, ...filter })).toEqual([hit.request_id]);
    });

    it('includes from and leaves out to', async () => {
      const at = Date.now() - DAY_MS;
      const records = [0, 1, 2].map((n) => aRecord({ timestamp_ms: at + n }));
      await put(...records);
      for (const filter of [{}, { client_id: 'cl_acme' }]) {
        const found = await ids({ limit: 10, from: iso(at), to: iso(at + 2), ...filter });
        expect(found).toEqual([records[1]!.request_id, records[0]!.request_id]);
      }
    });

    it('finds old records on an idle system', async () => {
      const old = aRecord({ timestamp_ms: Date.now() - 20 * DAY_MS });
      await put(old);
      expect(await ids({ limit: 10 })).toEqual([old.request_id]);
      expect(await ids({ limit: 10, request_id: old.request_id })).toEqual([old.request_id]);
    });

    it('finds a record by an id that claims another time than its own', async () => {
      const forged = aRecord({ request_id: `req_${uuidV7(Date.now() - 9 * DAY_MS)}` });
      await put(forged);
      expect(await store.get(forged.request_id)).toMatchObject({ sequence: forged.sequence });
      expect(await ids({ limit: 10, request_id: forged.request_id })).toHaveLength(1);
    });

    it('never gives a record to another client', async () => {
      const record = aRecord({ client_id: 'cl_acme' });
      const anonymous = aRecord({ client_id: null });
      await put(record, anonymous);
      expect(await store.get(record.request_id, 'cl_acme')).toBeDefined();
      expect(await store.get(record.request_id, 'cl_globex')).toBeUndefined();
      expect(await store.get(anonymous.request_id, 'cl_acme')).toBeUndefined();
      expect(await store.get(anonymous.request_id)).toBeDefined();
    });

    it('scans everything a filter matches, beyond one page', async () => {
      await put(...Array.from({ length: 2_300 }, () => aRecord()), aRecord({ client_id: 'cl_x' }));
      const seen = new Set<number>();
      for await (const page of store.scan({ client_id: 'cl_acme' })) {
        for (const { sequence } of page) seen.add(sequence);
      }
      expect(seen.size).toBe(2_300);
    });

    it('sums requests, errors and latencies by time and by facet', async () => {
      const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 3 * HOUR_MS;
      const calls = Array.from({ length: 100 }, (_, n) =>
        aRecord({ timestamp_ms: hour + n, latency_ms: n + 1 }),
      );
      const refused = aRecord({
        timestamp_ms: hour + 2 * HOUR_MS,
        client_id: null,
        collection_id: null,
        endpoint_id: null,
        status: 401,
        outcome: 'invalid_credential',
      });
      await put(...calls, refused);
      const range = { from: iso(hour), to: iso(hour + 3 * HOUR_MS) };
      const summary = await store.aggregate({ ...range, interval: '1h' });
      expect(summary.totals).toMatchObject({ requests: 101, errors: 1 });
      expect(summary.buckets.map(({ requests }) => requests)).toEqual([100, 0, 1]);
      expect(summary.buckets.map(({ at }) => at)[1]).toBe(iso(hour + HOUR_MS));
      expect(summary.buckets[1]?.p50_ms).toBeNull();
      const { p50_ms, p95_ms, p99_ms } = summary.buckets[0]!;
      expect(p50_ms! / 50).toBeCloseTo(1, 0);
      expect(Math.abs(p95_ms! / 95 - 1)).toBeLessThan(0.2);
      expect(Math.abs(p99_ms! / 99 - 1)).toBeLessThan(0.2);
      expect(summary.facets).toEqual({
        clients: [{ value: 'cl_acme', requests: 100, errors: 0 }],
        collections: [{ value: 'coll_orders', requests: 100, errors: 0 }],
        endpoints: [{ value: 'ep_list_orders', requests: 100, errors: 0 }],
        statuses: [
          { value: '200', requests: 100, errors: 0 },
          { value: '401', requests: 1, errors: 1 },
        ],
      });
      const none = await store.aggregate({ ...range, interval: '1h', client_id: 'cl_none' });
      expect(none.totals).toEqual({
        ...{ requests: 0, errors: 0, p50_ms: null, p95_ms: null, p99_ms: null },
      });
    });

    it('counts the same by minutes as by hours', async () => {
      const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
      const records = [0.01, 1, 7, 80, 900, 4_000].map((latency_ms, n) =>
        aRecord({ timestamp_ms: hour + n * 60_000, latency_ms, status: n === 2 ? 503 : 200 }),
      );
      await put(...records);
      const range = { from: iso(hour), to: iso(hour + HOUR_MS) };
      const byHour = await store.aggregate({ ...range, interval: '1h' });
      const byMinute = await store.aggregate({ ...range, interval: '1m' });
      expect(byMinute.totals).toEqual(byHour.totals);
      expect(byMinute.facets).toEqual(byHour.facets);
      expect(byMinute.buckets).toHaveLength(60);
      expect(byMinute.buckets.slice(0, 7).map(({ requests }) => requests)).toEqual([
        1, 1, 1, 1, 1, 1, 0,
      ]);
    });

    it('counts what one profile called, by hours and by minutes', async () => {
      const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
      const own = { timestamp_ms: hour + 1, profile_id: 'pr_own' };
      await put(
        aRecord({ ...own, endpoint_id: 'ep_a' }),
        aRecord({ ...own, endpoint_id: 'ep_b', status: 404 }),
        aRecord({ timestamp_ms: hour + 1, profile_id: 'pr_other' }),
        aRecord({ ...own, client_id: 'cl_globex' }),
      );
      const asked = { from: iso(hour), to: iso(hour + HOUR_MS), profile_id: 'pr_own' };
      for (const interval of ['1m', '1h', '1d'] as const) {
        const query = { ...asked, interval, client_id: 'cl_acme' };
        const { totals, facets } = await store.aggregate(query);
        expect(totals).toMatchObject({ requests: 2, errors: 1 });
        expect(facets.clients).toEqual([{ value: 'cl_acme', requests: 2, errors: 1 }]);
        expect(facets.endpoints).toEqual([
          { value: 'ep_a', requests: 1, errors: 0 },
          { value: 'ep_b', requests: 1, errors: 1 },
        ]);
      }
    });

    it('names the busiest 50 values of a facet, the busiest first, and counts all of them', async () => {
      const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
      const calls = Array.from({ length: 60 }, (_, n) =>
        Array.from({ length: n < 2 ? 3 - n : 1 }, () =>
          aRecord({ timestamp_ms: hour + n, endpoint_id: `ep_${String(n).padStart(2, '0')}` }),
        ),
      );
      await put(...calls.flat());
      const range = { from: iso(hour), to: iso(hour + HOUR_MS) };
      const { totals, facets } = await store.aggregate({ ...range, interval: '1h' });
      expect(totals.requests).toBe(63);
      expect(facets.endpoints).toHaveLength(50);
      expect(facets.endpoints.slice(0, 3)).toEqual([
        { value: 'ep_00', requests: 3, errors: 0 },
        { value: 'ep_01', requests: 2, errors: 0 },
        { value: 'ep_02', requests: 1, errors: 0 },
      ]);
    });

    it('adds a usage delta once, and only to its own client and days', async () => {
      const delta = aDelta({
        counts: [
          { client_id: 'cl_acme', profile_id: 'pr_a', day: '2026-11-20', admitted: 5 },
          { client_id: 'cl_acme', profile_id: 'pr_a', day: '2026-11-20', admitted: 2 },
          { client_id: 'cl_acme', profile_id: 'pr_a', day: '2026-11-22', admitted: 1 },
          { client_id: 'cl_globex', profile_id: 'pr_b', day: '2026-11-20', admitted: 9 },
        ],
      });
      expect(await store.addUsage(delta)).toBe(true);
      expect(await store.addUsage(delta)).toBe(false);
      expect(await store.addUsage({ ...delta, sequence: 2 })).toBe(true);
      expect(await store.addUsage({ ...delta, epoch: 2 })).toBe(true);
      const query = { client_id: 'cl_acme', from: '2026-11-20', to: '2026-11-21' };
      expect(await store.usage(query)).toEqual([
        { day: '2026-11-20', profile_id: 'pr_a', apart: false, admitted: 21 },
      ]);
    });

    it('keeps apart what counted against a policy of the profile, on the same day too', async () => {
      const of = { client_id: 'cl_acme', profile_id: 'pr_a', day: '2026-11-20' };
      const counts = [
        { ...of, admitted: 5 },
        { ...of, apart: true, admitted: 2 },
        { ...of, apart: false, admitted: 1 },
      ];
      await store.addUsage(aDelta({ counts }));
      await store.addUsage(aDelta({ sequence: 2, counts }));
      const days = { from: '2026-11-20', to: '2026-11-20' };
      expect(await store.usage({ client_id: 'cl_acme', ...days })).toEqual([
        { day: '2026-11-20', profile_id: 'pr_a', apart: false, admitted: 12 },
        { day: '2026-11-20', profile_id: 'pr_a', apart: true, admitted: 4 },
      ]);
      expect(await store.usageTotals(days)).toEqual([
        { client_id: 'cl_acme', profile_id: 'pr_a', apart: false, admitted: 12 },
        { client_id: 'cl_acme', profile_id: 'pr_a', apart: true, admitted: 4 },
      ]);
    });

    it('totals what every profile was admitted, over the days asked for', async () => {
      const counts = (day: string, admitted: number) => [
        { client_id: 'cl_acme', profile_id: 'pr_a', day, admitted },
        { client_id: 'cl_acme', profile_id: 'pr_b', day, admitted: 1 },
        { client_id: 'cl_globex', profile_id: 'pr_c', day, admitted },
      ];
      for (const [index, day] of [
        '2026-11-19',
        '2026-11-20',
        '2026-11-21',
        '2026-11-22',
      ].entries()) {
        await store.addUsage(aDelta({ sequence: 100 + index, counts: counts(day, 10 ** index) }));
      }
      expect(await store.usageTotals({ from: '2026-11-20', to: '2026-11-21' })).toEqual([
        { client_id: 'cl_acme', profile_id: 'pr_a', apart: false, admitted: 110 },
        { client_id: 'cl_acme', profile_id: 'pr_b', apart: false, admitted: 2 },
        { client_id: 'cl_globex', profile_id: 'pr_c', apart: false, admitted: 110 },
      ]);
    });

    it('drops each record when its own retention is over, and not a day sooner', async () => {
      const now = new Date('2026-11-21T12:00:00Z');
      const at = Date.parse('2026-11-11T23:59:59.999Z');
      const [short, long] = [9, 30].map((retention_days) =>
        aRecord({ timestamp_ms: at, retention_days }),
      );
      const [kept] = [aRecord({ timestamp_ms: at, retention_days: 10 })];
      const whole = aRecord({ timestamp_ms: at - 5 * DAY_MS, retention_days: 5 });
      await put(short!, long!, kept!, whole);
      expect(await store.dropExpired(now)).toEqual({ days: 1, records: 1 });
      expect(new Set(await ids({ limit: 10 }))).toEqual(
        new Set([long!.request_id, kept!.request_id]),
      );
      expect(await store.dropExpired(now)).toEqual({ days: 0, records: 0 });
      // A batch that was late writes into the day again.
      await put(aRecord({ timestamp_ms: at - 5 * DAY_MS, retention_days: 50 }));
      expect(await ids({ limit: 10 })).toHaveLength(3);
    });

    it("erases one client's records and leaves others' and all counts alone", async () => {
      const yesterday = Date.now() - DAY_MS;
      await put(
        ...[aRecord(), aRecord({ timestamp_ms: yesterday }), aRecord({ client_id: 'cl_globex' })],
      );
      await store.addUsage(aDelta());
      expect(await store.erase('cl_acme')).toBe(2);
      expect(await ids({ limit: 10, client_id: 'cl_acme' })).toEqual([]);
      expect(await ids({ limit: 10 })).toHaveLength(1);
      const usage = { client_id: 'cl_acme', from: '2026-11-20', to: '2026-11-20' };
      expect(await store.usage(usage)).toHaveLength(1);
    });
  });
}
