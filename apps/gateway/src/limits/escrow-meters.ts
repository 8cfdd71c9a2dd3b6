import { type LimitMode, type LimitState, utcDay } from '@portico/contracts';
import type { Meters, MeterScope, MeterVerdict } from '@portico/enforcement';
import type { LeaseAnswer, LeaseRequest, LimitAuthority, RestoreRequest } from './authority.ts';
import { AuthorityClock } from './authority-clock.ts';
import { AuthorityHealth } from './authority-health.ts';
import type { LimitClock, LimitTimers } from './clock.ts';
import { EscrowAccount } from './escrow-account.ts';
import type { EscrowDesk } from './escrow-desk.ts';
import type { EscrowSettings } from './escrow-settings.ts';
import type { LimitEvents } from './limit-events.ts';
import { NO_POLICY } from './limit-plan.ts';
import type { DayCounts } from './quota-ledger.ts';
import type { Now } from './standing.ts';

export interface EscrowOptions {
  readonly authority: LimitAuthority;
  /** Names this life of this process: another one with the same node id is another node. */
  readonly node: string;
  readonly settings: EscrowSettings;
  readonly clock: LimitClock;
  readonly timers: LimitTimers;
  readonly clusterSize: () => number;
  readonly random: () => number;
  readonly hint: (scope: string, remaining: number) => void;
  readonly events: LimitEvents;
  readonly askPeers: EscrowDesk['askPeers'];
  readonly askLedger: EscrowDesk['askLedger'];
  /** Told of every answer about a scope with a quota; null where there is no ledger to compare with. */
  readonly onQuota: ((scope: string, isSeeded: boolean) => Promise<void> | null) | null;
}

/** How many scopes are restored per tick after a loss, so that the request path keeps its turn. */
const RESTORES_PER_TICK = 200;

/**
 * Limits that are right on many nodes: every node reserves a little of the future at the authority,
 * uses it from memory, and reports what it used. Nothing here waits on the request path, except a
 * cold scope near its limit, for the one call already on its way.
 */
export class EscrowMeters implements Meters, EscrowDesk {
  readonly node: string;
  readonly settings: EscrowSettings;
  readonly timers: LimitTimers;
  readonly #options: EscrowOptions;
  readonly #accounts = new Map<string, EscrowAccount>();
  /** The accounts with something to report, return or expect: what a tick looks at. */
  readonly #awake = new Set<EscrowAccount>();
  readonly #clock: AuthorityClock;
  readonly #health: AuthorityHealth;
  readonly #restoring = new Set<RestoreRequest>();
  #asking: EscrowAccount[] = [];
  #epoch = '';
  #calls = 0;
  #epochCheckedAtMs = Number.NEGATIVE_INFINITY;
  #isCheckingEpoch = false;
  #isStopped = false;
  #cancelTick: () => void = () => undefined;

  constructor(options: EscrowOptions) {
    this.#options = options;
    this.node = options.node;
    this.settings = options.settings;
    this.timers = options.timers;
    this.#clock = new AuthorityClock(() => options.clock.unixMs() - this.nowMs());
    this.#health = new AuthorityHealth(options.settings.outageAfterMs);
    this.#tick();
  }

  take(scope: MeterScope): MeterVerdict {
    const policy = scope.policy ?? NO_POLICY;
    let account = this.#accounts.get(scope.key);
    if (!account) {
      account = new EscrowAccount(scope.key, policy, this);
      this.#accounts.set(scope.key, account);
    } else if (account.policy !== policy) account.follow(policy);
    this.#awake.add(account);
    return account.hasLimits ? account.take(this.nowMs()) : account.takeUnlimited(this.nowMs());
  }

  pressure(scopeKey: string): void {
    this.#accounts.get(scopeKey)?.pressure.rise(this.nowMs());
  }

