import type { LimitState } from '@portico/contracts';
import type { MeterPolicy, MeterVerdict } from '@portico/enforcement';
import {
  CREDIT_LIFE_MS,
  type Leased,
  type LeaseRequest,
  type RestoreRequest,
  type UseReport,
} from './authority.ts';
import { utcDay } from './calendar.ts';
import { Demand } from './demand.ts';
import type { EscrowDesk } from './escrow-desk.ts';
import { planOf, type LimitPlan } from './limit-plan.ts';
import { exhaustedShare, shareAtOutage, type LastKnown, type OutageShare } from './outage-share.ts';
import { ScopeUsage } from './scope-usage.ts';
import type { SlotRing } from './slot-ring.ts';
import { exhaustedLimits, limitStates, standingOf, type Standing } from './standing.ts';
import { UseLog } from './use-log.ts';
import { refusal } from './verdicts.ts';
import { WaitingRoom } from './waiting-room.ts';

interface Flight {
  readonly call: number;
  readonly sentAtMs: number;
  readonly plan: LimitPlan;
}

interface Outage {
  readonly share: OutageShare;
  /** Admitted alone. */
  admitted: number;
  /** Until then the node goes on alone, reporting only, so that all nodes report before any leases. */
  rejoinAtMs: number;
}

/** Tokens of one scope on this node: reserved at the authority, taken here from memory. */
export class EscrowAccount {
  readonly key: string;
  readonly room: WaitingRoom;
  policy: MeterPolicy;
  readonly #desk: EscrowDesk;
  #plan: LimitPlan;
  readonly #demand: Demand;
  readonly #log = new UseLog();
  /** What this node alone admitted: its share in an outage, and its memory for a new authority. */
  readonly #own = new ScopeUsage();
  #ownRings: readonly SlotRing[] = [];
  #credit = 0;
  /** When the authority last heard of the credit, by the time its call left. */
  #declaredAtMs = Number.NEGATIVE_INFINITY;
  #debt = 0;
  #frozenDebt = 0;
  #rejected = 0;
  #roundTripMs = 2;
  #lastTakeMs: number;
  #syncedAtMs = Number.NEGATIVE_INFINITY;
  #probeAtMs = 0;
  #pressureUntilMs = Number.NEGATIVE_INFINITY;
  #standing: Standing | undefined;
  /** Outlives the authority's memory: what a share is worked out from. */
  #lastKnown: LastKnown | null = null;
  #flight: Flight | null = null;
  #outage: Outage | null = null;
  #restore: RestoreRequest | null = null;
  /** The authority holds more for us than we do; the next call, which is absolute, puts it right. */
  #isMisheld = false;
  #isLeaving = false;
  readonly #limits = () => this.states();

  constructor(key: string, policy: MeterPolicy, desk: EscrowDesk) {
    const nowMs = desk.nowMs();
    this.key = key;
    this.policy = policy;
    this.#plan = planOf(policy);
    this.#desk = desk;
    this.#demand = new Demand(nowMs);
    this.#lastTakeMs = nowMs;
    this.room = new WaitingRoom(desk.timers, desk.settings.waitMs);
    this.#ownRings = this.#own.ringsFor(this.#plan.windows, nowMs);
  }

  get plan(): LimitPlan {
    return this.#plan;
  }

  get standing(): Standing | undefined {
    return this.#standing;
  }

  get isCalling(): boolean {
    return this.#flight !== null;
  }

  get pendingRestore(): RestoreRequest | null {
    return this.#restore;
  }

  /** A changed policy starts with no credit, so that nothing is admitted by the old one any more. */
  follow(policy: MeterPolicy): void {
    const plan = planOf(policy);
    const isSame = plan.fingerprint === this.#plan.fingerprint;
    this.policy = policy;
    this.#plan = plan;
    if (isSame) return;
    this.#ownRings = this.#own.ringsFor(plan.windows, this.#desk.nowMs());
    this.#credit = 0;
    this.#standing = undefined;
    this.#lastKnown = null;
    this.#outage = null;
  }

