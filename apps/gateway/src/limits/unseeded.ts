import type { LimitPlan } from './limit-plan.ts';

/** A ledger that has not answered for so long is away: from then on `on_outage` decides. */
const LEDGER_AWAY_AFTER_MS = 1_000;
/** Default mode: as much as may be admitted unreserved of any limit. */
const SHARE = 0.01;

/**
 * How much may be used of a quota before the ledger has said what was used of it: a counter that
 * starts from nothing would give the whole quota once more.
 */
export class Unseeded {
  #sinceMs: number | null = null;
  #taken = 0;

  /** Compared now. */
  end(): void {
    this.#sinceMs = null;
    this.#taken = 0;
  }

  took(count: number): void {
    this.#taken += count;
  }

  most({ quota, policy }: LimitPlan, clusterSize: number, nowMs: number): number {
    if (!quota) return Number.MAX_SAFE_INTEGER;
    this.#sinceMs ??= nowMs;
    const isAway = nowMs - this.#sinceMs >= LEDGER_AWAY_AFTER_MS;
    if (isAway && policy.onOutage !== 'closed') return Number.MAX_SAFE_INTEGER;
    if (policy.mode === 'strict') return 0;
    return Math.max(0, Math.floor((quota.limit * SHARE) / Math.max(1, clusterSize)) - this.#taken);
  }
}
