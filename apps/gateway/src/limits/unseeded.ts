import type { LimitPlan } from './limit-plan.ts';

/** A ledger that has not answered for so long is away: from then on `on_outage` decides. */
const LEDGER_AWAY_AFTER_MS = 1_000;
/** Default mode: as much as may be admitted unreserved of any limit. */
const SHARE = 0.01;

interface Around {
  /** Without one, nothing is waited for. */
  readonly hasLedger: boolean;
  clusterSize(): number;
}

/**
 * How much may be used of a quota before the ledger has said what was used of it: a counter that
 * starts from nothing would give the whole quota once more.
 */
export class Unseeded {
  readonly #around: Around;
  #sinceMs: number | null = null;
  #taken = 0;

  constructor(around: Around) {
    this.#around = around;
  }

  /** Taken, of a counter that was compared by then or not. */
  took(count: number, isSeeded: boolean): void {
    this.#taken = isSeeded ? 0 : this.#taken + count;
    if (isSeeded) this.#sinceMs = null;
  }

  most({ quota, policy }: LimitPlan, nowMs: number): number {
    if (!quota || !this.#around.hasLedger) return Number.MAX_SAFE_INTEGER;
    this.#sinceMs ??= nowMs;
    const isAway = nowMs - this.#sinceMs >= LEDGER_AWAY_AFTER_MS;
    if (isAway && policy.onOutage !== 'closed') return Number.MAX_SAFE_INTEGER;
    if (policy.mode === 'strict') return 0;
    return Math.max(
      0,
      Math.floor((quota.limit * SHARE) / Math.max(1, this.#around.clusterSize())) - this.#taken,
    );
  }
}
