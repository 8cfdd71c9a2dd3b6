import type { EscrowSettings } from './escrow-settings.ts';
import type { LimitPlan } from './limit-plan.ts';
import type { Standing } from './standing.ts';

export interface SpeculationContext {
  readonly plan: LimitPlan;
  readonly standing: Standing | undefined;
  readonly settings: EscrowSettings;
  readonly clusterSize: number;
  /** True when the ledger has still to say what is used of the quota. */
  readonly isUnseeded: boolean;
  readonly nowMs: number;
}

/** How long what was said about a quota is good enough to speculate on. */
const QUOTA_FRESH_MS = 60_000;

/** A node's part of what may be admitted unreserved, all nodes together 1 % of the tightest limit. */
function speculationMost({ plan, settings, clusterSize }: SpeculationContext): number {
  const smallest = Math.min(...plan.windows.map(({ limit }) => limit));
  if (!Number.isFinite(smallest)) return 0;
  return Math.floor((settings.speculation * smallest) / Math.max(1, clusterSize));
}

/** How many may be unreserved at this moment, given what the authority last said. */
export function speculationNow(context: SpeculationContext): number {
  const { plan, standing, settings, nowMs } = context;
  // A quota is what bills are made from: nothing unreserved unless its end is known to be far.
  if (plan.quota && (!standing || nowMs - standing.atMs > QUOTA_FRESH_MS)) return 0;
  if (context.isUnseeded) return 0;
  if (isKnownNear(context)) return 0;
  const most = speculationMost(context);
  if (!standing || nowMs - standing.atMs > settings.freshMs) return most;
  const { remaining, activeNodes } = standing.leased;
  return Math.max(0, Math.min(most, Math.floor(remaining / activeNodes)));
}

/**
 * How many may be unreserved once a lease is late. At least one, or a slow authority would shut
 * quiet partners out; none for a partner who is known to be near a limit.
 */
export function speculationLate(context: SpeculationContext): number {
  return isKnownNear(context) || context.isUnseeded ? 0 : speculationMost(context) || 1;
}

/** Little was left when the authority last answered, and what was used then may still count. */
function isKnownNear({ plan, standing, settings, nowMs }: SpeculationContext): boolean {
  if (!standing) return false;
  const longestMs = plan.windows.at(-1)?.windowMs ?? 0;
  if (standing.isLow && nowMs - standing.atMs < longestMs) return true;
  if (!plan.quota) return false;
  const left = plan.quota.limit - standing.leased.quotaUsed - standing.leased.outstanding;
  const largest = Math.max(0, ...plan.windows.map(({ limit }) => limit));
  return left <= Math.max(settings.pressure * plan.quota.limit, 2 * largest);
}
