import type { LimitPlan } from './limit-plan.ts';
import { exhaustedShare, type OutageShare } from './outage-share.ts';

export interface UsedUp {
  /** The limits that refuse. */
  readonly names: readonly string[];
  /** Before this they are not looked at again. */
  readonly untilMs: number;
}

/** One time of deciding alone: from the first decision without the authority until all are back. */
export class Outage {
  #plan: LimitPlan;
  #share: OutageShare;
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

  /** Another policy from now on: what was admitted since the silence began is not forgotten. */
  follow(plan: LimitPlan, share: OutageShare): void {
    this.#plan = plan;
    this.#share = share;
  }

  /** The quota begins anew. */
  beginPeriod(share: OutageShare): void {
    this.#share = share;
    this.#admitted = 0;
  }

  /** Takes one from this node's share, or says what of it is used up; null = taken. */
  take(ownUsed: readonly number[], nowMs: number): UsedUp | null {
    const own = { windows: ownUsed, sinceOutage: this.#admitted };
    const names = exhaustedShare(this.#plan, this.#share, own);
    if (names.length > 0) return { names, untilMs: nowMs };
    if (nowMs < this.#certainAtMs && this.#admitted >= this.#share.ofRemaining) {
      const { tightest } = this.#share;
      return { names: tightest === undefined ? [] : [tightest], untilMs: this.#certainAtMs };
    }
    this.#admitted += 1;
    return null;
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
