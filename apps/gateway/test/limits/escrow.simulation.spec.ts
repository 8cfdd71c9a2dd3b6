import { describe, expect, it } from '@jest/globals';
import { DAY_MS, periodOf, utcDay, WINDOW_MS } from '@portico/contracts';
import type { MeterPolicy, MeterVerdict } from '@portico/enforcement';
import { calm, even, limited, look } from './scenario.ts';
import {
  mostInAnyWindow,
  seededRandom,
  SimulatedCluster,
  type Network,
} from './simulated-cluster.ts';

const policy = (over: Partial<MeterPolicy> = {}): MeterPolicy => limited(1_000, over);

/** 90 % at one node, the rest spread over the others. */
const lopsided = (nodes: number): number[] =>
  even(nodes).map((_, at) => (at === 0 ? 9 * nodes : 1));
const zipf = (nodes: number): number[] => even(nodes).map((_, at) => 1 / (at + 1) ** 1.2);

/** Everything of 3.3 seconds in half a second. */
const inBursts = (perSecond: number) => (nowMs: number) =>
  nowMs % 3_300 < 500 ? perSecond * 6.6 : 0;
const steadily = (perSecond: number) => () => perSecond;

const limitOf = (given: MeterPolicy): number => given.rateLimits[0]?.requests ?? 0;
const perSecondOf = (given: MeterPolicy): number => {
  const [first] = given.rateLimits;
  return first ? (first.requests * 1_000) / WINDOW_MS[first.window] : 0;
};

interface Outcome {
  readonly cluster: SimulatedCluster;
  readonly seconds: number;
  /** Most admitted in any trailing window, as a multiple of the limit. */
  readonly overshoot: number;
}

interface Scenario {
  readonly seed: number;
  readonly nodes: number;
  readonly policy: MeterPolicy;
  readonly load: number;
  readonly weights: readonly number[];
  readonly shape: (perSecond: number) => (nowMs: number) => number;
  readonly network: Network;
  readonly seconds: number;
  readonly startMs?: number;
  readonly meanwhile?: (cluster: SimulatedCluster, startMs: number) => void;
}

async function play(scenario: Scenario): Promise<Outcome> {
  const cluster = new SimulatedCluster(scenario);
  const { world } = cluster;
  const startMs = world.nowMs;
  const untilMs = startMs + scenario.seconds * 1_000;
  cluster.traffic({
    policy: () => scenario.policy,
    perSecond: scenario.shape(perSecondOf(scenario.policy) * scenario.load),
    weights: scenario.weights,
    untilMs,
  });
  scenario.meanwhile?.(cluster, startMs);
  await world.runUntil(untilMs);
  const overshoot = Math.max(
    ...scenario.policy.rateLimits.map(
      ({ requests, window }) => mostInAnyWindow(cluster.admittedAtMs, WINDOW_MS[window]) / requests,
    ),
  );
  return { cluster, seconds: scenario.seconds, overshoot };
}

const pickFrom = <T>(values: readonly T[], random: () => number): T => {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
};

/** A world drawn from one seed: any number of nodes, any traffic, and whatever goes wrong. */
function misfortune(seed: number, given: MeterPolicy): Scenario {
  const random = seededRandom(seed * 7_919);
  const nodes = pickFrom([1, 2, 3, 5, 8, 13], random);
  const crashes = random() < 0.5;
  const loses = random() < 0.5;
  const isCutOff = random() < 0.5;
  return {
    seed,
    nodes,
    policy: given,
    load: pickFrom([0.5, 1, 2, 10], random),
    weights: pickFrom([even, lopsided, zipf], random)(nodes),
    shape: pickFrom([steadily, inBursts], random),
    network: {
      delayMs: pickFrom([0, 0.5, 2, 10, 40], random),
      lossRate: loses ? pickFrom([0.01, 0.1, 0.3], random) : 0,
      repeatRate: pickFrom([0, 0.05, 0.3], random),
    },
    seconds: 24,
    startMs: Date.parse('2026-11-30T23:59:52Z') + random() * 1_000,
    meanwhile: (cluster, startMs) => {
      for (let at = 0; at < 6; at += 1) {
        const atMs = startMs + random() * 24_000;
        const node = Math.floor(random() * nodes);
        const byMs = (random() - 0.5) * 1e10;
        cluster.world.at(atMs, () => {
          cluster.stepWallClock(node, byMs);
          if (isCutOff) cluster.cutOff(node, 2_000 + random() * 4_000);
          if (crashes) cluster.crash(node);
        });
      }
    },
  };
}

