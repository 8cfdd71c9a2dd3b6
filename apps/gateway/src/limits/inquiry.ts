import { periodOf, utcDay, type LimitState, type QuotaPeriod } from '@portico/contracts';
import type { EscrowDesk } from './escrow-desk.ts';
import type { LimitPlan } from './limit-plan.ts';
import type { LastKnown } from './outage-share.ts';
import type { DayCounts } from './quota-ledger.ts';

/** Who has not answered by then is away, too. */
const ANSWERS_WITHIN_MS = 1_000;
const AGAIN_AFTER_MS = 5_000;

/**
 * What other nodes and the ledger know of a scope that this node has never met, while the authority
 * is silent. Not knowing is not the same as nothing used.
 */
export class Inquiry {
  readonly #scope: string;
  readonly #desk: EscrowDesk;
  readonly #onNews: () => void;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #isUnderWay = false;
  #states: readonly LimitState[] = [];
  #days: DayCounts = [];

  constructor(scope: string, desk: EscrowDesk, onNews: () => void) {
    this.#scope = scope;
    this.#desk = desk;
    this.#onNews = onNews;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  begin(nowMs: number): void {
    if (nowMs - this.#startedAtMs < AGAIN_AFTER_MS) return;
    this.#startedAtMs = nowMs;
    this.#isUnderWay = true;
    const end = (): void => {
      if (!this.#isUnderWay) return;
      this.#isUnderWay = false;
      this.#onNews();
    };
    const cancel = this.#desk.timers.after(ANSWERS_WITHIN_MS, end);
    const peers = this.#desk.askPeers(this.#scope).then((states) => {
      this.#states = states;
      this.#onNews();
    });
    const ledger = this.#desk.askLedger(this.#scope).then((days) => {
      this.#days = days;
      this.#onNews();
    });
    void Promise.allSettled([peers, ledger]).then(() => {
      cancel();
      end();
    });
  }

  /** What the others say of everybody's use; null where none of them knows. */
  heard({ windows, quota }: LimitPlan): LastKnown | null {
    const byWindowMs = new Map<number, { own: number; all: number }>();
    for (const { windowMs, name } of windows) {
      const said = this.#most('rate', name);
      if (said) byWindowMs.set(windowMs, { own: 0, all: said.used });
    }
    const ofQuota = quota && this.#most('quota', quota.period);
    if (byWindowMs.size === 0 && !ofQuota) return null;
    const endDay = ofQuota ? utcDay(ofQuota.resets_at_ms) : 0;
    const known = quota && ofQuota && { period: quota.period, used: ofQuota.used, endDay };
    return { byWindowMs, quota: known ?? null, outstanding: 0 };
  }

  /** By the ledger. */
  quotaUsed(period: QuotaPeriod, today: number): number {
    const { firstDay, endDay } = periodOf(period, today);
    return this.#days
      .filter(([day]) => day >= firstDay && day < endDay)
      .reduce((sum, [, admitted]) => sum + admitted, 0);
  }

  #most(kind: LimitState['kind'], name: string): LimitState | undefined {
    return this.#states
      .filter((state) => state.kind === kind && state.name === name)
      .sort((a, b) => b.used - a.used)[0];
  }
}
