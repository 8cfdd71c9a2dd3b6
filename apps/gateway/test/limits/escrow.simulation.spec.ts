import { describe, expect, it } from '@jest/globals';
import type { MeterPolicy } from '@portico/enforcement';
import {
  mostInAnyWindow,
  SimulatedCluster,
  seededRandom,
  type Network,
} from './simulated-cluster.ts';

const policy = (over: Partial<MeterPolicy> = {}): MeterPolicy => ({
  id: 'pol_test',
  rateLimits: [],
  quota: null,
  mode: 'default',
  onOutage: 'share',
  ...over,
});

const pickFrom = <T>(values: readonly T[], random: () => number): T =>
  values[Math.floor(random() * values.length)]!;
const skewed = (nodes: number): number[] =>
  Array.from({ length: nodes }, (_, at) => 1 / (at + 1) ** 1.2);
const even = (nodes: number): number[] => new Array<number>(nodes).fill(1);
const calm = (delayMs: number): Network => ({ delayMs, lossRate: 0, repeatRate: 0 });

it('probe', async () => {
  for (const [nodes, load, weights, burst] of [
    [1, 2, even, false],
    [8, 2, even, false],
    [8, 10, skewed, false],
    [8, 1, even, true],
    [8, 5, skewed, true],
    [32, 2, skewed, true],
    [8, 0.9, even, false],
  ] as const) {
    for (const mode of ['strict', 'default'] as const) {
      const started = performance.now();
      const cluster = new SimulatedCluster({ seed: 7, nodes, network: calm(1) });
      const L = 1000;
      const given = policy({ mode, rateLimits: [{ requests: L, window: '10s' }] });
      const from = cluster.world.nowMs;
      cluster.traffic({
        policy: () => given,
        perSecond: (now) =>
          burst ? ((now - from) % 3300 < 500 ? ((load * L) / 10) * 6.6 : 0) : (load * L) / 10,
        weights: weights(nodes),
        untilMs: from + 40_000,
      });
      await cluster.world.runUntil(from + 40_000);
      const steady = cluster.admittedAtMs.length;
      console.log(
        mode,
        'N',
        nodes,
        'x',
        load,
        burst ? 'burst' : 'poisson',
        'max',
        mostInAnyWindow(cluster.admittedAtMs, 10_000) / L,
        'goodput',
        (steady / (Math.min(load, 1) * L * 4 + (load > 1 ? 0 : 0))).toFixed(3),
        'offered',
        cluster.offered,
        'waited',
        cluster.waited,
        'longest',
        cluster.longestWaitMs.toFixed(1),
        'calls/s',
        (cluster.calls / 40).toFixed(0),
        'took ms',
        (performance.now() - started).toFixed(0),
      );
    }
  }
}, 120_000);