/** One after the other, at each of three nodes in turn. */
const offerMany = async (
  cluster: SimulatedCluster,
  count: number,
  given: MeterPolicy,
  nodeOf = (at: number): number => at % 3,
) => {
  const verdicts: MeterVerdict[] = [];
  for (let at = 0; at < count; at += 1) {
    cluster.offer(nodeOf(at), given, (verdict) => verdicts.push(verdict));
    await cluster.world.runUntil(cluster.world.nowMs + 5);
  }
  await cluster.world.runUntil(cluster.world.nowMs + 100);
  return verdicts;
};
const granted = (verdicts: readonly MeterVerdict[]): number =>
  verdicts.filter(({ kind }) => kind === 'granted').length;

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);

const STRICT_POLICIES = {
  'one window': policy({ rateLimits: [{ requests: 300, window: '10s' }] }),
  'a small limit': policy({ rateLimits: [{ requests: 7, window: '1s' }] }),
  'several windows': policy({
    rateLimits: [
      { requests: 50, window: '1s' },
      { requests: 350, window: '10s' },
    ],
  }),
  'a quota besides': policy({
    rateLimits: [{ requests: 400, window: '10s' }],
    quota: { requests: 450, period: 'day' },
  }),
};

describe('strict mode', () => {
  it.each(Object.entries(STRICT_POLICIES))(
    'never admits more than the limit, with %s, whatever happens to nodes, messages and clocks',
    async (_name, given) => {
      const strict = { ...given, mode: 'strict', onOutage: 'closed' } as const;
      for (const seed of SEEDS) {
        const { cluster, overshoot } = await play(misfortune(seed, strict));
        expect({ seed, isOver: overshoot > 1 }).toEqual({ seed, isOver: false });
        if (strict.quota) expect(mostInAnyDay(cluster)).toBeLessThanOrEqual(strict.quota.requests);
        expect(cluster.longestWaitMs).toBeLessThanOrEqual(25);
      }
    },
  );

  it('never admits more than the limit though the authority loses its state', async () => {
    for (const seed of SEEDS) {
      const strict = policy({
        mode: 'strict',
        onOutage: 'closed',
        rateLimits: [{ requests: 300, window: '10s' }],
      });
      const { overshoot, cluster } = await play({
        ...misfortune(seed, strict),
        network: calm(2),
        meanwhile: ({ world, authority }, startMs) => {
          world.at(startMs + 7_000, () => authority.forget());
          world.at(startMs + 9_000, () => authority.forget());
        },
      });
      expect({ seed, isOver: overshoot > 1 }).toEqual({ seed, isOver: false });
      expect(cluster.longestWaitMs).toBeLessThanOrEqual(25);
    }
  });
});

describe('an authority that comes back empty', () => {
  it('grants nothing in strict mode before the older nodes have noticed', async () => {
    for (const seed of SEEDS) {
      const given = policy({
        mode: 'strict',
        onOutage: 'closed',
        rateLimits: [{ requests: 300, window: '10s' }],
      });
      const cluster = new SimulatedCluster({ seed, nodes: 4, network: calm(1) });
      const { world } = cluster;
      const startMs = world.nowMs;
      const lossMs = startMs + 4_500 + seed * 13;
      const traffic = { policy: () => given, weights: [0, 1, 1, 1], untilMs: startMs + 4_000 };
      cluster.traffic({ ...traffic, perSecond: steadily(100) });
      // A node that starts at this very moment knows of no loss.
      world.at(lossMs, () => {
        cluster.authority.forget();
        cluster.crash(0);
      });
      for (let at = 0; at < 600; at += 10) {
        world.at(lossMs + at, () => {
          for (let call = 0; call < 20; call += 1) cluster.offer(0, given);
        });
      }
      await world.runUntil(startMs + 20_000);
      expect(mostInAnyWindow(cluster.admittedAtMs, 10_000)).toBeLessThanOrEqual(300);
    }
  });

  it('is not told twice of a quota: by the ledger, and by nodes that remember late', async () => {
    const given = policy({ quota: { requests: 100_000, period: 'day' } });
    const ledger = { used: 0, answersAfterMs: 5 };
    const cluster = new SimulatedCluster({ seed: 31, nodes: 3, network: calm(1), ledger });
    const used = granted(await offerMany(cluster, 300, given));
    ledger.used = used;
    await cluster.world.runUntil(cluster.world.nowMs + 3_000);
    cluster.authority.forget();
    // The others are cut off, and come back when the ledger has long been asked.
    cluster.cutOff(1, 6_000);
    cluster.cutOff(2, 6_000);
    await cluster.world.runUntil(cluster.world.nowMs + 2_000);
    const more = granted(await offerMany(cluster, 30, given, () => 0));
    await cluster.world.runUntil(cluster.world.nowMs + 20_000);
    const later = granted(await offerMany(cluster, 3, given));
    await cluster.world.runUntil(cluster.world.nowMs + 3_000);
    const { quotaUsed } = await look(cluster, given);
    expect(quotaUsed).toBeLessThanOrEqual(used + more + later);
    // What was admitted while the ledger was being asked is in its next answer only.
    expect(quotaUsed).toBeGreaterThanOrEqual(used + more + later - 5);
  });
});

