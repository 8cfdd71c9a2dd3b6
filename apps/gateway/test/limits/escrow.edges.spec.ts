import { describe, expect, it } from '@jest/globals';
import { DAY_MS, utcDay } from '@portico/contracts';
import { planOf } from '../../src/limits/limit-plan.ts';
import { calmCluster, even, limited, look, policy, SCOPE } from './scenario.ts';
import { mostInAnyWindow, SimulatedCluster } from './simulated-cluster.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('a policy that changes', () => {
  it('admits nothing by a lease that was asked for under the one before', async () => {
    const [before, after] = [limited(2_500, { mode: 'strict' }), limited(5, { mode: 'strict' })];
    for (let changeMs = 3_500; changeMs < 4_000; changeMs += 20) {
      const { cluster, world, startMs } = calmCluster(changeMs, 1, 20);
      let current = before;
      const untilMs = startMs + changeMs + 300;
      cluster.traffic({
        ...{ policy: () => current, perSecond: () => 400, weights: [1], untilMs },
      });
      world.at(startMs + changeMs, () => void (current = after));
      await world.runUntil(untilMs);
      const late = cluster.admittedAtMs.filter((atMs) => atMs > startMs + changeMs);
      expect({ changeMs, late }).toEqual({ changeMs, late: [] });
    }
  });

  it('admits at once what the new one allows, however used up the one before was', async () => {
    const { cluster, world, startMs } = calmCluster(3, 1, 1);
    const small = limited(5, { mode: 'strict' });
    const knocking = { perSecond: () => 50, weights: [1], untilMs: startMs + 1_000 };
    cluster.traffic({ policy: () => small, ...knocking });
    await world.runUntil(startMs + 1_000);
    expect(cluster.admittedAtMs).toHaveLength(5);
    cluster.offer(0, limited(50, { mode: 'strict' }));
    await world.runUntil(startMs + 1_030);
    expect(cluster.admittedAtMs).toHaveLength(6);
  });
});

describe('a quota', () => {
  const ofDay = (requests: number, over: Parameters<typeof policy>[0] = {}) =>
    policy({ quota: { requests, period: 'day' }, ...over });

  it('is told to a new authority by its calendar, whatever the wall clock says', async () => {
    const given = ofDay(500, { rateLimits: [{ requests: 1_000, window: '10s' }] });
    const { cluster, world, startMs } = calmCluster(3, 2, 2);
    cluster.stepWallClock(0, 2 * DAY_MS);
    const traffic = { perSecond: () => 50, weights: even(2), untilMs: startMs + 3_000 };
    cluster.traffic({ policy: () => given, ...traffic });
    await world.runUntil(startMs + 6_000);
    cluster.authority.forget();
    await world.runUntil(startMs + 12_000);
    expect(cluster.admittedAtMs.length).toBeGreaterThan(100);
    expect((await look(cluster, given)).quotaUsed).toBe(cluster.admittedAtMs.length);
  });

  it('that the ledger gave back is found by refused callers within half a second', async () => {
    const given = ofDay(20, { mode: 'strict' });
    for (let atMs = 4_000; atMs < 5_000; atMs += 200) {
      const { cluster, world, startMs } = calmCluster(atMs, 1, 1);
      await cluster.authority.lease({
        ...{ scope: SCOPE, node: 'node-that-dies', epoch: '', call: 1, plan: planOf(given) },
        ...{
          want: 9,
          ahead: 0,
          have: 0,
          spent: 0,
          report: null,
          unseededMost: Number.MAX_SAFE_INTEGER,
        },
      });
      const traffic = { perSecond: () => 200, weights: [1], untilMs: startMs + 6_000 };
      cluster.traffic({ policy: () => given, ...traffic });
      await world.runUntil(startMs + atMs);
      expect(cluster.admittedAtMs).toHaveLength(11);
      const days = [[utcDay(startMs), 11]] as const;
      await cluster.authority.reconcile({ scope: SCOPE, days, giveBack: true });
      await world.runUntil(startMs + atMs + 500);
      expect(cluster.admittedAtMs).toHaveLength(20);
    }
  });

  it.each([
    ['of which nothing was ever heard', 0],
    ['of which little is known to be left', 40],
  ])('%s is not speculated on', async (_, before) => {
    const given = ofDay(50, { rateLimits: [{ requests: 10_000, window: '10s' }] });
    const { cluster, world, startMs } = calmCluster(5, 8, 8);
    for (let call = 0; call < before; call += 1) {
      world.at(startMs + call * 20, () => cluster.offer(call % 8, given));
    }
    const burst = (nowMs: number) => (nowMs > startMs + 3_000 ? 4_000 : 0);
    const untilMs = startMs + 4_000;
    cluster.traffic({ policy: () => given, perSecond: burst, weights: even(8), untilMs });
    await world.runUntil(untilMs + 2_000);
    expect(cluster.admittedAtMs).toHaveLength(50);
  });

  it('is kept while the authority is silent: nodes share what was left of it', async () => {
    const given = policy({
      rateLimits: [{ requests: 100, window: '1s' }],
      quota: { requests: 1_000, period: 'month' },
    });
    const { cluster, world, startMs } = calmCluster(3, 4, 2);
    const traffic = { perSecond: () => 60, weights: even(4), untilMs: startMs + 60_000 };
    cluster.traffic({ policy: () => given, ...traffic });
    world.at(startMs + 10_000, () => void (cluster.authorityIsFrozen = true));
    await world.runUntil(startMs + 60_000);
    expect(cluster.admittedAtMs.length).toBeGreaterThan(900);
    expect(cluster.admittedAtMs.length).toBeLessThanOrEqual(1_100);
  });
});