  /** The hot path: an addition and a comparison while there is credit. */
  take(nowMs: number): MeterVerdict {
    this.#demand.note(nowMs);
    this.#lastTakeMs = nowMs;
    if (this.#credit > 0 && nowMs - this.#declaredAtMs > CREDIT_LIFE_MS) this.#credit = 0;
    if (this.#credit <= 0) return this.#takeWithoutCredit(nowMs);
    this.#credit -= 1;
    const soonNeeded = this.#demand.perMs(nowMs) * this.#roundTripMs * 1.5;
    if (this.#credit < soonNeeded && this.#hasMore() && !this.#flight) this.#ask();
    return this.#admit(nowMs);
  }

  states(): readonly LimitState[] {
    return limitStates(this.#plan, this.#standing, this.#log.count, this.#desk.now());
  }

  /** Others say that little is left. */
  underPressure(nowMs: number): void {
    this.#pressureUntilMs = nowMs + 1_000;
  }

  /** True when there is something to report, to give back, to keep alive or to look for. */
  needsCall(nowMs: number): boolean {
    if (this.#flight || this.#restore) return false;
    if (this.#isMisheld) return true;
    const { horizonMs } = this.#desk.settings;
    const target = this.#target(nowMs);
    const sinceMs = nowMs - this.#syncedAtMs;
    if (this.#log.count > 0 && sinceMs >= this.#horizonMs(nowMs) - 25) return true;
    if (this.#rejected > 0 && nowMs >= this.#probeAtMs && sinceMs >= horizonMs / 2) return true;
    if (this.#credit === 0) return false;
    if (this.#hasTooMuch(target) && sinceMs >= horizonMs) return true;
    return this.#isQuiet(nowMs) || nowMs - this.#declaredAtMs > CREDIT_LIFE_MS / 2;
  }

  /** True when nothing is held, owed or expected: the next take wakes it. */
  isAsleep(nowMs: number): boolean {
    return (
      this.#credit === 0 &&
      this.#log.count === 0 &&
      !this.#flight &&
      !this.#restore &&
      !this.#isMisheld &&
      this.room.waiting === 0 &&
      nowMs - this.#lastTakeMs > 2 * this.#desk.settings.horizonMs
    );
  }

  /** True when there is nothing to remember either. */
  isForgettable(nowMs: number, oldestDay: number): boolean {
    return this.isAsleep(nowMs) && this.#own.compact(nowMs) && !this.#own.hasDaysSince(oldestDay);
  }

  /** Builds the next call and counts as having one in flight until it is settled. */
  depart(call: number, epoch: string, nowMs: number): LeaseRequest {
    const target = this.#target(nowMs);
    // Giving back is declaring less.
    if (this.#isQuiet(nowMs)) this.#credit = 0;
    else if (this.#hasTooMuch(target)) this.#credit = Math.ceil(target * 1.2 + 1);
    const want = this.room.waiting;
    const isWanted = want > 0 || this.#rejected > 0;
    const isProbe = want === 0 && this.#rejected > 0;
    const ahead = Math.max(0, Math.ceil(target * 1.2 + (isProbe ? 1 : 0) - this.#credit));
    this.#rejected = 0;
    const mayReserve = !this.#outage && !this.#isLeaving;
    if (this.#log.openCount > 0 && this.#log.openCount === this.#log.count) {
      this.#frozenDebt = this.#debt;
    }
    const report = this.#log.freeze(call, (ownMs) => this.#desk.toAuthorityMs(ownMs));
    this.#flight = { call, sentAtMs: nowMs, plan: this.#plan };
    this.#isMisheld = false;
    return {
      ...{ scope: this.key, node: this.#desk.node, epoch, call, plan: this.#plan, report },
      want: mayReserve ? want : 0,
      ahead: !mayReserve || (target < 0.5 && !isWanted) ? 0 : ahead,
      have: this.#credit + this.#log.openCount,
    };
  }

  /** True when the answer's grant could be used, false when the call was given up before. */
  accept(call: number, leased: Leased, nowMs: number): boolean {
    const flight = this.#flight;
    if (flight?.call !== call) {
      this.#isMisheld ||= leased.granted > 0;
      return false;
    }
    this.#flight = null;
    const roundTripMs = nowMs - flight.sentAtMs;
    const isSlower = roundTripMs > this.#roundTripMs;
    this.#roundTripMs = isSlower ? roundTripMs : this.#roundTripMs * 0.9 + roundTripMs * 0.1;
    this.#syncedAtMs = nowMs;
    this.#rejoin(leased, nowMs);
    if (flight.plan !== this.#plan && flight.plan.fingerprint !== this.#plan.fingerprint) {
      // Leased under the policy before: not used, and given back by the next declaration.
      this.#isMisheld = true;
      this.room.open();
      return true;
    }
    this.#declaredAtMs = flight.sentAtMs;
    this.#credit += leased.granted;
    this.#look(leased, nowMs);
    this.room.open();
    return true;
  }

  #rejoin({ isRebuilding }: Leased, nowMs: number): void {
    const outage = this.#outage;
    if (!outage || isRebuilding) return;
    if (outage.rejoinAtMs === Number.POSITIVE_INFINITY) {
      outage.rejoinAtMs = nowMs + 2 * this.#desk.settings.epochCheckMs;
    } else if (nowMs >= outage.rejoinAtMs) this.#outage = null;
  }

  /** The report arrived, even where its answer was too late for anything else. */
  acknowledge(report: UseReport | null): void {
    if (!report || !this.#log.acknowledge(report)) return;
    this.#debt -= this.#frozenDebt;
    this.#frozenDebt = 0;
  }

  /** No answer, or one that cannot be used. */
  giveUp(call: number): void {
    if (this.#flight?.call !== call) return;
    this.#flight = null;
    this.#isMisheld = true;
    this.#syncedAtMs = this.#desk.nowMs();
    this.room.open();
  }

  /** The authority lost its memory: all that this node admitted, to be sent once, whole. */
  startOver(epoch: string, nowMs: number): void {
    const toAuthority = (uses: readonly (readonly [number, number])[]) =>
      uses.map(([atMs, count]) => [this.#desk.toAuthorityMs(atMs), count] as const);
    const windows = [...this.#own.windows(nowMs)].map(
      ([{ windowMs, slotMs }, uses]) => [{ windowMs, slotMs }, toAuthority(uses)] as const,
    );
    const days = [...this.#own.days()];
    const isEmpty = days.length === 0 && windows.every(([, uses]) => uses.length === 0);
    this.#restore = isEmpty
      ? null
      : { scope: this.key, node: this.#desk.node, epoch, windows, days };
    this.#log.clear();
    this.#credit = 0;
    this.#debt = 0;
    this.#frozenDebt = 0;
    this.#flight = null;
    this.#standing = undefined;
    this.room.open();
  }

  restored(request: RestoreRequest): void {
    if (this.#restore === request) this.#restore = null;
  }

  /** Declares that nothing is held any more. */
  leave(): void {
    this.#isLeaving = true;
    this.#credit = 0;
    this.#flight = null;
    this.room.open();
  }

  hasHoldings(): boolean {
    return this.#credit > 0 || this.#log.count > 0 || this.#standing !== undefined;
  }

  #takeWithoutCredit(nowMs: number): MeterVerdict {
    if (this.#outage && nowMs < this.#outage.rejoinAtMs) return this.#decideAlone(nowMs);
    if (this.#desk.isOut(this.policy.mode)) return this.#decideAlone(nowMs);
    const standing = this.#standing;
    if (this.#restore || standing?.leased.isRebuilding) return this.#whileRebuilding(nowMs);
    if (standing && standing.leased.remaining <= 0 && nowMs < standing.retryAtMs) {
      this.#rejected += 1;
      const names = exhaustedLimits(this.#plan, standing.leased);
      return this.#refuse(names, standing.retryAtMs - nowMs);
    }
    if (!this.#flight) this.#ask();
    const ready = this.#speculationLeft(nowMs) > 0 ? undefined : this.#wait(nowMs);
    if (ready) return { kind: 'pending', ready };
    // Strict mode admits nothing that is not reserved.
    if (this.policy.mode === 'strict' || this.#debt >= Math.max(1, this.#speculationMost())) {
      return this.#refuse(this.#tightest(), 1_000);
    }
    this.#debt += 1;
    return this.#admit(nowMs);
  }

  /** For the call on its way, or about to leave; undefined once that has taken too long. */
  #wait(nowMs: number): Promise<void> | undefined {
    return this.room.enter(nowMs, this.#flight?.sentAtMs ?? nowMs);
  }

  #whileRebuilding(nowMs: number): MeterVerdict {
    this.#rejected += 1;
    if (this.policy.mode === 'default') return this.#decideAlone(nowMs);
    return this.#refuse(this.#tightest(), 1_000);
  }

  #decideAlone(nowMs: number): MeterVerdict {
    if (this.policy.onOutage === 'open') return this.#admit(nowMs);
    if (this.policy.onOutage === 'closed') return this.#refuse(this.#tightest(), 1_000);
    const windows = this.#ownRings.map((ring) => ring.used(nowMs));
    this.#outage ??= {
      share: this.#shareNow(),
      admitted: 0,
      rejoinAtMs: Number.POSITIVE_INFINITY,
    };
    const own = { windows, sinceOutage: this.#outage.admitted };
    const names = exhaustedShare(this.#plan, this.#outage.share, own);
    if (names.length === 0) {
      this.#outage.admitted += 1;
      return this.#admit(nowMs);
    }
    this.#rejected += 1;
    const frees = this.#ownRings.map((ring) => ring.expiries().next().value?.[0] ?? nowMs);
    return this.#refuse(names, Math.max(...frees, nowMs) - nowMs);
  }

  #shareNow(): OutageShare {
    return shareAtOutage(this.#plan, this.#lastKnown, this.#desk.clusterSize());
  }

  /** Our part and everybody's at the same moment: otherwise the shares would not add up to one. */
  #known({ windows, quotaUsed }: Leased, nowMs: number): LastKnown {
    const unreported = this.#log.count;
    return {
      own: this.#ownRings.map((ring) => Math.max(0, ring.used(nowMs) - unreported)),
      all: windows.map(({ used }) => used),
      quotaUsed,
    };
  }

  /** How many more may be admitted before the authority answers, in default mode. */
  #speculationLeft(nowMs: number): number {
    const { settings } = this.#desk;
    if (this.policy.mode === 'strict' || nowMs < this.#pressureUntilMs) return 0;
    const standing = this.#standing;
    const longestMs = this.#plan.windows.at(-1)?.windowMs ?? 0;
    if (this.#plan.quota && !this.#quotaIsFar(nowMs)) return 0;
    if (standing?.isLow && nowMs - standing.atMs < longestMs) return 0;
    const most = this.#speculationMost();
    if (!standing || nowMs - standing.atMs > settings.freshMs) return most - this.#debt;
    const shared = Math.floor(standing.leased.remaining / standing.leased.activeNodes);
    return Math.min(most, shared) - this.#debt;
  }

  /** This node's part of what may be admitted unreserved. */
  #speculationMost(): number {
    const smallest = Math.min(...this.#plan.windows.map(({ limit }) => limit));
    if (!Number.isFinite(smallest)) return 0;
    const nodes = Math.max(1, this.#desk.clusterSize());
    return Math.floor((this.#desk.settings.speculation * smallest) / nodes);
  }

  /** A quota is what bills are made from: nothing is ever speculated near its end. */
  #quotaIsFar(nowMs: number): boolean {
    const { quota, windows } = this.#plan;
    const standing = this.#standing;
    if (!quota || !standing || nowMs - standing.atMs > 60_000) return false;
    const left = quota.limit - standing.leased.quotaUsed - standing.leased.outstanding;
    const largest = Math.max(...windows.map(({ limit }) => limit));
    return left > Math.max(this.#desk.settings.pressure * quota.limit, 2 * largest);
  }

  #admit(nowMs: number): MeterVerdict {
    this.#log.add(nowMs);
    this.#own.add(nowMs, utcDay(this.#desk.toAuthorityMs(nowMs)), 1);
    return { kind: 'granted', limits: this.#limits };
  }

  #refuse(names: readonly string[], waitMs: number): MeterVerdict {
    const exhausted = this.states()
      .filter(({ name }) => names.includes(name))
      .map((state) => ({
        state: { ...state, used: Math.max(state.used, state.limit), remaining: 0 },
        waitMs,
      }));
    const limits = () =>
      this.states().map(
        (state) => exhausted.find((one) => one.state.name === state.name)?.state ?? state,
      );
    return refusal(exhausted, limits);
  }

  #tightest(): readonly string[] {
    const tightest = [...this.states()].sort(
      (a, b) => a.remaining / a.limit - b.remaining / b.limit,
    );
    return tightest.slice(0, 1).map(({ name }) => name);
  }

  #look(leased: Leased, nowMs: number): void {
    const { settings } = this.#desk;
    this.#lastKnown = this.#known(leased, nowMs);
    this.#standing = standingOf(this.#plan, leased, nowMs, settings.pressure);
    if (leased.remaining <= 0) {
      const untilMs = Math.min(this.#standing.retryAtMs - nowMs, settings.horizonMs);
      this.#probeAtMs = nowMs + untilMs * (0.5 + this.#desk.random());
    }
    if (this.#standing.isLow) {
      this.underPressure(nowMs);
      this.#desk.hint(this.key, leased.remaining);
    }
  }

  #ask(): void {
    this.#desk.ask(this);
  }

  #hasMore(): boolean {
    return this.#standing === undefined || this.#standing.leased.remaining > 0;
  }

  #horizonMs(nowMs: number): number {
    const { horizonMs, farHorizonMs } = this.#desk.settings;
    return this.#standing?.isAmple && nowMs > this.#pressureUntilMs ? farHorizonMs : horizonMs;
  }

  #target(nowMs: number): number {
    return this.#demand.perMs(nowMs) * (this.#horizonMs(nowMs) + this.#roundTripMs * 1.5);
  }

  #hasTooMuch(target: number): boolean {
    return this.#credit > Math.ceil(target * 1.5 + 1);
  }

  #isQuiet(nowMs: number): boolean {
    const isUnused = nowMs - this.#lastTakeMs > 2 * this.#desk.settings.horizonMs;
    return isUnused && this.#target(nowMs) < 0.5;
  }
}