describe('a node that stood still', () => {
  it('uses nothing of what was written off meanwhile', async () => {
    const given = policy({ mode: 'strict', rateLimits: [{ requests: 20, window: '1s' }] });
    const cluster = new SimulatedCluster({ seed: 4, nodes: 2, network: calm(1) });
    const { world } = cluster;
    const startMs = world.nowMs;
    const resumesMs = startMs + 7_000;
    cluster.traffic({
      ...{ policy: () => given, perSecond: steadily(15), weights: [1, 0] },
      untilMs: startMs + 2_000,
    });
    world.at(startMs + 2_000, () => cluster.pause(0, 5_000));
    world.at(startMs + 5_500, () => cluster.offer(1, given));
    const atOnce = (node: number) => () => {
      for (let request = 0; request < 30; request += 1) cluster.offer(node, given);
    };
    world.at(resumesMs - 50, atOnce(1));
    world.at(resumesMs, atOnce(0));
    await world.runUntil(startMs + 8_000);
    expect(mostInAnyWindow(cluster.admittedAtMs, 1_000)).toBe(20);
  });
});

const mostInAnyDay = ({ admittedAtMs }: SimulatedCluster): number => {
  const byDay = new Map<number, number>();
  for (const atMs of admittedAtMs) byDay.set(utcDay(atMs), (byDay.get(utcDay(atMs)) ?? 0) + 1);
  return Math.max(0, ...byDay.values());
};

const NODES = [1, 2, 4, 8, 16, 64];
const TRAFFIC = { even, lopsided, zipf };

describe('many nodes', () => {
  it.each(Object.entries(TRAFFIC))(
    'stay, in default mode, within 1 %% of the limit, and admit 97 %% of it when demand allows, with %s traffic',
    async (_name, weights) => {
      for (const nodes of NODES) {
        for (const [load, shape] of [
          [1.3, steadily],
          [10, steadily],
          [4, inBursts],
        ] as const) {
          const seed = nodes * 100 + load;
          const given = policy({ rateLimits: [{ requests: 600, window: '10s' }] });
          const outcome = await play({
            ...{ seed, nodes, policy: given, load, shape, weights: weights(nodes) },
            ...{ network: calm(2), seconds: 25 },
          });
          const goodput = goodputOf(outcome, given);
          expect({ nodes, load, ...outcome, cluster: null }).toMatchObject({ nodes });
          expect(outcome.overshoot).toBeLessThanOrEqual(1.01);
          expect(goodput).toBeGreaterThanOrEqual(0.97);
        }
      }
    },
  );

  it.each([
    ['strict', 'and not one more', 1],
    ['default', 'and at most 1 % more', 1.01],
  ] as const)(
    'a burst on eight cold nodes admits, in %s mode, the limit, %s',
    async (mode, _, most) => {
      for (const seed of SEEDS) {
        const given = policy({ mode, rateLimits: [{ requests: 800, window: '1m' }] });
        const { overshoot, cluster } = await play({
          ...{ seed, nodes: 8, policy: given, load: 1, weights: even(8), network: calm(5) },
          shape: () => (nowMs) => (nowMs % 60_000 < 300 ? 16_000 : 0),
          seconds: 5,
        });
        expect(overshoot).toBeLessThanOrEqual(most);
        expect(cluster.admittedAtMs.length).toBeGreaterThanOrEqual(800);
      }
    },
  );

  it('let next to nothing pass for a late lease, once a limit is known to be near', async () => {
    for (const seed of SEEDS) {
      const given = policy({ rateLimits: [{ requests: 100, window: '10s' }] });
      const outcome = await play({
        ...{ seed, nodes: 16, policy: given, load: 3, weights: even(16), shape: steadily },
        ...{ network: calm(20), seconds: 40 },
      });
      const { admittedAtMs } = outcome.cluster;
      const known = admittedAtMs.filter((atMs) => atMs > (admittedAtMs[0] ?? 0) + 10_000);
      expect(mostInAnyWindow(known, 10_000)).toBeLessThanOrEqual(103);
      expect(goodputOf(outcome, given)).toBeGreaterThanOrEqual(0.97);
    }
  });

  it('refuse almost nobody while demand is below the limit, however uneven', async () => {
    for (const nodes of NODES) {
      const given = policy();
      const { cluster } = await play({
        ...{ seed: nodes, nodes, policy: given, load: 0.8, shape: steadily },
        ...{ weights: zipf(nodes), network: calm(2), seconds: 25 },
      });
      expect(cluster.admittedAtMs.length / cluster.offered).toBeGreaterThan(0.995);
    }
  });
});