describe('a partner who calls now and then', () => {
  it('is let in each time: what was admitted before its lease came is made up for', async () => {
    const given = limited(50);
    const { cluster, world, startMs } = calmCluster(3, 1, 20);
    for (let call = 0; call < 30; call += 1) {
      world.at(startMs + call * 2_000, () => cluster.offer(0, given));
    }
    await world.runUntil(startMs + 62_000);
    expect(cluster.admittedAtMs).toHaveLength(30);
  });
});

describe('strict mode', () => {
  it('counts, after a loss, what idle nodes remember', async () => {
    const given = limited(300, { mode: 'strict', onOutage: 'closed' });
    const { cluster, world, startMs } = calmCluster(3, 2, 1);
    const busy = { policy: () => given, perSecond: () => 400 };
    cluster.traffic({ ...busy, weights: [1, 0], untilMs: startMs + 1_000 });
    await world.runUntil(startMs + 4_000);
    cluster.authority.forget();
    cluster.traffic({ ...busy, weights: [0, 1], untilMs: startMs + 12_000 });
    await world.runUntil(startMs + 12_000);
    expect(mostInAnyWindow(cluster.admittedAtMs, 10_000)).toBe(300);
  });

  it('grants nothing after a loss while credit may be alive at a node cut off', async () => {
    const given = limited(300, { mode: 'strict', onOutage: 'closed' });
    for (const seed of SEEDS) {
      const { cluster, world, startMs } = calmCluster(seed, 3, 2);
      const busy = { policy: () => given, perSecond: () => 60, untilMs: startMs + 1_500 };
      cluster.traffic({ ...busy, weights: [8, 1, 1] });
      world.at(startMs + 1_500, () => {
        cluster.cutOff(0, 2_300);
        cluster.authority.forget();
        const others = { perSecond: () => 400, weights: [0, 1, 1], untilMs: startMs + 6_000 };
        cluster.traffic({ policy: () => given, ...others });
      });
      for (let atMs = 1_600; atMs < 4_300; atMs += 50) {
        world.at(startMs + atMs, () => cluster.offer(0, given));
      }
      await world.runUntil(startMs + 12_000);
      expect(mostInAnyWindow(cluster.admittedAtMs, 10_000)).toBeLessThanOrEqual(300);
    }
  });

  it.each(['open', 'share'] as const)(
    'lets a lost message be no outage, so that `on_outage: %s` does not decide',
    async (onOutage) => {
      const given = limited(300, { mode: 'strict', onOutage });
      for (const seed of SEEDS) {
        const network = { delayMs: 2, lossRate: 0.03, repeatRate: 0 };
        const cluster = new SimulatedCluster({ seed, nodes: 5, network });
        const untilMs = cluster.world.nowMs + 12_000;
        const busy = { perSecond: () => 150, weights: even(5), untilMs };
        cluster.traffic({ policy: () => given, ...busy });
        await cluster.world.runUntil(untilMs);
        expect(mostInAnyWindow(cluster.admittedAtMs, 10_000)).toBeLessThanOrEqual(300);
      }
    },
  );

  it.each([4_200, 4_400])(
    'lets a node that stood still for %d ms use nothing of what was written off meanwhile',
    async (stillMs) => {
      const given = policy({ mode: 'strict', rateLimits: [{ requests: 20, window: '1s' }] });
      const { cluster, world, startMs } = calmCluster(4, 2, 1);
      const stopsMs = startMs + 2_000;
      const before = { perSecond: () => 15, weights: [1, 0], untilMs: stopsMs };
      cluster.traffic({ policy: () => given, ...before });
      world.at(stopsMs, () => cluster.pause(0, stillMs));
      // Written off by this call, and out of the window when the other node takes all of it.
      world.at(stopsMs + 3_050, () => cluster.offer(1, given));
      const atOnce = (node: number) => () => {
        for (let call = 0; call < 30; call += 1) cluster.offer(node, given);
      };
      world.at(stopsMs + stillMs - 50, atOnce(1));
      world.at(stopsMs + stillMs, atOnce(0));
      await world.runUntil(stopsMs + stillMs + 1_000);
      expect(mostInAnyWindow(cluster.admittedAtMs, 1_000)).toBe(20);
    },
  );
});

describe('a silent authority', () => {
  it('is asked for no lease, once what was reserved is used, before it answers again', async () => {
    const { cluster, world, startMs } = calmCluster(5, 2, 2);
    const given = limited(1_000);
    const traffic = { perSecond: () => 80, weights: even(2), untilMs: startMs + 12_000 };
    cluster.traffic({ policy: () => given, ...traffic });
    await world.runUntil(startMs + 5_000);
    cluster.authorityIsFrozen = true;
    await world.runUntil(startMs + 8_000);
    const before = cluster.calls;
    await world.runUntil(startMs + 12_000);
    expect(cluster.calls).toBe(before);
  });
});
