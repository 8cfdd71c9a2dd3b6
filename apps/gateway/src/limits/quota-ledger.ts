import { dayText, parseDay, periodOf, utcDay, type QuotaPeriod } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import type { LimitClock } from './clock.ts';
import { planOf } from './limit-plan.ts';
import type { KnownScope } from './scope-directory.ts';
import type { UsageTruth } from './usage-truth.ts';

export interface QuotaLedgerOptions {
  readonly truth: UsageTruth;
  readonly find: (scopeKey: string) => KnownScope | undefined;
  readonly clock: LimitClock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Called before the ledger is asked; what it returns puts the answer where the quota is counted. */
  readonly open: (scope: KnownScope) => (days: DayCounts) => Promise<void>;
}

export type DayCounts = readonly (readonly [day: number, admitted: number])[];

const PERIODS = ['day', 'week', 'month'] as const satisfies readonly QuotaPeriod[];
const SEED_RETRY_MS = 5_000;
/** Spread over twice this, so that nodes and scopes do not ask together. */
const RECONCILE_EVERY_MS = 300_000;
const ASKING_AT_ONCE = 8;

/**
 * Compares quota counters with the ledger in PostgreSQL: at once where a counter starts from nothing
 * (a new node, a Redis that lost its state), and every few minutes after that. A ledger that does not
 * answer changes nothing: counters go on from what they have.
 */
export class QuotaLedger {
  readonly #options: QuotaLedgerOptions;
  readonly #dueAtMs = new Map<string, number>();
  readonly #asked = new Map<string, Promise<void>>();
  /** In the order in which they came, behind those that are being asked. */
  readonly #queue: (() => void)[] = [];
  #asking = 0;
  /** It did not answer: nobody else waits for it to fail again. */
  #isAwayUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: QuotaLedgerOptions) {
    this.#options = options;
  }

  /**
   * Cheap enough for every lease answer. `isSeeded` = the counter has been compared before. Gives what
   * to wait for where it is being compared now, null where it is not.
   */
  consider(scopeKey: string, isSeeded: boolean): Promise<void> | null {
    const asked = this.#asked.get(scopeKey);
    if (asked) return asked;
    const nowMs = this.#options.clock.monotonicMs();
    const dueAtMs = this.#dueAtMs.get(scopeKey) ?? (isSeeded ? undefined : nowMs);
    if (dueAtMs === undefined) this.#dueAtMs.set(scopeKey, this.#nextMs(nowMs));
    if (dueAtMs === undefined || nowMs < Math.max(dueAtMs, this.#isAwayUntilMs)) return null;
    this.#dueAtMs.set(scopeKey, nowMs + SEED_RETRY_MS);
    const compared = this.#inTurn(() => this.#compare(scopeKey)).finally(() =>
      this.#asked.delete(scopeKey),
    );
    this.#asked.set(scopeKey, compared);
    return compared;
  }

  /**
   * Resolves when the ledger has answered what it is being asked now. What is published after that
   * is not in those answers.
   */
  async answered(): Promise<void> {
    await Promise.all(this.#asked.values());
  }

  forget(isGone: (scopeKey: string) => boolean): void {
    for (const key of this.#dueAtMs.keys()) if (isGone(key)) this.#dueAtMs.delete(key);
  }

  /** After a loss every counter starts from nothing again. */
  startOver(): void {
    this.#dueAtMs.clear();
  }

  async #inTurn(compare: () => Promise<void>): Promise<void> {
    if (this.#asking >= ASKING_AT_ONCE) {
      await new Promise<void>((turn) => this.#queue.push(turn));
    } else this.#asking += 1;
    try {
      if (this.#options.clock.monotonicMs() >= this.#isAwayUntilMs) await compare();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#asking -= 1;
    }
  }

  /** What it has of a scope, of every period that runs: a policy may get another one. Rejects when it does not answer. */
  async daysOf(scope: KnownScope): Promise<DayCounts> {
    const today = utcDay(this.#options.clock.unixMs());
    const firstDay = Math.min(...PERIODS.map((period) => periodOf(period, today).firstDay));
    const usage = await this.#options.truth(scope.clientId, dayText(firstDay), dayText(today));
    const byDay = new Map<number, number>();
    for (const row of usage.filter(scope.counts)) {
      const day = parseDay(row.day);
      byDay.set(day, (byDay.get(day) ?? 0) + row.admitted);
    }
    return [...byDay];
  }

  async #compare(scopeKey: string): Promise<void> {
    const scope = this.#options.find(scopeKey);
    const quota = scope?.policy && planOf(scope.policy).quota;
    if (!scope || !quota) return;
    const apply = this.#options.open(scope);
    try {
      await apply(await this.daysOf(scope));
      this.#dueAtMs.set(scopeKey, this.#nextMs(this.#options.clock.monotonicMs()));
    } catch (cause) {
      this.#isAwayUntilMs = this.#options.clock.monotonicMs() + SEED_RETRY_MS;
      this.#options.logger.warn({ err: cause, scope: scopeKey }, 'usage ledger did not answer');
    }
  }

  #nextMs(nowMs: number): number {
    return nowMs + RECONCILE_EVERY_MS * (0.5 + this.#options.random());
  }
}
