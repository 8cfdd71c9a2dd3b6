import { DAY_MS } from '@portico/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { MeterPolicy } from '@portico/enforcement';
import { startRedis } from '@portico/testkit';
import type { LeaseRequest, Use } from '../../src/limits/authority.ts';
import { InProcessAuthority } from '../../src/limits/in-process-authority.ts';
import { planOf } from '../../src/limits/limit-plan.ts';
import { RedisAuthority } from '../../src/limits/redis-authority.ts';

const TRAVELLING_CLOCK = "redis.call('HMGET', 'test:clock', 's', 'us')";

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let authority: RedisAuthority;
let model: InProcessAuthority;
let nowMs: number;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  authority = new RedisAuthority(server.url, () => undefined, TRAVELLING_CLOCK);
  await authority.ready(5_000);
});
afterAll(async () => {
  await authority.close();
  redis.disconnect();
  await server.stop();
});
beforeEach(() => startAgain('2026-11-21T10:00:00Z'));

async function startAgain(at: string): Promise<void> {
  await redis.flushall();
  nowMs = Date.parse(at);
  await setClock();
  model = new InProcessAuthority(() => nowMs);
  await authority.epoch('');
  await model.epoch('');
}

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  await setClock();
}

async function setClock(): Promise<void> {
  const us = (nowMs % 1_000) * 1_000;
  await redis.hset('test:clock', { s: Math.floor(nowMs / 1_000), us });
}

const policy = (over: Partial<MeterPolicy> = {}): MeterPolicy => ({
  id: 'pol_test',
  rateLimits: [{ requests: 20, window: '1s' }],
  quota: null,
  mode: 'default',
  onOutage: 'share',
  ...over,
});

let calls = 0;
const request = (over: Partial<LeaseRequest> & { policy?: MeterPolicy }): LeaseRequest => ({
  scope: 'client:cl_acme',
  node: 'node-1',
  epoch: '',
  call: (calls += 1),
  plan: planOf(over.policy ?? policy()),
  want: 0,
  ahead: 0,
  have: 0,
  unseededMost: Number.MAX_SAFE_INTEGER,
  report: null,
  ...over,
});

/** The same call to both; the answers must be equal but for the names of the epochs. */
async function leaseOnBoth(given: LeaseRequest) {
  const real = await authority.lease(given);
  const modelled = await model.lease(given);
  expect({ ...real, epoch: '' }).toEqual({ ...modelled, epoch: '' });
  return real;
}

const leased = async (given: LeaseRequest) => {
  const answer = await leaseOnBoth(given);
  if (answer.kind !== 'leased') throw new Error(`expected a lease, got ${answer.kind}`);
  return answer;
};

const POLICIES = [
  policy(),
  policy({
    rateLimits: [
      { requests: 15, window: '1s' },
      { requests: 60, window: '10s' },
    ],
  }),
  policy({ rateLimits: [{ requests: 90, window: '1m' }], quota: { requests: 400, period: 'day' } }),
  policy({ rateLimits: [], quota: { requests: 150, period: 'week' } }),
  policy({ rateLimits: [], quota: null }),
  policy({
    rateLimits: [{ requests: 300, window: '1h' }],
    quota: { requests: 500, period: 'month' },
    mode: 'strict',
  }),
];

