import { periodOf, utcDay, type QuotaPeriod } from '@portico/contracts';
import type { Leased } from './authority.ts';
import type { LimitPlan } from './limit-plan.ts';

/** Weight of "everybody uses the same", so that a node without traffic so far is not shut out. */
const EVEN_SHARE = 0.05;
/** Of a quota, while others are being asked what is used of it. */
const SHARE_MEANWHILE = 0.01;

/** The parts of each limit that a node may use alone, fixed when the authority fell silent. */
export interface OutageShare {
  readonly windows: readonly number[];
  /** Left of the quota for this node. */
  readonly quota: number;
  /** This node's part of what was left for anybody, and the limit of which least was left. */
  readonly ofRemaining: number;
  readonly tightest: string | undefined;
}

/** What was used when the authority last answered. Outlives the policy it was asked under. */
export interface LastKnown {
  readonly byWindowMs: ReadonlyMap<number, { readonly own: number; readonly all: number }>;
  readonly quota: {
    readonly period: QuotaPeriod;
    readonly used: number;
    /** Of the period it speaks of, on the authority's calendar. */
    readonly endDay: number;
  } | null;
  /** Reserved by all nodes. */
  readonly outstanding: number;
}

/** Our part and everybody's at the same moment: otherwise the shares would not add up to one. */
export function lastKnownOf(
  plan: LimitPlan,
  { windows, quotaUsed, outstanding, nowMs }: Leased,
  { ownUsed, unreported }: { readonly ownUsed: readonly number[]; readonly unreported: number },
): LastKnown {
  const byWindowMs = new Map(
    plan.windows.map(({ windowMs }, at) => {
      const own = Math.max(0, (ownUsed[at] ?? 0) - unreported);
      return [windowMs, { own, all: Math.max(windows[at]?.used ?? 0, own) }] as const;
    }),
  );
  const quota = plan.quota && {
    ...{ period: plan.quota.period, used: quotaUsed },
    endDay: periodOf(plan.quota.period, utcDay(nowMs)).endDay,
  };
  return { byWindowMs, quota, outstanding };
}

export interface Around {
  readonly clusterSize: number;
  readonly today: number;
  /** Of the quota's period, by this node itself or by the ledger. */
  readonly quotaUsed: number;
  /** Others are being asked: next to nothing until they have answered. */
  readonly isAsking: boolean;
}

/** This node's share of the last known use, leaning to an even split where little was used. */
export function shareAtOutage(
  plan: LimitPlan,
  known: LastKnown | null,
  around: Around,
): OutageShare {
  const { isAsking } = around;
  const nodes = Math.max(1, around.clusterSize);
  const unknown = (isAsking ? EVEN_SHARE : 1) / nodes;
  const shares = plan.windows.map(({ windowMs, limit }) => {
    const used = known?.byWindowMs.get(windowMs);
    if (!used) return unknown;
    const even = limit * EVEN_SHARE;
    return Math.min(1, (used.own + even / nodes) / (used.all + even));
  });
  const ofWhole = shares.at(-1) ?? 1 / nodes;
  const left = leftBy(plan, known, around);
  const least = left.reduce<Left | null>((a, b) => (a && a.count <= b.count ? a : b), null);
  const outstanding = known?.outstanding ?? 0;
  const quotaLeft = left.find(({ name }) => name === plan.quota?.period)?.count ?? 0;
  return {
    windows: plan.windows.map(({ limit }, at) => Math.max(1, limit * (shares[at] ?? 0))),
    // What was reserved may have been used before anybody could say so.
    quota: isAsking
      ? Math.floor((Math.max(0, quotaLeft) * SHARE_MEANWHILE) / nodes)
      : Math.ceil(Math.max(0, quotaLeft - outstanding) * ofWhole),
    ofRemaining:
      known && least
        ? Math.ceil(Math.max(0, least.count - outstanding) * ofWhole)
        : Number.POSITIVE_INFINITY,
    tightest: least?.name,
  };
}

interface Left {
  readonly name: string;
  readonly count: number;
}

function leftBy(plan: LimitPlan, known: LastKnown | null, around: Around): Left[] {
  const windows = plan.windows.map(({ name, windowMs, limit }) => ({
    name,
    count: limit - (known?.byWindowMs.get(windowMs)?.all ?? 0),
  }));
  if (!plan.quota) return windows;
  const { period, limit } = plan.quota;
  const said = known?.quota;
  const isOfNow = said?.period === period && around.today < said.endDay;
  const used = Math.max(around.quotaUsed, isOfNow ? said.used : 0);
  return [...windows, { name: period, count: limit - used }];
}

/** The limits that keep the node from admitting one more on its own. */
export function exhaustedShare(
  plan: LimitPlan,
  share: OutageShare,
  own: { readonly windows: readonly number[]; readonly sinceOutage: number },
): readonly string[] {
  const names: string[] = plan.windows
    .filter((_, at) => (own.windows[at] ?? 0) >= Math.floor(share.windows[at] ?? 0))
    .map(({ name }) => name);
  if (plan.quota && own.sinceOutage >= share.quota) names.push(plan.quota.period);
  return names;
}
