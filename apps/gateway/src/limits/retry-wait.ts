import { DAY_MS, periodOf, utcDay } from '@portico/contracts';
import type { LimitPlan, QuotaLimit } from './limit-plan.ts';
import type { SlotRing } from './slot-ring.ts';
import type { Now, Standing } from './standing.ts';

export interface RetryContext {
  readonly plan: LimitPlan;
  readonly standing: Standing;
  readonly ownRings: readonly SlotRing[];
  /** Used here since the authority last counted: it still calls them reserved. */
  readonly unreported: number;
  readonly roundTripMs: number;
  readonly now: Now;
}

/** After how long a refused caller gets through, if nobody else takes what comes free. */
export function retryWaitMs(context: RetryContext): number {
  const { plan, standing, unreported, now } = context;
  const { windows, quotaUsed } = standing.leased;
  const waits = plan.windows.map((window, at) => {
    const used = windows[at]?.used ?? 0;
    const isByOurUse = used < window.limit && used + unreported >= window.limit;
    return isByOurUse ? ownExpiryMs(context, at) - now.monotonicMs : 0;
  });
  if (plan.quota && quotaUsed < plan.quota.limit && quotaUsed + unreported >= plan.quota.limit) {
    waits.push(periodLeftMs(plan.quota, now));
  }
  return Math.max(standing.retryAtMs - now.monotonicMs, ...waits);
}

/** The authority dates a use up to a round trip later, and its slots end elsewhere than ours. */
function ownExpiryMs({ ownRings, plan, roundTripMs, now }: RetryContext, at: number): number {
  const first = ownRings[at]?.expiries().next();
  const expiresAtMs = first?.done === false ? first.value[0] : now.monotonicMs;
  return expiresAtMs + (plan.windows[at]?.slotMs ?? 0) + roundTripMs + 1;
}

/** Until the first of our own uses leaves every one of these windows, and the quota begins anew. */
export function ownWaitMs(
  rings: readonly SlotRing[],
  { plan, names, now }: { plan: LimitPlan; names: readonly string[]; now: Now },
): number {
  const waits = rings.map(
    (ring) => (ring.expiries().next().value?.[0] ?? now.monotonicMs) - now.monotonicMs,
  );
  if (plan.quota && names.includes(plan.quota.period)) waits.push(periodLeftMs(plan.quota, now));
  return Math.max(0, ...waits);
}

const periodLeftMs = ({ period }: QuotaLimit, { authorityMs }: Now): number =>
  periodOf(period, utcDay(authorityMs)).endDay * DAY_MS - authorityMs;
