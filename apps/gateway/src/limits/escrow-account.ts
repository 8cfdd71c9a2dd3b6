import { type LimitState, utcDay } from '@portico/contracts';
import type { MeterPolicy, MeterVerdict } from '@portico/enforcement';
import { Alone } from './alone.ts';
import {
  CREDIT_LIFE_MS,
  type Leased,
  type LeaseRequest,
  type RestoreRequest,
  type UseReport,
} from './authority.ts';
import { Demand } from './demand.ts';
import type { EscrowDesk } from './escrow-desk.ts';
import { planOf, type LimitPlan } from './limit-plan.ts';
import { memoryOf } from './own-memory.ts';
import { Pressure } from './pressure.ts';
import { retryWaitMs } from './retry-wait.ts';
import { ScopeUsage } from './scope-usage.ts';
import { speculationLate, speculationNow, type SpeculationContext } from './speculation.ts';
import { exhaustedLimits, limitStates, standingOf, type Standing } from './standing.ts';
import { Unseeded } from './unseeded.ts';
import { UseLog } from './use-log.ts';
import { refusalBy, refusalForNow, UNLIMITED } from './verdicts.ts';
import { WaitingRoom } from './waiting-room.ts';

interface Flight {
  readonly call: number;
  readonly sentAtMs: number;
  readonly plan: LimitPlan;
}

