import { describe, expect, it } from '@jest/globals';
import { upstreamSchema } from '@portico/contracts';
import { createLogger } from '@portico/telemetry';
import type { Target } from './target.ts';
import { UpstreamGroup } from './upstream-group.ts';

/** The same numbers in every run (Park and Miller's generator). */
function drawing(seed = 42): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const group = (upstream: object): UpstreamGroup =>
  new UpstreamGroup(upstreamSchema.parse(upstream), {
    limits: { connectionsMax: 1 },
    logger: createLogger({ service: 'gateway', level: 'silent' }),
    random: drawing(),
  });
const weighing = (...weights: readonly number[]): UpstreamGroup =>
  group({ targets: weights.map((weight, at) => ({ url: `http://127.0.0.1:${at + 1}`, weight })) });

/** The targets' shares of many calls, of which so many are under way at a time. */
function sharesOf(among: UpstreamGroup, atATime: number): number[] {
  const calls = 20_000;
  const count = new Map<Target, number>(among.targets.map((target) => [target, 0]));
  const underWay: Target[] = [];
  for (let call = 0; call < calls; call += 1) {
    if (underWay.length === atATime) underWay.shift()?.end();
    const target = among.pick(new Set(), 0);
    if (target === null) throw new Error('no target');
    target.begin(0);
    underWay.push(target);
    count.set(target, (count.get(target) ?? 0) + 1);
  }
  return [...count.values()].map((calledOften) => calledOften / calls);
}

describe('the choice among targets', () => {
  it.each([
    { weights: [1, 1] },
    { weights: [3, 1] },
    { weights: [9, 1] },
    { weights: [100, 10, 1] },
  ])('gives each of $weights its share of calls that come one by one', ({ weights }) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [at, share] of sharesOf(weighing(...weights), 1).entries())
      expect(share).toBeCloseTo((weights[at] ?? 0) / total, 1);
    // A light target is asked now and then, not next to never.
    expect(Math.min(...sharesOf(weighing(...weights), 1))).toBeGreaterThan(0.7 / total);
  });

  it('keeps to the weights when many calls are under way', () => {
    const [heavy = 0, light = 0] = sharesOf(weighing(9, 1), 100);
    expect(heavy).toBeCloseTo(0.9, 1);
    expect(light).toBeGreaterThan(0.07);
  });

  it('prefers, of two, the one that has less to do', () => {
    const among = weighing(1, 1);
    const [busy, idle] = among.targets as [Target, Target];
    for (let call = 0; call < 50; call += 1) busy.begin(0);
    const picked = Array.from({ length: 100 }, () => among.pick(new Set(), 0));
    // It is taken only where both draws hit it.
    expect(picked.filter((target) => target === idle).length).toBeGreaterThan(60);
  });

  it('never falls on weight 0, and on one that was tried only when there is no other', () => {
    const among = weighing(1, 1, 0);
    const [first, second] = among.targets as [Target, Target, Target];
    const picks = (tried: ReadonlySet<Target>) =>
      new Set(Array.from({ length: 100 }, () => among.pick(tried, 0)));
    expect(picks(new Set())).toEqual(new Set([first, second]));
    expect(picks(new Set([first]))).toEqual(new Set([second]));
    expect(picks(new Set([first, second]))).toEqual(new Set([first, second]));
  });
});

describe('when to come back', () => {
  const CHECK = { path: '/health', interval_ms: 8_000 };
  const BREAKER = { failure_threshold: 1, window_ms: 1_000, open_ms: 30_000 };
  const TWO = [{ url: 'http://127.0.0.1:1' }, { url: 'http://127.0.0.1:2' }];

  it('is when the first open circuit lets a call try', () => {
    const among = group({ targets: TWO, circuit_breaker: BREAKER });
    const [first, second] = among.targets as [Target, Target];
    first.report('failure', 0);
    second.report('failure', 10_000);
    expect(among.pick(new Set(), 10_000)).toBeNull();
    expect(among.retryAfterSeconds(10_000)).toBe(20);
  });

  it('is not decided by a target that gets no calls anyway', () => {
    const targets = [TWO[0], { ...TWO[1], weight: 0 }];
    const among = group({ targets, circuit_breaker: BREAKER });
    among.targets[0]?.report('failure', 0);
    expect(among.retryAfterSeconds(0)).toBe(30);
    expect(weighing(0).retryAfterSeconds(0)).toBe(1);
  });

  it('is after the next health check where all are ill', async () => {
    const among = group({ targets: TWO, health_check: CHECK });
    for (const target of among.targets) target.isHealthy = false;
    expect(among.pick(new Set(), 0)).toBeNull();
    expect(among.retryAfterSeconds(0)).toBe(8);
    await among.close();
  });
});