describe('what a busy node reserves ahead', () => {
  it('leaves another its part of what is left, however near the limit is', async () => {
    const given = policy({ mode: 'strict', rateLimits: [{ requests: 300, window: '10s' }] });
    for (let stopMs = 200; stopMs <= 700; stopMs += 50) {
      const cluster = new SimulatedCluster({ seed: stopMs, nodes: 2, network: calm(1) });
      const { world } = cluster;
      const untilMs = world.nowMs + stopMs;
      cluster.offer(1, given);
      const busy = { perSecond: steadily(400), weights: [1, 0], untilMs };
      cluster.traffic({ policy: () => given, ...busy });
      await world.runUntil(untilMs);
      const before = cluster.admittedAtMs.length;
      for (let call = before; call < 300; call += 1) cluster.offer(1, given);
      await world.runUntil(untilMs + 30);
      const gotMore = cluster.admittedAtMs.length - before;
      expect(gotMore).toBeGreaterThanOrEqual(Math.floor((300 - before) / 2));
    }
  });
});

/** Admitted against what the limit allows over the whole run, as far as it was asked for. */
function goodputOf({ cluster, seconds }: Outcome, given: MeterPolicy): number {
  const windows = Math.floor((seconds * 1_000) / WINDOW_MS[given.rateLimits[0]!.window]);
  return cluster.admittedAtMs.length / (windows * limitOf(given));
}

describe('what the authority counts', () => {
  it('is exactly what was admitted, though reports are lost, repeated and overtaken', async () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const given = policy({
        rateLimits: [{ requests: 500, window: '10s' }],
        quota: { requests: 100_000, period: 'month' },
      });
      const { cluster } = await play({
        ...{ seed, nodes: 5, policy: given, load: 1.5, shape: inBursts, weights: zipf(5) },
        network: { delayMs: 5 + 30 * random(), lossRate: 0.1, repeatRate: 0.2 },
        seconds: 20,
      });
      cluster.network = calm(1);
      await cluster.world.runUntil(cluster.world.nowMs + 2_000);
      await cluster.stopAll();
      const end = await look(cluster, given);
      expect({ seed, outstanding: end.outstanding }).toEqual({ seed, outstanding: 0 });
      expect({ seed, used: end.quotaUsed }).toEqual({ seed, used: cluster.admittedAtMs.length });
    }
  });

  it('holds nothing for a node that has fallen idle or was killed', async () => {
    const given = policy({ rateLimits: [{ requests: 500, window: '10s' }] });
    const { cluster } = await play({
      ...{ seed: 3, nodes: 6, policy: given, load: 0.5, shape: steadily, weights: even(6) },
      ...{ network: calm(2), seconds: 5 },
      meanwhile: (running, startMs) =>
        void running.world.at(startMs + 4_900, () => running.crash(0)),
    });
    await cluster.world.runUntil(cluster.world.nowMs + 20_000);
    cluster.offer(1, given);
    await cluster.world.runUntil(cluster.world.nowMs + 2_000);
    expect(await look(cluster, given)).toMatchObject({ outstanding: 0, windows: [{ used: 1 }] });
  });
});

