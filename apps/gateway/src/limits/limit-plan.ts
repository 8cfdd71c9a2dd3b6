import { WINDOW_MS, type QuotaPeriod } from '@portico/contracts';
import type { MeterPolicy } from '@portico/enforcement';

export interface WindowShape {
  readonly windowMs: number;
  readonly slotMs: number;
}

export interface WindowLimit extends WindowShape {
  /** `1m` */
  readonly name: string;
  readonly limit: number;
}

export interface QuotaLimit {
  readonly period: QuotaPeriod;
  readonly limit: number;
}

/** A policy as a limiter needs it; worked out once per policy object. */
export interface LimitPlan {
  readonly policy: MeterPolicy;
  /** Shortest first, one per window length. */
  readonly windows: readonly WindowLimit[];
  readonly quota: QuotaLimit | null;
  /** Same text, same limits: tells a changed policy from a policy compiled again. */
  readonly fingerprint: string;
}

/** 240 slots per window: 250 ms for a minute. */
const SLOTS_PER_WINDOW = 240;
const shapeOf = (windowMs: number): WindowShape => ({
  windowMs,
  slotMs: Math.ceil(windowMs / SLOTS_PER_WINDOW),
});

/**
 * Kept for every scope, whatever its policy, so that a window which a policy gains later starts with
 * what was used before it. Coarse: the figure is exact to a slot, and late rather than early.
 */
export const HISTORY_SHAPES: readonly WindowShape[] = [
  { windowMs: WINDOW_MS['1h'], slotMs: 60_000 },
  { windowMs: WINDOW_MS['1d'], slotMs: 1_800_000 },
];

/** What a scope is counted under while it has none. */
export const NO_POLICY: MeterPolicy = {
  id: '',
  rateLimits: [],
  quota: null,
  mode: 'default',
  onOutage: 'open',
};

const planByPolicy = new WeakMap<MeterPolicy, LimitPlan>();

export function planOf(policy: MeterPolicy): LimitPlan {
  const known = planByPolicy.get(policy);
  if (known) return known;
  const plan = compilePlan(policy);
  planByPolicy.set(policy, plan);
  return plan;
}

function compilePlan(policy: MeterPolicy): LimitPlan {
  const tightest = new Map<string, WindowLimit>();
  for (const { requests, window } of policy.rateLimits) {
    const known = tightest.get(window);
    if (known && known.limit <= requests) continue;
    tightest.set(window, { name: window, limit: requests, ...shapeOf(WINDOW_MS[window]) });
  }
  const windows = [...tightest.values()].sort((a, b) => a.windowMs - b.windowMs);
  const quota = policy.quota && { period: policy.quota.period, limit: policy.quota.requests };
  const fingerprint = JSON.stringify([windows, quota, policy.mode, policy.onOutage]);
  return { policy, windows, quota, fingerprint };
}