describe('the Redis script', () => {
  it('answers every call exactly as the model does', async () => {
    const step = fc.record({
      passMs: fc.oneof(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 400, max: 12_000 }),
        fc.integer({ min: 60_000, max: 3 * DAY_MS }),
      ),
      node: fc.constantFrom('node-1', 'node-2', 'node-3', ''),
      policy: fc.constantFrom(...POLICIES),
      want: fc.integer({ min: 0, max: 8 }),
      ahead: fc.integer({ min: 0, max: 12 }),
      have: fc.integer({ min: 0, max: 6 }),
      unseededMost: fc.constantFrom(0, 3, Number.MAX_SAFE_INTEGER),
      uses: fc.array(
        fc.tuple(fc.integer({ min: -300, max: 5_000 }), fc.integer({ min: 1, max: 9 })),
        {
          maxLength: 4,
        },
      ),
      repeats: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        await startAgain('2027-12-29T21:00:00Z');
        for (const { passMs, uses, repeats, policy: given, ...rest } of steps) {
          await pass(passMs);
          const dated = uses.map(([agoMs, count]): Use => [nowMs - agoMs, count]);
          const call = (calls += 1);
          const report = rest.node && dated.length > 0 ? { sequence: call, uses: dated } : null;
          const made = request({ ...rest, policy: given, call, report });
          await leaseOnBoth(made);
          // The same report in a later call, as after a lost answer.
          if (repeats) await leaseOnBoth(request({ ...rest, policy: given, report }));
        }
      }),
      { numRuns: 60, interruptAfterTimeLimit: 15_000 },
    );
  });

  it('counts a report once, however often and in whatever order it is sent', async () => {
    const first = request({ report: { sequence: 1, uses: [[nowMs, 3]] } });
    const second = request({ report: { sequence: 2, uses: [[nowMs, 4]] } });
    await leased(first);
    await leased(second);
    expect((await leaseOnBoth(first)).kind).toBe('overtaken');
    const again = await leased(request({ report: { sequence: 1, uses: [[nowMs, 3]] } }));
    expect(again.windows[0]?.used).toBe(7);
    expect((await leased(request({ report: second.report }))).windows[0]?.used).toBe(7);
  });

  it('takes what is held as absolute, so that a lost answer reserves nothing for long', async () => {
    await leased(request({ ahead: 10 }));
    await leased(request({ ahead: 10, have: 0 }));
    const healed = await leased(request({ have: 4 }));
    expect(healed).toMatchObject({ outstanding: 4, remaining: 16 });
  });

  it('shrinks what is leased ahead to one as the limit comes near, and never leases past it', async () => {
    await leased(request({ node: 'node-2' }));
    const grants: number[] = [];
    for (let have = 0; grants.length < 8;) {
      const { granted } = await leased(request({ ahead: 100, have }));
      grants.push(granted);
      have += granted;
    }
    expect(grants).toEqual([10, 5, 3, 1, 1, 0, 0, 0]);
    expect((await leased(request({ node: 'node-2', want: 5 }))).granted).toBe(0);
  });

  it('counts what a silent node held as used, and knows its late report', async () => {
    const report = { sequence: 1, uses: [[nowMs, 2] as const] };
    await leased(request({ ahead: 10, report }));
    await pass(3_000);
    const after = await leased(request({ node: 'node-2' }));
    expect(after).toMatchObject({ outstanding: 0, activeNodes: 1 });
    expect(after.windows[0]?.used).toBe(10);
    expect((await leased(request({ report }))).windows[0]?.used).toBe(10);
  });

  it.each([
    ['month', '2028-02-29T23:59:59.900Z', '2028-03-31T23:59:59.999Z'],
    ['month', '2027-12-31T23:59:59.900Z', '2028-01-31T23:59:59.999Z'],
    ['month', '2100-02-28T23:59:59.900Z', '2100-03-31T23:59:59.999Z'],
    ['week', '2026-11-22T23:59:59.900Z', '2026-11-29T23:59:59.999Z'],
    ['day', '2026-11-21T23:59:59.900Z', '2026-11-22T23:59:59.999Z'],
  ] as const)(
    'ends a quota of a %s where the UTC calendar does: %s',
    async (period, before, end) => {
      await startAgain(before);
      const given = policy({ rateLimits: [], quota: { requests: 10, period } });
      const used = await leased(
        request({ policy: given, report: { sequence: 1, uses: [[nowMs, 10]] } }),
      );
      expect(used).toMatchObject({ remaining: 0, quotaUsed: 10, retryAtMs: nowMs + 100 });
      await pass(99);
      expect((await leased(request({ policy: given, want: 1 }))).granted).toBe(0);
      await pass(1);
      expect((await leased(request({ policy: given, want: 10 }))).granted).toBe(10);
      await pass(Date.parse(end) - nowMs);
      const last = await leased(
        request({ policy: given, report: { sequence: 2, uses: [[nowMs, 10]] } }),
      );
      expect(last).toMatchObject({ quotaUsed: 10, retryAtMs: nowMs + 1 });
    },
  );

  it('grants nothing while nodes tell an authority that lost its state what they used', async () => {
    const strict = policy({ mode: 'strict', rateLimits: [{ requests: 20, window: '10s' }] });
    const epoch = await authority.epoch('');
    await authority.lease(
      request({ policy: strict, report: { sequence: 1, uses: [[nowMs, 15]] } }),
    );
    await redis.flushall();
    await pass(1);
    const moved = await authority.lease(request({ policy: strict, epoch, want: 5 }));
    expect(moved.kind).toBe('moved');
    const restore = {
      ...{ scope: 'client:cl_acme', node: 'node-1', epoch: moved.epoch },
      windows: [[{ windowMs: 10_000, slotMs: 42 }, [[nowMs, 15] as const]] as const],
      days: [[Math.floor(nowMs / DAY_MS), 15] as const],
    };
    await authority.restore(restore);
    await authority.restore(restore);
    const inside = await authority.lease(request({ policy: strict, epoch: moved.epoch, want: 9 }));
    expect(inside).toMatchObject({ granted: 0, isRebuilding: true });
    await pass(3_000);
    const after = await authority.lease(request({ policy: strict, epoch: moved.epoch, want: 9 }));
    expect(after).toMatchObject({ granted: 5, isRebuilding: false });
  });

  it('takes day counts from the ledger, and gives back what silent nodes held and never used', async () => {
    const given = policy({ quota: { requests: 100, period: 'day' } });
    const scope = 'client:cl_acme';
    const day = Math.floor(nowMs / DAY_MS);
    await leased(request({ policy: given, ahead: 9 }));
    await pass(3_500);
    expect((await leased(request({ policy: given, node: 'node-2' }))).quotaUsed).toBe(9);
    for (const one of [authority, model]) {
      await one.reconcile({ scope, days: [[day, 4]], giveBack: true });
    }
    const after = await leased(request({ policy: given, node: 'node-2' }));
    expect(after).toMatchObject({ quotaUsed: 4, isQuotaSeeded: true });
    for (const one of [authority, model]) {
      await one.reconcile({ scope, days: [[day, 60]], giveBack: false });
    }
    expect((await leased(request({ policy: given, node: 'node-2' }))).quotaUsed).toBe(60);
  });

  it('leaves nothing behind that does not expire', async () => {
    await leased(
      request({ policy: POLICIES[4]!, ahead: 3, report: { sequence: 1, uses: [[nowMs, 3]] } }),
    );
    for (const key of await redis.keys('portico:limits:*')) {
      expect([key, (await redis.pttl(key)) > 0]).toEqual([key, true]);
    }
    expect((await redis.keys('*')).filter((key) => !key.startsWith('portico:limits:'))).toEqual([
      'test:clock',
    ]);
  });
});