describe('while the authority is away', () => {
  const frozen =
    (fromMs: number, forMs: number) => (cluster: SimulatedCluster, startMs: number) => {
      cluster.world.at(startMs + fromMs, () => void (cluster.authorityIsFrozen = true));
      cluster.world.at(startMs + fromMs + forMs, () => void (cluster.authorityIsFrozen = false));
    };
  const outage = (onOutage: MeterPolicy['onOutage'], seed: number) =>
    play({
      ...{ seed, nodes: 6, load: 2, shape: steadily, weights: zipf(6), network: calm(2) },
      policy: policy({ onOutage }),
      seconds: 90,
      meanwhile: frozen(15_000, 60_000),
    });

  it('`share` keeps the limit within 4 %, and admits most of it', async () => {
    for (const seed of SEEDS.slice(0, 4)) {
      const { cluster, overshoot } = await outage('share', seed);
      expect(overshoot).toBeLessThanOrEqual(1.04);
      expect(cluster.admittedAtMs.length).toBeGreaterThan(0.9 * 9 * 1_000);
      expect(cluster.longestWaitMs).toBeLessThanOrEqual(25);
    }
  });

  it('nobody reserves, when it is back, before everybody has reported', async () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const { overshoot } = await play({
        ...{ seed, nodes: 6, policy: policy(), load: 4, shape: steadily, weights: zipf(6) },
        ...{ network: calm(2), seconds: 38, meanwhile: frozen(13_000, 18_000 + seed * 100) },
      });
      expect(overshoot).toBeLessThanOrEqual(1.04);
    }
  });

  it('nobody reserves before those have reported who notice a little later that it is back', async () => {
    for (const seed of SEEDS.slice(0, 8)) {
      const { overshoot } = await play({
        ...{ seed, nodes: 6, policy: policy(), load: 4, shape: steadily, weights: zipf(6) },
        ...{ network: calm(2), seconds: 38 },
        meanwhile: (cluster, startMs) => {
          cluster.world.at(startMs + 13_000, () => {
            for (let at = 0; at < 6; at += 1) cluster.cutOff(at, 14_000 + seed * 100 + at * 80);
          });
        },
      });
      expect(overshoot).toBeLessThanOrEqual(1.04);
    }
  });

  it('one node that is not answered goes on with no more than its part of what was left', async () => {
    for (let cutMs = 100; cutMs <= 900; cutMs += 100) {
      const { overshoot } = await play({
        ...{ seed: cutMs, nodes: 8, policy: policy(), load: 10, shape: steadily, weights: even(8) },
        ...{ network: calm(2), seconds: 12 },
        meanwhile: (cluster, startMs) =>
          void cluster.world.at(startMs + cutMs, () => cluster.cutOff(0, 400)),
      });
      expect(overshoot).toBeLessThanOrEqual(1.01 + 1 / 8);
    }
  });

  it.each(['strict', 'default'] as const)(
    'a policy that changes meanwhile forgets nothing that was used, in %s mode',
    async (mode) => {
      const ofDay = (requests: number) =>
        policy({
          mode,
          rateLimits: [{ requests: 1_000, window: '1m' }],
          quota: { requests, period: 'day' },
        });
      const cluster = new SimulatedCluster({ seed: 3, nodes: 3, network: calm(1) });
      const used = granted(await offerMany(cluster, 150, ofDay(100)));
      expect(used).toBe(100);
      await cluster.world.runUntil(cluster.world.nowMs + 3_000);
      cluster.authorityIsFrozen = true;
      await cluster.world.runUntil(cluster.world.nowMs + 1_500);
      for (const requests of [101, 102, 103]) await offerMany(cluster, 150, ofDay(requests));
      // What is left is shared out in whole calls: at most one more for every node.
      expect(cluster.admittedAtMs.length).toBeGreaterThan(100);
      expect(cluster.admittedAtMs.length).toBeLessThanOrEqual(103 + 3);
    },
  );

  it.each([
    ['silent', (cluster: SimulatedCluster) => void (cluster.authorityIsFrozen = true)],
    ['emptied', (cluster: SimulatedCluster) => cluster.authority.forget()],
  ])(
    'a node that never met a client asks the others what is used, when it is %s',
    async (_, harm) => {
      const given = policy({
        rateLimits: [{ requests: 100, window: '1h' }],
        quota: { requests: 300, period: 'month' },
      });
      const cluster = new SimulatedCluster({ seed: 21, nodes: 3, network: calm(1) });
      expect(granted(await offerMany(cluster, 150, given, () => 0))).toBe(100);
      await cluster.world.runUntil(cluster.world.nowMs + 3_000);
      harm(cluster);
      await cluster.world.runUntil(cluster.world.nowMs + 600);
      const more = granted(await offerMany(cluster, 400, given, (at) => 1 + (at % 2)));
      // An even share of 5 % for each of the two, until the first has answered.
      expect(more).toBeLessThanOrEqual(4);
    },
  );

  it('a quota begins anew with its period, though nobody can be asked', async () => {
    const given = policy({
      rateLimits: [{ requests: 1_000, window: '1m' }],
      quota: { requests: 60, period: 'day' },
    });
    const startMs = Date.parse('2026-11-30T23:59:40Z');
    const cluster = new SimulatedCluster({ seed: 23, nodes: 3, network: calm(1), startMs });
    expect(granted(await offerMany(cluster, 120, given))).toBe(60);
    await cluster.world.runUntil(cluster.world.nowMs + 3_000);
    cluster.authorityIsFrozen = true;
    await cluster.world.runUntil(startMs + 15_000);
    expect(granted(await offerMany(cluster, 30, given))).toBe(0);
    await cluster.world.runUntil(startMs + 21_000);
    const anew = granted(await offerMany(cluster, 300, given));
    expect(anew).toBeGreaterThan(50);
    expect(anew).toBeLessThanOrEqual(60 + 3);
  });

  it('nodes that all never met a client ask the ledger, and go on with an even share', async () => {
    const given = policy({
      rateLimits: [{ requests: 1_000, window: '1m' }],
      quota: { requests: 300, period: 'month' },
    });
    const ledger = { used: 270, answersAfterMs: 8 };
    const cluster = new SimulatedCluster({ seed: 22, nodes: 3, network: calm(1), ledger });
    cluster.authorityIsFrozen = true;
    await cluster.world.runUntil(cluster.world.nowMs + 1_500);
    expect(granted(await offerMany(cluster, 3_000, given))).toBe(30);
  });

  it('a quota that is used up says when it begins anew, and no rate limit is blamed for it', async () => {
    const given = policy({
      rateLimits: [{ requests: 1_000, window: '1m' }],
      quota: { requests: 60, period: 'day' },
    });
    const cluster = new SimulatedCluster({ seed: 5, nodes: 3, network: calm(1) });
    await offerMany(cluster, 100, given);
    await cluster.world.runUntil(cluster.world.nowMs + 3_000);
    cluster.authorityIsFrozen = true;
    await cluster.world.runUntil(cluster.world.nowMs + 300);
    for (let second = 0; second < 3; second += 1) {
      for (const verdict of await offerMany(cluster, 9, given)) {
        if (verdict.kind !== 'refused') throw new Error(`expected a refusal, got ${verdict.kind}`);
        expect(verdict.code).toBe('quota_exceeded');
        expect(verdict.retryAfterSeconds).toBeGreaterThan(13 * 3_600);
      }
      await cluster.world.runUntil(cluster.world.nowMs + 1_000);
    }
  });

  it('a strict refusal for want of an answer does not say that anything is used up', async () => {
    const given = policy({ mode: 'strict', quota: { requests: 500, period: 'day' } });
    const cluster = new SimulatedCluster({ seed: 7, nodes: 3, network: calm(1) });
    await offerMany(cluster, 30, given);
    await cluster.world.runUntil(cluster.world.nowMs + 3_000);
    cluster.authorityIsFrozen = true;
    const refused = (await offerMany(cluster, 30, given)).filter(({ kind }) => kind === 'refused');
    expect(refused.length).toBeGreaterThan(10);
    for (const verdict of refused) {
      if (verdict.kind !== 'refused') continue;
      expect(verdict).toMatchObject({ code: 'rate_limit_exceeded', retryAfterSeconds: 1 });
      for (const { remaining } of verdict.limits()) expect(remaining).toBeGreaterThan(0);
    }
  });

  it('`open` admits everything and `closed` nothing', async () => {
    const inOutage = ({ cluster }: Outcome) =>
      cluster.admittedAtMs.filter((atMs) => {
        const second = (atMs - Date.parse('2026-11-21T10:00:00Z')) / 1_000;
        return second > 30 && second < 70;
      }).length;
    expect(inOutage(await outage('open', 1))).toBeGreaterThan(7_500);
    expect(inOutage(await outage('closed', 1))).toBe(0);
  });

  it('a state lost in the middle is rebuilt from what the nodes remember', async () => {
    for (const seed of SEEDS.slice(0, 6)) {
      const shape = seed % 2 === 0 ? steadily : inBursts;
      const { overshoot, cluster } = await play({
        ...{ seed, nodes: 6, policy: policy(), load: 4, shape, weights: zipf(6) },
        ...{ network: calm(2), seconds: 40 },
        meanwhile: (running, startMs) => {
          frozen(14_000, 3_000)(running, startMs);
          running.world.at(startMs + 16_900, () => running.authority.forget());
          running.world.at(startMs + 27_000 + seed * 200, () => running.authority.forget());
        },
      });
      expect(overshoot).toBeLessThanOrEqual(1.04);
      expect(cluster.admittedAtMs.length).toBeGreaterThan(0.9 * 4 * 1_000);
    }
  });
});

