import { DAY_MS, type LimitState, periodOf, utcDay } from '@portico/contracts';
import type { MeterPolicy, Meters, MeterScope, MeterVerdict } from '@portico/enforcement';
import type { LimitClock } from './clock.ts';
import { NO_POLICY, planOf, type LimitPlan } from './limit-plan.ts';
import type { DayCounts } from './quota-ledger.ts';
import { ScopeUsage } from './scope-usage.ts';
import type { SlotRing } from './slot-ring.ts';
import { Unseeded } from './unseeded.ts';
import {
  quotaState,
  rateState,
  refusal,
  refusalForNow,
  UNLIMITED,
  type Exhausted,
} from './verdicts.ts';

/** Compares the quota's counter with the ledger where that is due: what to wait for, or null. */
export type Compare = (scopeKey: string, isSeeded: boolean) => Promise<void> | null;

/**
 * Limits of a node that shares them with nobody: the authority is this process, so every verdict is
 * exact and nothing ever waits.
 */
export class LocalMeters implements Meters {
  readonly #clock: LimitClock;
  readonly #accounts = new Map<string, LocalAccount>();

  readonly #compare: Compare | null;

  /** `compare` is called with every take from a scope with a quota, before it is decided. */
  constructor(clock: LimitClock, compare: Compare | null = null) {
    this.#clock = clock;
    this.#compare = compare;
  }

  take(scope: MeterScope): MeterVerdict {
    if (!scope.policy) return this.#known(scope.key).takeUnlimited();
    const account = this.#account(scope.key, scope.policy);
    if (!scope.policy.quota || !this.#compare) return account.take();
    const compared = this.#compare(scope.key, account.isSeeded);
    return account.isSeeded ? account.take() : account.takeUnseeded(compared);
  }

  /** Where the limits stand, without taking anything. */
  standing({ key, policy }: MeterScope): readonly LimitState[] {
    return policy ? this.#account(key, policy).states() : [];
  }

  /** What is counted of each day so far. */
  daysOf(scopeKey: string): ReadonlyMap<number, number> {
    return new Map(this.#known(scopeKey).usage.days());
  }

  /**
   * Day counts of the ledger. The first time they are from before this process and are added, less
   * what it had counted itself when the ledger was asked, which may be in them; later they hold what
   * this process reported, and can only raise what it knows.
   */
  seed(scopeKey: string, days: DayCounts, ownDays: ReadonlyMap<number, number>): void {
    const account = this.#known(scopeKey);
    for (const [day, admitted] of days) {
      const known = account.isSeeded ? account.usage.onDay(day) : (ownDays.get(day) ?? 0);
      account.usage.addToDay(day, Math.max(0, admitted - known));
    }
    account.isSeeded = true;
  }

  /** Frees what idle scopes hold; a quota's count stays until no period can hold it any more. */
  sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    const oldestDay = utcDay(this.#clock.unixMs()) - 31;
    for (const [key, account] of this.#accounts) {
      const isIdle = account.usage.compact(nowMs);
      if (isIdle && !account.usage.hasDaysSince(oldestDay)) this.#accounts.delete(key);
    }
  }

  get size(): number {
    return this.#accounts.size;
  }

  #account(key: string, policy: MeterPolicy): LocalAccount {
    const account = this.#known(key);
    if (account.policy !== policy) account.follow(policy);
    return account;
  }

  #known(key: string): LocalAccount {
    let account = this.#accounts.get(key);
    if (!account) this.#accounts.set(key, (account = new LocalAccount(this.#clock)));
    return account;
  }
}

class LocalAccount {
  readonly usage = new ScopeUsage();
  policy: MeterPolicy | null = null;
  isSeeded = false;
  readonly #unseeded = new Unseeded({ hasLedger: true, clusterSize: () => 1 });
  #plan: LimitPlan = planOf(NO_POLICY);
  #rings: readonly SlotRing[] = [];
  readonly #clock: LimitClock;
  readonly #limits = () => this.states();

  constructor(clock: LimitClock) {
    this.#clock = clock;
  }

  follow(policy: MeterPolicy): void {
    this.policy = policy;
    this.#plan = planOf(policy);
    this.#rings = this.usage.ringsFor(this.#plan.windows, this.#clock.monotonicMs());
  }

  /** One from every limit, or from none: nothing is added before everything has been checked. */
  take(): MeterVerdict {
    const nowMs = this.#clock.monotonicMs();
    const day = utcDay(this.#clock.unixMs());
    if (!this.#hasRoom(nowMs, day)) return refusal(this.#exhausted(nowMs), this.#limits);
    this.usage.add(nowMs, day, 1);
    return { kind: 'granted', limits: this.#limits };
  }

  /** Counted all the same: a policy may come, or come back. */
  takeUnlimited(): MeterVerdict {
    this.usage.add(this.#clock.monotonicMs(), utcDay(this.#clock.unixMs()), 1);
    return UNLIMITED;
  }

  /** The ledger has not said yet what was used before this process: next to nothing until it has. */
  takeUnseeded(compared: Promise<void> | null): MeterVerdict {
    if (this.#unseeded.most(this.#plan, this.#clock.monotonicMs()) > 0) {
      this.#unseeded.took(1, false);
      return this.take();
    }
    return compared
      ? { kind: 'pending', on: 'ledger', ready: compared, limits: this.#limits }
      : refusalForNow(this.#limits);
  }

  states(): readonly LimitState[] {
    const { windows, quota } = this.#plan;
    const [unixMs, nowMs] = [this.#clock.unixMs(), this.#clock.monotonicMs()];
    const states: LimitState[] = [];
    for (const [at, window] of windows.entries()) {
      const ring = this.#ring(at);
      const used = ring.used(nowMs);
      states.push(rateState(window, used, unixMs + ((ring.emptyAtMs() ?? nowMs) - nowMs)));
    }
    if (quota) {
      const day = utcDay(unixMs);
      const resetsAtMs = periodOf(quota.period, day).endDay * DAY_MS;
      states.push(quotaState(quota, this.usage.quotaUsed(quota.period, day), resetsAtMs));
    }
    return states;
  }

  #hasRoom(nowMs: number, day: number): boolean {
    const { windows, quota } = this.#plan;
    for (let at = 0; at < windows.length; at += 1) {
      const window = windows[at];
      if (window && this.#ring(at).used(nowMs) >= window.limit) return false;
    }
    return !quota || this.usage.quotaUsed(quota.period, day) < quota.limit;
  }

  #exhausted(nowMs: number): Exhausted[] {
    const unixMs = this.#clock.unixMs();
    return this.states().flatMap((state, at): Exhausted[] => {
      if (state.remaining > 0) return [];
      if (state.kind === 'quota') return [{ state, waitMs: state.resets_at_ms - unixMs }];
      const window = this.#plan.windows[at];
      return window ? [{ state, waitMs: roomAt(this.#ring(at), window.limit, nowMs) - nowMs }] : [];
    });
  }

  #ring(at: number): SlotRing {
    const ring = this.#rings[at];
    if (!ring) throw new Error('A limit without its window: the plan and the rings disagree.');
    return ring;
  }
}

/** When enough has expired for one more use: more than one slot where a limit was lowered. */
function roomAt(ring: SlotRing, limit: number, nowMs: number): number {
  let used = ring.used(nowMs);
  for (const [expiresAtMs, count] of ring.expiries()) {
    used -= count;
    if (used < limit) return expiresAtMs;
  }
  return nowMs;
}
