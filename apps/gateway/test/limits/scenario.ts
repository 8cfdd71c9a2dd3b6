import type { MeterPolicy } from '@portico/enforcement';
import type { Leased } from '../../src/limits/authority.ts';
import { planOf } from '../../src/limits/limit-plan.ts';
import { SimulatedCluster, type Network } from './simulated-cluster.ts';

export const SCOPE = 'client:cl_acme';

export const policy = (over: Partial<MeterPolicy> = {}): MeterPolicy => ({
  id: 'pol_test',
  rateLimits: [],
  quota: null,
  mode: 'default',
  onOutage: 'share',
  ...over,
});

/** So many in ten seconds. */
export const limited = (requests: number, over: Partial<MeterPolicy> = {}): MeterPolicy =>
  policy({ rateLimits: [{ requests, window: '10s' }], ...over });

export const calm = (delayMs: number): Network => ({ delayMs, lossRate: 0, repeatRate: 0 });
export const even = (nodes: number): number[] => new Array<number>(nodes).fill(1);

/** Nodes in a calm network, and when they started. */
export function calmCluster(seed: number, nodes: number, delayMs: number) {
  const cluster = new SimulatedCluster({ seed, nodes, network: calm(delayMs) });
  return { cluster, world: cluster.world, startMs: cluster.world.nowMs };
}

/** What the authority has of the scope, asked without reserving anything. */
export async function look({ authority }: SimulatedCluster, given: MeterPolicy): Promise<Leased> {
  const answer = await authority.lease({
    ...{ scope: SCOPE, node: '', epoch: '', call: 0, plan: planOf(given) },
    ...{ want: 0, ahead: 0, have: 0, spent: 0, report: null, unseededMost: 0 },
  });
  if (answer.kind !== 'leased') throw new Error(`the authority answered ${answer.kind}`);
  return answer;
}