describe('a quota whose counter starts from nothing', () => {
  const ofDay = (over: Partial<MeterPolicy>) =>
    policy({
      rateLimits: [{ requests: 1_000, window: '10s' }],
      quota: { requests: 100, period: 'day' },
      ...over,
    });
  const startWith = (ledger: { used: number; answersAfterMs: number }) =>
    new SimulatedCluster({ seed: 9, nodes: 3, network: calm(1), ledger });

  it.each([
    ['strict', 0],
    ['default', 1],
  ] as const)('waits in %s mode for the ledger to say what is used', async (mode, more) => {
    const cluster = startWith({ used: 90, answersAfterMs: 12 });
    const verdicts = await offerMany(cluster, 200, ofDay({ mode }));
    expect(granted(verdicts)).toBeGreaterThanOrEqual(10);
    expect(granted(verdicts)).toBeLessThanOrEqual(10 + more);
    // Whoever came first had to wait a little, and was not refused for it.
    expect(verdicts.slice(0, 3).every(({ kind }) => kind === 'granted')).toBe(true);
  });

  it.each([
    ['share', 'strict', 100],
    ['share', 'default', 100],
    ['open', 'strict', 100],
    ['closed', 'strict', 0],
  ] as const)(
    'goes by `on_outage: %s` where the ledger is away, in %s mode',
    async (onOutage, mode, total) => {
      const cluster = startWith({ used: 90, answersAfterMs: 1e9 });
      const given = ofDay({ mode, onOutage });
      const early = await offerMany(cluster, 100, given);
      expect(granted(early)).toBeLessThanOrEqual(1);
      await cluster.world.runUntil(cluster.world.nowMs + 1_000);
      const later = await offerMany(cluster, 300, given);
      expect(granted(early) + granted(later)).toBe(total);
    },
  );
});