  /** Lets go of scopes that have been idle for longer than any of their limits looks back. */
  sweep(): void {
    const oldestDay = utcDay(this.#options.clock.unixMs()) - 31;
    for (const [key, account] of this.#accounts) {
      if (!this.#awake.has(account) && account.isForgettable(this.nowMs(), oldestDay)) {
        this.#accounts.delete(key);
      }
    }
  }

  get size(): number {
    return this.#accounts.size;
  }

  get isAuthoritySilent(): boolean {
    return this.#health.isSilent;
  }

  /** Reports what was used and returns what is held. Bounded by one call's time. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTick();
    for (const account of this.#awake) account.leave();
    const told = Promise.all([...this.#awake].map((account) => this.#call(account)));
    const silence = Promise.withResolvers<void>();
    const cancel = this.timers.after(this.settings.callTimeoutMs, silence.resolve);
    await Promise.race([told, silence.promise]);
    cancel();
  }

  nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  now(): Now {
    const monotonicMs = this.nowMs();
    const authorityMs = this.#clock.toAuthority(monotonicMs);
    return { monotonicMs, authorityMs, unixMs: this.#options.clock.unixMs() };
  }

  toAuthorityMs(ownMs: number): number {
    return this.#clock.toAuthority(ownMs);
  }

  isOut(mode: LimitMode): boolean {
    return this.#health.isOut(mode, this.nowMs());
  }

  get hasLedger(): boolean {
    return this.#options.onQuota !== null;
  }

  clusterSize(): number {
    return this.#options.clusterSize();
  }

  compareQuota(scope: string): Promise<void> | null {
    return this.#options.onQuota?.(scope, false) ?? null;
  }

  askPeers(scope: string): Promise<readonly LimitState[]> {
    return this.#options.askPeers(scope);
  }

  askLedger(scope: string): Promise<DayCounts> {
    return this.#options.askLedger(scope);
  }

  random(): number {
    return this.#options.random();
  }

  hint(scope: string, remaining: number): void {
    this.#options.hint(scope, remaining);
  }

  ask(account: EscrowAccount): void {
    if (this.#asking.push(account) > 1) return;
    this.timers.soon(() => {
      const asking = this.#asking;
      this.#asking = [];
      for (const one of new Set(asking))
        if (!one.isCalling && !one.pendingRestore) void this.#call(one);
    });
  }

  #tick(): void {
    if (this.#isStopped) return;
    this.#cancelTick = this.timers.after(this.settings.tickMs, () => this.#tick());
    const nowMs = this.nowMs();
    if (nowMs - this.#epochCheckedAtMs >= this.settings.epochCheckMs) void this.#checkEpoch();
    if (this.#health.isSilent) return;
    let restores = 0;
    for (const account of this.#awake) {
      if (account.pendingRestore && restores < RESTORES_PER_TICK) {
        restores += 1;
        void this.#restore(account, account.pendingRestore);
      } else if (account.needsCall(nowMs)) void this.#call(account);
      else if (account.isAsleep(nowMs)) this.#awake.delete(account);
    }
  }

  async #call(account: EscrowAccount): Promise<void> {
    const sentAtMs = this.nowMs();
    const call = (this.#calls += 1);
    const request = account.depart(call, this.#epoch, sentAtMs);
    this.#options.events.called();
    const answer = this.#options.authority.lease(request);
    const cancel = this.#unanswered(() => {
      account.giveUp(call);
      this.#lost(sentAtMs);
    });
    try {
      this.#settle(account, request, sentAtMs, await answer);
    } catch (cause) {
      account.giveUp(call);
      this.#lost(sentAtMs, cause);
    } finally {
      cancel();
    }
  }

  #settle(
    account: EscrowAccount,
    request: LeaseRequest,
    sentAtMs: number,
    answer: LeaseAnswer,
  ): void {
    this.#heard(sentAtMs, answer.nowMs);
    if (answer.kind === 'leased' && this.#epoch === '') this.#adopt(answer.epoch);
    if (answer.kind === 'leased' && answer.epoch === this.#epoch) {
      account.acknowledge(request.report);
      account.accept(request.call, answer, this.nowMs());
      // Nodes that still tell what they used would be counted beside the ledger, which has it.
      if (request.plan.quota && !answer.isRebuilding)
        void this.#options.onQuota?.(account.key, answer.isQuotaSeeded);
      return;
    }
    account.giveUp(request.call);
    if (answer.kind === 'moved' && request.epoch === this.#epoch) this.#adopt(answer.epoch);
  }

  /**
   * Runs when a call stays without an answer; returns what says that it came. Judged a turn after the
   * time is up: where this process itself stood still, the answer is there and not yet read.
   */
  #unanswered(run: () => void): () => void {
    let isAnswered = false;
    const judge = (): void => {
      if (!isAnswered) run();
    };
    const cancel = this.timers.after(this.settings.callTimeoutMs, () => this.timers.soon(judge));
    return () => {
      isAnswered = true;
      cancel();
    };
  }

  /** Also the probe that finds out when a silent authority is back. */
  async #checkEpoch(): Promise<void> {
    if (this.#isCheckingEpoch) return;
    this.#isCheckingEpoch = true;
    const sentAtMs = this.nowMs();
    this.#epochCheckedAtMs = sentAtMs;
    const cancel = this.#unanswered(() => {
      this.#isCheckingEpoch = false;
      this.#lost(sentAtMs);
    });
    try {
      const epoch = await this.#options.authority.epoch(this.#epoch);
      this.#answered();
      this.#adopt(epoch);
    } catch (cause) {
      this.#lost(sentAtMs, cause);
    } finally {
      cancel();
      this.#isCheckingEpoch = false;
    }
  }

  /** An authority with another memory than before gets ours. */
  #adopt(epoch: string): void {
    if (epoch === this.#epoch) return;
    const isLoss = this.#epoch !== '';
    this.#epoch = epoch;
    if (!isLoss) return;
    this.#options.events.authorityLostState();
    const nowMs = this.nowMs();
    for (const account of this.#accounts.values()) {
      account.startOver(epoch, nowMs);
      this.#awake.add(account);
    }
  }

  async #restore(account: EscrowAccount, request: RestoreRequest): Promise<void> {
    if (this.#restoring.has(request)) return;
    this.#restoring.add(request);
    try {
      await this.#options.authority.restore(request);
      if (account.pendingRestore === request) account.pendingRestore = null;
    } catch (cause) {
      this.#lost(this.nowMs(), cause);
    } finally {
      this.#restoring.delete(request);
    }
  }

  #heard(sentAtMs: number, authorityMs: number): void {
    this.#clock.sample(sentAtMs, authorityMs);
    this.#answered();
  }

  #answered(): void {
    if (this.#health.answered()) this.#options.events.authorityAnswers();
  }

  #lost(sentAtMs: number, cause?: unknown): void {
    if (!this.#health.lost(sentAtMs)) return;
    this.#options.events.authoritySilent(cause);
    if (!this.#isStopped) void this.#checkEpoch();
  }
}
