import { limitNames, type LimitPlan } from './limit-plan.ts';
import { exhaustedShare, type OutageShare } from './outage-share.ts';

/** One time of deciding alone: from the first decision without the authority until all are back. */
export class Outage {
  readonly #plan: LimitPlan;
  readonly #share: OutageShare;
  readonly #certainAtMs: number;
  #admitted = 0;
  /**
   * Set with the first answer after the silence: until then the node only reports and goes on alone,
   * so that every node has reported before any reserves on the strength of what is known.
   */
  #rejoinAtMs = Number.POSITIVE_INFINITY;

  /** Until `certainAtMs` others may still be reserving: only what was left for anybody is shared. */
  constructor(plan: LimitPlan, share: OutageShare, certainAtMs: number) {
    this.#plan = plan;
    this.#share = share;
    this.#certainAtMs = certainAtMs;
  }

  isAlone(nowMs: number): boolean {
    return nowMs < this.#rejoinAtMs;
  }

  /** Takes one from this node's share, or names the limits that it has used up. */
  take(ownUsed: readonly number[], nowMs: number): readonly string[] {
    const own = { windows: ownUsed, sinceOutage: this.#admitted };
    const names = exhaustedShare(this.#plan, this.#share, own);
    if (nowMs < this.#certainAtMs && this.#admitted >= this.#share.ofRemaining) {
      return names.length > 0 ? names : limitNames(this.#plan).slice(0, 1);
    }
    if (names.length === 0) this.#admitted += 1;
    return names;
  }

  /** The authority answered. True when the node is one of many again. */
  isOverAfterAnswer(nowMs: number, rejoinAfterMs: number): boolean {
    if (this.#rejoinAtMs === Number.POSITIVE_INFINITY) {
      this.#rejoinAtMs = nowMs + rejoinAfterMs;
      return false;
    }
    return nowMs >= this.#rejoinAtMs;
  }
}