describe('a policy changed under load', () => {
  it('is in force within a second on every node, and forgets nothing that was used', async () => {
    for (const [before, after] of [
      [10_000, 400],
      [400, 1_000],
    ] as const) {
      const first = policy({ rateLimits: [{ requests: before, window: '10s' }] });
      const second = policy({ rateLimits: [{ requests: after, window: '10s' }] });
      const cluster = new SimulatedCluster({ seed: 11, nodes: 5, network: calm(2) });
      const startMs = cluster.world.nowMs;
      const changeMs = startMs + 15_000;
      let current = first;
      cluster.world.at(changeMs, () => void (current = second));
      const untilMs = startMs + 50_000;
      const perSecond = steadily(300);
      cluster.traffic({ policy: () => current, perSecond, weights: zipf(5), untilMs });
      await cluster.world.runUntil(untilMs);
      const late = cluster.admittedAtMs.filter((atMs) => atMs > changeMs + 1_000);
      // What was used fills the smaller limit: with the change, nothing but speculation gets through.
      const soon = cluster.admittedAtMs.filter((atMs) => atMs > changeMs && atMs <= changeMs + 500);
      if (after < before) expect(soon.length).toBeLessThanOrEqual(after * 0.01);
      for (const atMs of late) {
        const inWindow = cluster.admittedAtMs.filter((one) => one > atMs - 10_000 && one <= atMs);
        expect(inWindow.length).toBeLessThanOrEqual(after * 1.01);
      }
      const settled = late.filter((atMs) => atMs > startMs + 25_000).length;
      expect(settled).toBeGreaterThanOrEqual(2 * after * 0.97);
    }
  });

  it.each(['strict', 'default'] as const)(
    'counts what was used while there was none, in %s mode',
    async (mode) => {
      const none = policy({ rateLimits: [] });
      const given = policy({
        mode,
        rateLimits: [{ requests: 150, window: '1m' }],
        quota: { requests: 160, period: 'day' },
      });
      const cluster = new SimulatedCluster({ seed: 13, nodes: 3, network: calm(1) });
      expect(granted(await offerMany(cluster, 40, given))).toBe(40);
      expect(granted(await offerMany(cluster, 90, none))).toBe(90);
      await cluster.world.runUntil(cluster.world.nowMs + 2_000);
      const more = granted(await offerMany(cluster, 90, given));
      expect(more).toBeGreaterThanOrEqual(20);
      expect(more).toBeLessThanOrEqual(21);
      await cluster.world.runUntil(cluster.world.nowMs + 125_000);
      expect(granted(await offerMany(cluster, 90, given))).toBe(160 - 130 - more);
    },
  );

  it('counts what was used before against a window and a quota it did not have', async () => {
    const first = policy({ mode: 'strict', rateLimits: [{ requests: 100, window: '1s' }] });
    const second = policy({
      mode: 'strict',
      rateLimits: [{ requests: 450, window: '1m' }],
      quota: { requests: 460, period: 'month' },
    });
    const cluster = new SimulatedCluster({ seed: 5, nodes: 3, network: calm(2) });
    const startMs = cluster.world.nowMs;
    let current = first;
    cluster.world.at(startMs + 4_000, () => void (current = second));
    const traffic = { perSecond: steadily(300), weights: even(3), untilMs: startMs + 90_000 };
    cluster.traffic({ policy: () => current, ...traffic });
    await cluster.world.runUntil(startMs + 60_000);
    expect(cluster.admittedAtMs.length).toBeGreaterThan(440);
    expect(cluster.admittedAtMs.length).toBeLessThanOrEqual(450);
    await cluster.world.runUntil(startMs + 90_000);
    expect(cluster.admittedAtMs.length).toBe(460);
    expect(periodOf('month', utcDay(startMs)).endDay * DAY_MS).toBeGreaterThan(startMs + 90_000);
  });
});

