import { DAY_MS } from '@portico/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { MeterPolicy } from '@portico/enforcement';
import { startRedis } from '@portico/testkit';
import type { LeaseRequest, LimitAuthority, Use } from '../../src/limits/authority.ts';
import { InProcessAuthority } from '../../src/limits/in-process-authority.ts';
import { planOf } from '../../src/limits/limit-plan.ts';
import { RedisAuthority } from '../../src/limits/redis-authority.ts';

const TRAVELLING_CLOCK = "redis.call('HMGET', 'test:clock', 's', 'us')";
const SCOPE = 'client:cl_acme';
const STATE_KEY = `portico:limits:{${SCOPE}}`;

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
  scope: SCOPE,
  node: 'node-1',
  epoch: '',
  call: (calls += 1),
  plan: planOf(over.policy ?? policy()),
  want: 0,
  ahead: 0,
  have: 0,
  spent: 0,
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

const onBoth = async (run: (one: LimitAuthority) => Promise<void>): Promise<void> => {
  for (const one of [authority, model]) await run(one);
};

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
      spent: fc.integer({ min: 0, max: 3 }),
      unseededMost: fc.constantFrom(0, 3, Number.MAX_SAFE_INTEGER),
      uses: fc.array(
        fc.tuple(fc.integer({ min: -300, max: 5_000 }), fc.integer({ min: 1, max: 9 })),
        { maxLength: 4, size: 'max' },
      ),
      repeats: fc.boolean(),
    });
    const anyCalls = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(anyCalls, async (steps) => {
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
      { numRuns: 40, interruptAfterTimeLimit: 15_000 },
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

  it('reserves once for a call that arrives twice', async () => {
    const given = request({ ahead: 15 });
    await leased(given);
    expect((await leaseOnBoth(given)).kind).toBe('overtaken');
    expect(await leased(request({ node: '' }))).toMatchObject({ outstanding: 15 });
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

  it('knows a silent node for an hour, and after that nothing of it is kept', async () => {
    const report = { sequence: 1, uses: [[nowMs, 2] as const] };
    const given = policy({ rateLimits: [{ requests: 90, window: '1h' }] });
    const epoch = await authority.epoch('');
    await leased(request({ policy: given, report }));
    await authority.restore({ scope: SCOPE, node: 'node-1', epoch, windows: [], days: [] });
    await pass(3_000_000);
    await leased(request({ policy: given, node: 'node-2' }));
    expect((await leased(request({ policy: given, report }))).windows[0]?.used).toBe(2);
    await pass(3_600_001);
    await leased(request({ policy: given, node: 'node-2' }));
    const fields = Object.keys(await redis.hgetall(STATE_KEY));
    expect(fields.filter((field) => field.endsWith(':node-1'))).toEqual([]);
  });

  it('keeps the days of a month until it ends', async () => {
    await startAgain('2026-12-01T12:00:00Z');
    const given = policy({ rateLimits: [], quota: { requests: 1_000, period: 'month' } });
    const used: number[] = [];
    for (let day = 1; day <= 32; day += 1) {
      const report = { sequence: day, uses: [[nowMs, 1] as const] };
      used.push((await leased(request({ policy: given, report }))).quotaUsed);
      await pass(DAY_MS);
    }
    expect([used[0], used[15], used[30], used[31]]).toEqual([1, 16, 31, 1]);
  });

  it('counts a use on the day on which it was, though it is reported on the next', async () => {
    await startAgain('2026-11-21T23:59:59.900Z');
    const given = policy({ rateLimits: [], quota: { requests: 10, period: 'day' } });
    const report = { sequence: 1, uses: [[nowMs, 4] as const] };
    await pass(300);
    expect((await leased(request({ policy: given, report }))).quotaUsed).toBe(0);
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
      ...{ scope: SCOPE, node: 'node-1', epoch: moved.epoch },
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

  it('grants a new node nothing either, once another has told of the loss', async () => {
    await redis.flushall();
    await setClock();
    const epoch = await authority.epoch('what was before');
    const newcomer = await authority.lease(request({ epoch, want: 3 }));
    expect(newcomer).toMatchObject({ granted: 0, isRebuilding: true });
  });

  it('takes what a node remembers of this epoch only, into the slots where it was', async () => {
    const given = policy({ rateLimits: [{ requests: 20, window: '10s' }] });
    const shape = { windowMs: 10_000, slotMs: 42 };
    const used = async () => (await leased(request({ node: '', policy: given }))).windows[0]?.used;
    const remember = (epoch: string, uses: readonly Use[]) => (one: LimitAuthority) =>
      one.restore({ scope: SCOPE, node: 'node-1', epoch, windows: [[shape, uses]], days: [] });
    const report = { sequence: 1, uses: [[nowMs, 4] as const] };
    await leased(request({ node: 'node-2', policy: given, report }));
    await onBoth(remember('another', [[nowMs, 5]]));
    expect(await used()).toBe(4);
    // Some of it in the oldest slot that counts, some dated later than now: no clock is that good.
    const oldestMs = Math.floor((nowMs - shape.windowMs) / shape.slotMs) * shape.slotMs;
    const uses = [[oldestMs, 2] as const, [nowMs + 60_000, 3] as const];
    await onBoth(async (one) => remember(await one.epoch(''), uses)(one));
    expect(await used()).toBe(9);
    await pass(shape.windowMs + 2 * shape.slotMs);
    expect(await used()).toBe(0);
  });

  it('takes from the ledger what it had not counted, and less only to give back', async () => {
    const given = policy({ rateLimits: [], quota: { requests: 100, period: 'day' } });
    const standing = () => leased(request({ policy: given, node: 'node-2' }));
    const reconcile = async (admitted: number, giveBack: boolean) => {
      const days = [[Math.floor(nowMs / DAY_MS), admitted] as const];
      await onBoth((one) => one.reconcile({ scope: SCOPE, days, giveBack }));
      return (await standing()).quotaUsed;
    };
    await leased(
      request({ policy: given, ahead: 9, report: { sequence: 1, uses: [[nowMs, 20]] } }),
    );
    await pass(3_500);
    expect(await standing()).toMatchObject({ quotaUsed: 29, isQuotaSeeded: false });
    expect(await reconcile(4, false)).toBe(29);
    // What a silent node held and the ledger never saw used; once.
    expect(await reconcile(4, true)).toBe(20);
    expect(await reconcile(4, true)).toBe(20);
    expect(await reconcile(60, false)).toBe(60);
    expect(await standing()).toMatchObject({ isQuotaSeeded: true });
  });

  it('keeps its state for as long as a window or a period looks back', async () => {
    await leased(request({ policy: POLICIES[4]!, report: { sequence: 1, uses: [[nowMs, 3]] } }));
    expect(await redis.pttl(STATE_KEY)).toBeGreaterThan(DAY_MS);
    expect(await redis.pttl(`${STATE_KEY}:days`)).toBeGreaterThan(31 * DAY_MS);
  });

  it('has one epoch, kept with each call for longer than anything it is of', async () => {
    const EPOCH_KEY = 'portico:limits:epoch';
    await redis.flushall();
    await setClock();
    const epoch = await authority.epoch('');
    expect([await authority.epoch(''), await redis.get(EPOCH_KEY)]).toEqual([epoch, epoch]);
    await redis.pexpire(EPOCH_KEY, 1_000);
    await authority.epoch(epoch);
    expect(await redis.pttl(EPOCH_KEY)).toBeGreaterThan(31 * DAY_MS);
  });

  it('remembers the quota of a scope that was idle until nothing else of it is kept', async () => {
    const given = policy({ rateLimits: [], quota: { requests: 100, period: 'month' } });
    await leased(request({ policy: given, report: { sequence: 1, uses: [[nowMs, 20]] } }));
    const days = [[Math.floor(nowMs / DAY_MS), 20] as const];
    await onBoth((one) => one.reconcile({ scope: SCOPE, days, giveBack: false }));
    // As it expires after 26 hours.
    await redis.del(STATE_KEY);
    await pass(2 * DAY_MS);
    const after = await authority.lease(request({ policy: given }));
    expect(after).toMatchObject({ quotaUsed: 20, isQuotaSeeded: true });
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
