import type { Leased } from './authority.ts';
import type { LimitPlan } from './limit-plan.ts';

/** Weight of "everybody uses the same", so that a node without traffic so far is not shut out. */
const EVEN_SHARE = 0.05;

/** The parts of each limit that a node may use alone, fixed when the authority fell silent. */
export interface OutageShare {
  readonly windows: readonly number[];
  /** Left of the quota for this node. */
  readonly quota: number;
  /** This node's part of what was left for anybody. */
  readonly ofRemaining: number;
}

/** What was used when the authority last answered, per window of the plan. */
export interface LastKnown {
  readonly own: readonly number[];
  readonly all: readonly number[];
  readonly quotaUsed: number;
  /** Left for anybody. */
  readonly remaining: number;
}

/** Our part and everybody's at the same moment: otherwise the shares would not add up to one. */
export function lastKnownOf(
  { windows, quotaUsed, remaining }: Leased,
  ownUsed: readonly number[],
  unreported: number,
): LastKnown {
  return {
    own: ownUsed.map((used) => Math.max(0, used - unreported)),
    all: windows.map(({ used }) => used),
    quotaUsed,
    remaining,
  };
}

/** This node's share of the last known use, leaning to an even split where little was used. */
export function shareAtOutage(
  plan: LimitPlan,
  known: LastKnown | null,
  clusterSize: number,
): OutageShare {
  const nodes = Math.max(1, clusterSize);
  const shares = plan.windows.map((window, at) => {
    if (!known) return 1 / nodes;
    const own = known.own[at] ?? 0;
    const all = Math.max(known.all[at] ?? 0, own);
    const even = window.limit * EVEN_SHARE;
    return Math.min(1, (own + even / nodes) / (all + even));
  });
  const quotaLeft = plan.quota ? Math.max(0, plan.quota.limit - (known?.quotaUsed ?? 0)) : 0;
  return {
    windows: plan.windows.map(({ limit }, at) => Math.max(1, limit * (shares[at] ?? 0))),
    quota: Math.ceil(quotaLeft * (shares.at(-1) ?? 1 / nodes)),
    ofRemaining: known
      ? Math.ceil(Math.max(0, known.remaining) * (shares.at(-1) ?? 1 / nodes))
      : Number.POSITIVE_INFINITY,
  };
}

/** The limits that keep the node from admitting one more on its own. */
export function exhaustedShare(
  plan: LimitPlan,
  share: OutageShare,
  own: { readonly windows: readonly number[]; readonly sinceOutage: number },
): readonly string[] {
  const names = plan.windows
    .filter((_, at) => (own.windows[at] ?? 0) >= Math.floor(share.windows[at] ?? 0))
    .map(({ name }) => name);
  if (plan.quota && own.sinceOutage >= share.quota) names.push(plan.quota.period);
  return names;
}
