import { periodOf, utcDay } from '@portico/contracts';
import type { Leased } from './authority.ts';
import type { EscrowDesk } from './escrow-desk.ts';
import { Inquiry } from './inquiry.ts';
import type { LimitPlan } from './limit-plan.ts';
import { lastKnownOf, shareAtOutage, type LastKnown, type OutageShare } from './outage-share.ts';
import { Outage } from './outage.ts';
import { ownWaitMs } from './retry-wait.ts';
import type { ScopeUsage } from './scope-usage.ts';
import type { SlotRing } from './slot-ring.ts';

export interface AloneRefusal {
  /** The limits that refuse. */
  readonly names: readonly string[];
  readonly waitMs: number;
}

/** How a scope is decided by this node alone, while the authority is silent: `on_outage: share`. */
export class Alone {
  readonly #desk: EscrowDesk;
  /** What this node alone admitted. */
  readonly #own: ScopeUsage;
  #plan: LimitPlan;
  #rings: readonly SlotRing[];
  /** Outlives the authority's memory: what a share is worked out from. */
  #lastKnown: LastKnown | null = null;
  #outage: Outage | null = null;
  /** Of the quota's period in which the last decision alone fell. */
  #periodFirstDay = 0;
  /** Where this node has never heard of the scope: whoever else might know. */
  readonly #inquiry: Inquiry;

  constructor(scope: string, desk: EscrowDesk, own: ScopeUsage, plan: LimitPlan) {
    this.#desk = desk;
    this.#own = own;
    this.#inquiry = new Inquiry(scope, desk, () => this.#outage?.follow(this.#plan, this.#share()));
    this.#plan = plan;
    this.#rings = own.ringsFor(plan.windows, desk.nowMs());
  }

  /** The windows of the plan, as far as this node used them. */
  get rings(): readonly SlotRing[] {
    return this.#rings;
  }

  /** True from the first decision alone until the node is one of many again. */
  get hasBegun(): boolean {
    return this.#outage !== null;
  }

  isDeciding(nowMs: number): boolean {
    return this.#outage?.isAlone(nowMs) === true;
  }

  /** A changed policy forgets neither what was used before the silence nor what was since. */
  follow(plan: LimitPlan): void {
    this.#plan = plan;
    this.#rings = this.#own.ringsFor(plan.windows, this.#desk.nowMs());
    this.#outage?.follow(plan, this.#share());
  }

  /** Takes one from this node's share; a refusal where that is used up. */
  take(nowMs: number): AloneRefusal | null {
    const { outageAfterMs } = this.#desk.settings;
    this.#followCalendar();
    if (!this.#outage) {
      if (!this.#lastKnown) this.#inquiry.begin(nowMs);
      this.#outage = new Outage(this.#plan, this.#share(), nowMs + outageAfterMs);
    }
    const usedUp = this.#outage.take(this.#used(nowMs), nowMs);
    if (!usedUp) return null;
    const { names, untilMs } = usedUp;
    const rings = this.#rings.filter((_, at) => names.includes(this.#plan.windows[at]!.name));
    const waitMs = ownWaitMs(rings, { plan: this.#plan, names, now: this.#desk.now() });
    return { names, waitMs: Math.max(waitMs, untilMs - nowMs) };
  }

  /** The authority answered. `unreported`: used here, and not counted in its answer. */
  answered(leased: Leased, unreported: number, nowMs: number): void {
    // While nodes are still telling what they used, "all" is only a part of it.
    if (leased.isRebuilding) return;
    const rejoinAfterMs = 2 * this.#desk.settings.epochCheckMs;
    if (this.#outage?.isOverAfterAnswer(nowMs, rejoinAfterMs)) this.#outage = null;
    this.#lastKnown = lastKnownOf(this.#plan, leased, { ownUsed: this.#used(nowMs), unreported });
  }

  #followCalendar(): void {
    const { quota } = this.#plan;
    if (!quota) return;
    const { firstDay } = periodOf(quota.period, this.#today());
    if (firstDay > this.#periodFirstDay) this.#outage?.beginPeriod(this.#share());
    this.#periodFirstDay = firstDay;
  }

  #today(): number {
    return utcDay(this.#desk.now().authorityMs);
  }

  #used(nowMs: number): number[] {
    return this.#rings.map((ring) => ring.used(nowMs));
  }

  #share(): OutageShare {
    const { quota } = this.#plan;
    const today = this.#today();
    const quotaUsed = quota
      ? Math.max(
          this.#own.quotaUsed(quota.period, today),
          this.#inquiry.quotaUsed(quota.period, today),
        )
      : 0;
    const known = this.#lastKnown ?? this.#inquiry.heard(this.#plan);
    const isAsking = !known && this.#inquiry.isUnderWay;
    const clusterSize = this.#desk.clusterSize();
    return shareAtOutage(this.#plan, known, { clusterSize, today, quotaUsed, isAsking });
  }
}
