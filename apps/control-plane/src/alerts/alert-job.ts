import type { Heartbeat } from '@portico/contracts';
import type { Counter, Logger, Metrics } from '@portico/telemetry';
import type { DataSource } from 'typeorm';
import type { AlertSettings } from './alert-settings.ts';
import type { CheckContext } from './check-context.ts';
import { checkCredentials } from './credentials/check-credentials.ts';
import { takeUnposted } from './mails/alert-mails.ts';
import { checkNodes } from './nodes/check-nodes.ts';
import { checkQuotas, type UsageTotals } from './quota/check-quotas.ts';

export interface AlertJobParts {
  readonly dataSource: DataSource;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: AlertSettings;
  readonly adminEmail: string | null;
  readonly usageTotals: UsageTotals;
  readonly heartbeats: () => readonly Heartbeat[];
  readonly postMail: (id: string) => void;
  /** There may be new webhook deliveries. */
  readonly onFired: () => void;
  readonly now: () => number;
}

/** Any two-part number that nothing else in this database uses; 1 and 2 are taken. */
const ALERT_LOCK = [0x706f7274, 3];
/** Credentials end by the day, and looking at all of them costs: not every round. */
const CREDENTIALS_EVERY_MS = 10 * 60_000;
const PRUNE_EVERY_MS = 3_600_000;
const MAILS_KEPT_MS = 30 * 86_400_000;
/** Longer than any period: a row that is needed no more is one whose occasion cannot come again. */
const ALERTS_KEPT_MS = 400 * 86_400_000;

/**
 * Looks every so often whether there is something to tell. In one replica at a time, by an advisory
 * lock; were two at it all the same, the unique row of each alert keeps it from being told twice.
 */
export class AlertJob {
  readonly #parts: AlertJobParts;
  readonly #fired: Counter<'check'>;
  readonly #failures: Counter<'check'>;
  #credentialsAtMs = 0;
  #prunedAtMs = 0;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: AlertJobParts) {
    this.#parts = parts;
    this.#fired = parts.metrics.counter({
      name: 'portico_alerts_fired_total',
      help: 'Alerts told, by the check that found them',
      labelNames: ['check'],
    });
    this.#failures = parts.metrics.counter({
      name: 'portico_alert_check_failures_total',
      help: 'Checks that could not be made, because the database or the log store was away',
      labelNames: ['check'],
    });
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#round().finally(() => (this.#running = undefined));
    }, this.#parts.settings.intervalMs);
  }

  /** Resolves when no check runs any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** One round; false when another replica is at it. */
  check(): Promise<boolean> {
    return this.#parts.dataSource.transaction(async (manager) => {
      // Of the transaction, so that it can never be left behind on a pooled connection. The
      // transaction itself reads and writes nothing: it may be idle while the checks run.
      await manager.query(`set local idle_in_transaction_session_timeout = '10min'`);
      const [row]: { locked: boolean }[] = await manager.query(
        'select pg_try_advisory_xact_lock($1, $2) as locked',
        ALERT_LOCK,
      );
      if (row?.locked !== true) return false;
      await this.#checkAll();
      return true;
    });
  }

  async #round(): Promise<void> {
    try {
      await this.check();
    } catch (err) {
      this.#failed('lock', err);
    }
  }

  async #checkAll(): Promise<void> {
    const { dataSource, adminEmail, settings, usageTotals, heartbeats, onFired } = this.#parts;
    const nowMs = this.#parts.now();
    const context: CheckContext = { dataSource, nowMs, adminEmail };
    const before = [
      await this.#attempt('quota', () => checkQuotas(context, usageTotals)),
      await this.#attempt('credential', () => this.#checkCredentials(context)),
      await this.#attempt('node', () => checkNodes(context, heartbeats(), settings.lag)),
    ];
    if (before.some((count) => count > 0)) onFired();
    await this.#attempt('mail', () => this.#postMails(nowMs));
    await this.#attempt('prune', () => this.#prune(nowMs));
  }

  /** One check that fails keeps no other from being made. */
  async #attempt(check: string, work: () => Promise<number>): Promise<number> {
    try {
      const count = await work();
      if (check !== 'mail' && count > 0) this.#fired.inc({ check }, count);
      return count;
    } catch (err) {
      this.#failed(check, err);
      return 0;
    }
  }

  #failed(check: string, err: unknown): void {
    this.#failures.inc({ check });
    this.#parts.logger.warn({ err, check }, 'an alert check could not be made; trying again');
  }

  async #checkCredentials(context: CheckContext): Promise<number> {
    if (context.nowMs - this.#credentialsAtMs < CREDENTIALS_EVERY_MS) return 0;
    const fired = await checkCredentials(context);
    this.#credentialsAtMs = context.nowMs;
    return fired;
  }

  async #postMails(nowMs: number): Promise<number> {
    const ids = await takeUnposted(this.#parts.dataSource, nowMs);
    for (const id of ids) this.#parts.postMail(id);
    return ids.length;
  }

  async #prune(nowMs: number): Promise<number> {
    if (nowMs - this.#prunedAtMs < PRUNE_EVERY_MS) return 0;
    const { dataSource } = this.#parts;
    const until = (keptMs: number): Date => new Date(nowMs - keptMs);
    await dataSource.query('delete from alert_mails where created_at < $1', [until(MAILS_KEPT_MS)]);
    await dataSource.query('delete from alerts where fired_at < $1', [until(ALERTS_KEPT_MS)]);
    this.#prunedAtMs = nowMs;
    return 0;
  }
}