describe('a caller that obeys Retry-After', () => {
  it.each([
    { of: 'one window', limits: [{ requests: 5, window: '1s' as const }] },
    { of: 'a longer window', limits: [{ requests: 40, window: '10s' as const }] },
    {
      of: 'two windows',
      limits: [
        { requests: 5, window: '1s' as const },
        { requests: 30, window: '10s' as const },
      ],
    },
  ])('gets through at once, time and again, under the limit of $of', async ({ limits }) => {
    const given = policy({ mode: 'strict', rateLimits: limits });
    const cluster = new SimulatedCluster({ seed: 11, nodes: 1, network: calm(1) });
    const { world } = cluster;
    const endMs = world.nowMs + 120_000;
    let obeyed = 0;
    let inVain = 0;
    const call = (isObedient: boolean): void => {
      if (world.nowMs >= endMs) return;
      cluster.offer(0, given, (verdict) => {
        if (isObedient) obeyed += 1;
        if (verdict.kind !== 'refused') world.after(5, () => call(false));
        else {
          if (isObedient) inVain += 1;
          world.after(verdict.retryAfterSeconds * 1_000, () => call(true));
        }
      });
    };
    call(false);
    await world.runUntil(endMs);
    expect(obeyed).toBeGreaterThan(8);
    expect(inVain).toBe(0);
  });

  const MANY_LIMITS = {
    'one in a second': [{ rateLimits: [{ requests: 1, window: '1s' }] }, 20_000],
    'ten in 10 s': [{ rateLimits: [{ requests: 10, window: '10s' }] }, 45_000],
    'two windows': [
      {
        rateLimits: [
          { requests: 5, window: '1s' },
          { requests: 30, window: '1m' },
        ],
      },
      190_000,
    ],
  } as const satisfies Record<string, readonly [Partial<MeterPolicy>, number]>;
  it.each(
    Object.entries(MANY_LIMITS).flatMap(([name, [limits, forMs]]) =>
      (['strict', 'default'] as const).map((mode) => ({ name, limits, forMs, mode })),
    ),
  )('gets through at the next node as well: $name, $mode', async ({ limits, forMs, mode }) => {
    const given = policy({ ...limits, mode });
    for (const seed of SEEDS.slice(0, 10)) {
      const cluster = new SimulatedCluster({ seed, nodes: 3, network: calm(1) });
      const { world } = cluster;
      const endMs = world.nowMs + forMs;
      const gapMs = 1 + 40 * world.random();
      let [node, obeyed, inVain] = [0, 0, 0];
      const call = (isObedient: boolean): void => {
        cluster.offer((node += 1) % 3, given, (verdict) => {
          const isRefused = verdict.kind === 'refused';
          if (isObedient) obeyed += 1;
          if (isObedient && isRefused) inVain += 1;
          const waitMs = isRefused ? verdict.retryAfterSeconds * 1_000 : gapMs;
          world.after(waitMs, () => call(isRefused));
        });
      };
      call(false);
      await world.runUntil(endMs);
      expect(obeyed).toBeGreaterThan(0);
      expect(inVain).toBe(0);
    }
  });

  it.each(
    [
      { name: 'an hour', limits: { rateLimits: [{ requests: 10, window: '1h' }] } },
      { name: 'a day', limits: { rateLimits: [], quota: { requests: 10, period: 'day' } } },
    ].flatMap((limit) => (['strict', 'default'] as const).map((mode) => ({ ...limit, mode }))),
  )('is sent away for $name only when all of it is used, $mode', async ({ limits, mode }) => {
    const given = policy({ ...(limits as Partial<MeterPolicy>), mode });
    for (const seed of SEEDS) {
      const cluster = new SimulatedCluster({ seed, nodes: 3, network: calm(1) });
      const { world } = cluster;
      const gapMs = 1 + 10 * world.random();
      const waits: number[] = [];
      let node = 0;
      const call = (): void => {
        cluster.offer((node += 1) % 3, given, (verdict) => {
          if (verdict.kind !== 'refused') world.after(gapMs, call);
          else {
            waits.push(verdict.retryAfterSeconds);
            if (verdict.retryAfterSeconds < 60) world.after(1_000, call);
          }
        });
      };
      call();
      await world.runUntil(world.nowMs + 20_000);
      expect(cluster.admittedAtMs).toHaveLength(10);
      expect(waits.at(-1)).toBeGreaterThan(3_000);
      // What the others hold is known after a second: used, or given back.
      expect(waits.length).toBeLessThanOrEqual(3);
    }
  });
});
