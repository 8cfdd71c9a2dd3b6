import { dayText, parseDay, periodOf, utcDay } from '@portico/contracts';
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
  readonly #asked = new Set<Promise<void>>();

  constructor(options: QuotaLedgerOptions) {
    this.#options = options;
  }

  /** Cheap enough for every lease answer. `isSeeded` = the counter has been compared before. */
  consider(scopeKey: string, isSeeded: boolean): void {
    const nowMs = this.#options.clock.monotonicMs();
    const dueAtMs = this.#dueAtMs.get(scopeKey) ?? (isSeeded ? undefined : nowMs);
    if (dueAtMs === undefined) this.#dueAtMs.set(scopeKey, this.#nextMs(nowMs));
    if (dueAtMs === undefined || nowMs < dueAtMs || this.#asked.size >= ASKING_AT_ONCE) return;
    this.#dueAtMs.set(scopeKey, nowMs + SEED_RETRY_MS);
    const asked = this.#compare(scopeKey).finally(() => this.#asked.delete(asked));
    this.#asked.add(asked);
  }

  /**
   * Resolves when the ledger has answered what it is being asked now. What is published after that
   * is not in those answers.
   */
  async answered(): Promise<void> {
    await Promise.all(this.#asked);
  }

  forget(isGone: (scopeKey: string) => boolean): void {
    for (const key of this.#dueAtMs.keys()) if (isGone(key)) this.#dueAtMs.delete(key);
  }

  /** After a loss every counter starts from nothing again. */
  startOver(): void {
    this.#dueAtMs.clear();
  }

  async #compare(scopeKey: string): Promise<void> {
    const scope = this.#options.find(scopeKey);
    const quota = scope?.policy && planOf(scope.policy).quota;
    if (!scope || !quota) return;
    const apply = this.#options.open(scope);
    try {
      const today = utcDay(this.#options.clock.unixMs());
      const { firstDay } = periodOf(quota.period, today);
      const usage = await this.#options.truth(scope.clientId, dayText(firstDay), dayText(today));
      const byDay = new Map<number, number>();
      for (const row of usage.filter(scope.counts)) {
        const day = parseDay(row.day);
        byDay.set(day, (byDay.get(day) ?? 0) + row.admitted);
      }
      await apply([...byDay]);
      this.#dueAtMs.set(scopeKey, this.#nextMs(this.#options.clock.monotonicMs()));
    } catch (cause) {
      this.#options.logger.warn({ err: cause, scope: scopeKey }, 'usage ledger did not answer');
    }
  }

  #nextMs(nowMs: number): number {
    return nowMs + RECONCILE_EVERY_MS * (0.5 + this.#options.random());
  }
}