/** Tokens of one scope on this node: reserved at the authority, taken here from memory. */
export class EscrowAccount {
  readonly key: string;
  readonly room: WaitingRoom;
  readonly pressure = new Pressure();
  policy: MeterPolicy;
  /** What a new authority must hear before anything else; null once it has. */
  pendingRestore: RestoreRequest | null = null;
  readonly #desk: EscrowDesk;
  #plan: LimitPlan;
  readonly #demand: Demand;
  readonly #log = new UseLog();
  /** What this node alone admitted: its share in an outage, and its memory for a new authority. */
  readonly #own = new ScopeUsage();
  readonly #alone: Alone;
  readonly #unseeded: Unseeded;
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
  #standing: Standing | undefined;
  #flight: Flight | null = null;
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
    this.#unseeded = new Unseeded(desk);
    this.#alone = new Alone(key, desk, this.#own, this.#plan);
  }

  get isCalling(): boolean {
    return this.#flight !== null;
  }

  /** A changed policy starts with no credit, so that nothing is admitted by the old one any more. */
  follow(policy: MeterPolicy): void {
    const plan = planOf(policy);
    const isSame = plan.fingerprint === this.#plan.fingerprint;
    this.policy = policy;
    this.#plan = plan;
    if (isSame) return;
    this.#alone.follow(plan);
    this.#credit = 0;
    this.#standing = undefined;
  }

  /** The hot path: an addition and a comparison while there is credit. */
  take(nowMs: number): MeterVerdict {
    this.#demand.note(nowMs);
    this.#lastTakeMs = nowMs;
    if (this.#credit > 0 && nowMs - this.#declaredAtMs > CREDIT_LIFE_MS) this.#credit = 0;
    if (this.#credit <= 0) return this.#takeWithoutCredit(nowMs);
    this.#credit -= 1;
    const soonNeeded = this.#demand.perMs(nowMs) * this.#roundTripMs * 1.5;
    if (this.#credit < soonNeeded && (this.#standing?.leased.remaining ?? 1) > 0 && !this.#flight)
      this.#desk.ask(this);
    return this.#admit(nowMs);
  }

  /** Counted and reported all the same: a policy may come, or come back. */
  takeUnlimited(nowMs: number): MeterVerdict {
    this.#lastTakeMs = nowMs;
    this.#note(nowMs);
    return UNLIMITED;
  }

  get hasLimits(): boolean {
    return this.#plan.windows.length > 0 || this.#plan.quota !== null;
  }

  states(): readonly LimitState[] {
    const now = this.#desk.now();
    const { count } = this.#log;
    const windows = this.#alone.rings.map((ring) => Math.min(count, ring.used(now.monotonicMs)));
    return limitStates(this.#plan, this.#standing, { windows, quota: count }, now);
  }

  /** True when there is something to report, to give back, to keep alive or to look for. */
  needsCall(nowMs: number): boolean {
    if (this.#flight || this.pendingRestore) return false;
    if (this.#isMisheld) return true;
    const { horizonMs } = this.#desk.settings;
    const target = this.#target(nowMs);
    const sinceMs = nowMs - this.#syncedAtMs;
    if (this.#log.count > 0 && sinceMs >= this.#horizonMs(nowMs) - 25) return true;
    const isLooking = this.#isRebuilding() || (this.#rejected > 0 && nowMs >= this.#probeAtMs);
    if (isLooking && sinceMs >= horizonMs / 2) return true;
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
      !this.pendingRestore &&
      !this.#isMisheld &&
      !this.#isRebuilding() &&
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
    const mayReserve = !this.#alone.hasBegun && !this.#isLeaving;
    if (this.#log.openCount === this.#log.count) this.#frozenDebt = this.#debt;
    const report = this.#log.freeze(call, (ownMs) => this.#desk.toAuthorityMs(ownMs));
    this.#flight = { call, sentAtMs: nowMs, plan: this.#plan };
    this.room.callLeft();
    this.#isMisheld = false;
    return {
      ...{ scope: this.key, node: this.#desk.node, epoch, call, plan: this.#plan, report },
      want: mayReserve ? want : 0,
      ahead: !mayReserve || (target < 0.5 && !isWanted) ? 0 : ahead,
      ...{ have: this.#credit + this.#log.openCount, spent: this.#log.openCount },
      unseededMost: this.#unseeded.most(this.#plan, nowMs),
    };
  }

  accept(call: number, leased: Leased, nowMs: number): void {
    const flight = this.#flight;
    const isSamePlan = flight?.plan.fingerprint === this.#plan.fingerprint;
    if (flight?.call !== call || !isSamePlan) {
      // Too late, or leased under the policy before: not used, and given back by the next call.
      this.#isMisheld ||= leased.granted > 0;
      this.giveUp(call);
      return;
    }
    this.#flight = null;
    const roundTripMs = nowMs - flight.sentAtMs;
    this.#roundTripMs = Math.max(roundTripMs, this.#roundTripMs * 0.9 + roundTripMs * 0.1);
    this.#syncedAtMs = nowMs;
    this.#declaredAtMs = flight.sentAtMs;
    this.#credit += leased.granted;
    this.#unseeded.took(leased.granted, leased.isQuotaSeeded || leased.isRebuilding);
    this.#look(leased, nowMs);
    this.room.open();
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
    const memory = memoryOf(this.#own, nowMs, (ownMs) => this.#desk.toAuthorityMs(ownMs));
    this.pendingRestore = memory && { scope: this.key, node: this.#desk.node, epoch, ...memory };
    this.#log.clear();
    this.#credit = 0;
    this.#debt = 0;
    this.#frozenDebt = 0;
    this.#flight = null;
    this.#standing = undefined;
    this.room.open();
  }

  /** Declares that nothing is held any more. */
  leave(): void {
    this.#isLeaving = true;
    this.#credit = 0;
    this.#flight = null;
    this.room.open();
  }

  #takeWithoutCredit(nowMs: number): MeterVerdict {
    const standing = this.#standing;
    if (this.#alone.isDeciding(nowMs) || this.#desk.isOut(this.policy.mode)) {
      return this.#decideAlone(nowMs);
    }
    if (this.pendingRestore || this.#isRebuilding()) {
      return this.policy.mode === 'default' ? this.#decideAlone(nowMs) : this.#refuseForNow();
    }
    // Not on an old word: clocks drift apart, and others may have given something back.
    const isFresh = standing && nowMs - standing.atMs < 2 * this.#desk.settings.freshMs;
    if (isFresh && standing.leased.remaining <= 0 && nowMs < standing.retryAtMs) {
      return this.#refuseUsedUp(standing);
    }
    if (!this.#flight) this.#desk.ask(this);
    return this.#takeUnreserved(nowMs);
  }

  /** A call is on its way: speculate a little, or wait for it, or stop waiting. */
  #takeUnreserved(nowMs: number): MeterVerdict {
    const context = this.#speculation(nowMs);
    const isStrict = this.policy.mode === 'strict';
    const mayNow = isStrict || this.pressure.isOn(nowMs) ? 0 : speculationNow(context);
    if (this.#debt >= mayNow) {
      const compared = context.isUnseeded ? this.#desk.compareQuota(this.key) : null;
      if (compared) return { kind: 'pending', on: 'ledger', ready: compared, limits: this.#limits };
      const ready = this.room.enter(nowMs, this.#flight?.sentAtMs ?? nowMs);
      if (ready) return { kind: 'pending', on: 'lease', ready, limits: this.#limits };
      if (isStrict || this.#debt >= speculationLate(context)) return this.#refuseForNow();
    }
    this.#debt += 1;
    return this.#admit(nowMs);
  }

  #decideAlone(nowMs: number): MeterVerdict {
    if (this.policy.onOutage === 'open') return this.#admit(nowMs);
    if (this.policy.onOutage === 'closed') return this.#refuseForNow();
    const refusal = this.#alone.take(nowMs);
    return refusal ? this.#refuse(refusal.names, refusal.waitMs) : this.#admit(nowMs);
  }

  #speculation(nowMs: number): SpeculationContext {
    const { settings } = this.#desk;
    const clusterSize = this.#desk.clusterSize();
    const isUnseeded =
      this.#standing?.leased.isQuotaSeeded === false &&
      this.#unseeded.most(this.#plan, nowMs) === 0;
    return { plan: this.#plan, standing: this.#standing, settings, clusterSize, isUnseeded, nowMs };
  }

  #admit(nowMs: number): MeterVerdict {
    this.#note(nowMs);
    return { kind: 'granted', limits: this.#limits };
  }

  #note(nowMs: number): void {
    this.#log.add(nowMs);
    this.#own.add(nowMs, utcDay(this.#desk.toAuthorityMs(nowMs)), 1);
  }

  #refuse(names: readonly string[], waitMs: number): MeterVerdict {
    this.#rejected += 1;
    return refusalBy(this.#limits, names, waitMs, this.#desk.now().unixMs);
  }

  #refuseUsedUp(standing: Standing): MeterVerdict {
    const names = exhaustedLimits(this.#plan, standing.leased);
    const own = { ownRings: this.#alone.rings, unreported: this.#log.count };
    const now = this.#desk.now();
    const roundTripMs = this.#roundTripMs;
    const waitMs = retryWaitMs({ plan: this.#plan, standing, ...own, roundTripMs, now });
    return this.#refuse(names, waitMs);
  }

  /** Nothing is known to be used up: the authority could not be asked. */
  #refuseForNow(): MeterVerdict {
    this.#rejected += 1;
    return refusalForNow(this.#limits);
  }

  #look(leased: Leased, nowMs: number): void {
    const { settings } = this.#desk;
    this.#alone.answered(leased, this.#log.count, nowMs);
    this.#standing = standingOf(this.#plan, leased, nowMs, settings.pressure);
    if (leased.remaining <= 0) {
      const untilMs = Math.min(this.#standing.retryAtMs - nowMs, settings.horizonMs);
      this.#probeAtMs = nowMs + untilMs * (0.5 + this.#desk.random());
    }
    if (!this.#standing.isLow) return;
    this.pressure.rise(nowMs);
    if (this.pressure.isNews(nowMs)) this.#desk.hint(this.key, leased.remaining);
  }

  #isRebuilding(): boolean {
    return this.#standing?.leased.isRebuilding === true;
  }

  #horizonMs(nowMs: number): number {
    const { horizonMs, farHorizonMs } = this.#desk.settings;
    return this.#standing?.isAmple && !this.pressure.isOn(nowMs) ? farHorizonMs : horizonMs;
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
