import { DAY_MS, type LimitState, periodOf, utcDay } from '@portico/contracts';
import type { Leased } from './authority.ts';
import type { LimitPlan } from './limit-plan.ts';
import { quotaState, rateState } from './verdicts.ts';

/** What the authority last said about a scope, on this node's clock. */
export interface Standing {
  readonly leased: Leased;
  /** When the answer came. */
  readonly atMs: number;
  /** When something comes free; never early. */
  readonly retryAtMs: number;
  /** True when less than the pressure share of some limit is left. */
  readonly isLow: boolean;
  /** True when more than half of every limit is left. */
  readonly isAmple: boolean;
}

export function standingOf(
  plan: LimitPlan,
  leased: Leased,
  atMs: number,
  pressure: number,
): Standing {
  const shares = freeShares(plan, leased);
  return {
    leased,
    atMs,
    // The authority's clock had reached `nowMs` before the answer came: waiting that much is enough.
    retryAtMs: atMs + Math.max(1, leased.retryAtMs - leased.nowMs + 1),
    isLow: shares.some((share) => share < pressure),
    isAmple: shares.every((share) => share > 0.5),
  };
}

function freeShares(plan: LimitPlan, { windows, quotaUsed, outstanding }: Leased): number[] {
  const shares = plan.windows.map(
    ({ limit }, at) => (limit - (windows[at]?.used ?? 0) - outstanding) / limit,
  );
  if (plan.quota) shares.push((plan.quota.limit - quotaUsed - outstanding) / plan.quota.limit);
  return shares;
}

export interface Now {
  readonly monotonicMs: number;
  readonly unixMs: number;
  /** The authority's, which decides what day it is. */
  readonly authorityMs: number;
}

/** Used here and not in the authority's answer. */
export interface UsedSince {
  /** In the order of the plan; what was used long ago has left a short window. */
  readonly windows: readonly number[];
  readonly quota: number;
}

/** Every limit as this node knows it: the last answer, and what was used here since. */
export function limitStates(
  plan: LimitPlan,
  standing: Standing | undefined,
  since: UsedSince | null,
  now: Now,
): LimitState[] {
  const states = plan.windows.map((window, at) => {
    const known = standing?.leased.windows[at];
    const emptyInMs = known && standing ? known.emptyAtMs - standing.leased.nowMs : 0;
    const emptyAtMs = (standing?.atMs ?? now.monotonicMs) + emptyInMs;
    const used = known && emptyAtMs > now.monotonicMs ? known.used : 0;
    const usedSince = since?.windows[at] ?? 0;
    const resetsInMs =
      usedSince > 0 ? window.windowMs + window.slotMs : Math.max(0, emptyAtMs - now.monotonicMs);
    return rateState(window, used + usedSince, now.unixMs + resetsInMs);
  });
  if (!plan.quota) return states;
  const period = periodOf(plan.quota.period, utcDay(now.authorityMs));
  const isCurrent = standing && utcDay(standing.leased.nowMs) >= period.firstDay;
  const used = (isCurrent ? standing.leased.quotaUsed : 0) + (since?.quota ?? 0);
  return [...states, quotaState(plan.quota, used, period.endDay * DAY_MS)];
}

/** The names of the limits with nothing left for anybody: used up, or reserved by other nodes. */
export function exhaustedLimits(plan: LimitPlan, leased: Leased): string[] {
  const left = [
    ...plan.windows.map(({ name, limit }, at) => ({
      name: name as string,
      left: limit - (leased.windows[at]?.used ?? 0),
    })),
    ...(plan.quota
      ? [{ name: plan.quota.period as string, left: plan.quota.limit - leased.quotaUsed }]
      : []),
  ];
  const names = left.filter((one) => one.left <= leased.outstanding).map(({ name }) => name);
  return names.length > 0 ? names : left.slice(0, 1).map(({ name }) => name);
}
