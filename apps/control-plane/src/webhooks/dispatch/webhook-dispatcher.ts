import { DAY_MS } from '@portico/contracts';
import type { Counter, Logger, Metrics } from '@portico/telemetry';
import type { DataSource } from 'typeorm';
import type { Vault } from '../../vault/vault.ts';
import type { WebhookSettings } from '../webhook-settings.ts';
import { claimDue, type Claimed } from './claim.ts';
import { outcomeOf, pruneFinished, release, storeOutcome, type Outcome } from './outcome.ts';
import { WebhookSender, type Attempt } from './webhook-sender.ts';

export interface DispatcherParts {
  readonly dataSource: DataSource;
  readonly vault: Pick<Vault, 'openToken'>;
  readonly settings: WebhookSettings;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

const PER_WEBHOOK = 2;
/** Beyond the time an attempt may take: to store its outcome, even on a slow database. */
const CLAIM_MARGIN_MS = 30_000;
/** How long attempts may still run once we are told to stop. */
const STOP_PATIENCE_MS = 3_000;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Sends what the outbox holds. Runs in every replica: rows are claimed one by one, so replicas share
 * the work. At least once: a process that dies between an attempt and its outcome leaves a claim that
 * runs out, and the delivery goes out again under the same event id.
 */
export class WebhookDispatcher {
  readonly #parts: DispatcherParts;
  readonly #sender: WebhookSender;
  readonly #outcomes: Counter<'outcome'>;
  readonly #running = new Map<Promise<void>, string>();
  #filling: Promise<void> | undefined;
  #isWanted = false;
  #isStopped = false;
  #prunedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#sender = new WebhookSender(parts.settings);
    this.#outcomes = parts.metrics.counter({
      name: 'portico_webhook_attempts_total',
      help: 'Attempts to deliver a webhook, by what became of the delivery',
      labelNames: ['outcome'],
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), this.#parts.settings.pollMs);
    this.wake();
  }

  /** Cheap, and safe to call at any time. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isWanted = true;
    this.#filling ??= this.#fillWhileWanted().finally(() => {
      this.#filling = undefined;
      if (this.#isWanted) this.wake();
    });
  }

  /** Everything that is due now has been attempted once it resolves. */
  async deliverDue(): Promise<void> {
    do {
      this.wake();
      await this.#filling;
      await Promise.all(this.#running.keys());
    } while (this.#filling !== undefined || this.#running.size > 0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isWanted = false;
    clearInterval(this.#timer);
    await this.#filling;
    const ended = Promise.all(this.#running.keys());
    await within(STOP_PATIENCE_MS, ended);
    await this.#sender.stop();
    await ended;
  }

  async #fillWhileWanted(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      try {
        await this.#fill();
        await this.#prune();
      } catch (err) {
        this.#parts.logger.warn({ err }, 'could not look for webhook deliveries');
      }
    }
  }

  async #fill(): Promise<void> {
    const { dataSource, settings } = this.#parts;
    const slots = settings.deliveriesMax - this.#running.size;
    if (slots <= 0) return;
    const nowMs = this.#parts.now();
    const claimed = await claimDue(dataSource, {
      now: new Date(nowMs),
      lockedUntil: new Date(nowMs + settings.timeoutMs + CLAIM_MARGIN_MS),
      slots,
      busyWebhookIds: [...new Set(this.#running.values())],
      perWebhook: PER_WEBHOOK,
    });
    for (const delivery of claimed) this.#begin(delivery);
  }

  #begin(delivery: Claimed): void {
    const running = this.#attempt(delivery).finally(() => {
      this.#running.delete(running);
      // A slot is free, and this webhook may have more waiting.
      this.wake();
    });
    this.#running.set(running, delivery.webhook_id);
  }

  async #attempt(delivery: Claimed): Promise<void> {
    const { dataSource, logger, now, random } = this.#parts;
    try {
      const attempt = await this.#send(delivery);
      if (attempt.kind === 'interrupted') return await release(dataSource, delivery);
      const at = { now: new Date(now()), random: random() };
      const outcome = outcomeOf(attempt, delivery, at);
      await storeOutcome(dataSource, delivery, outcome);
      this.#report(delivery, outcome);
    } catch (err) {
      // The claim runs out by itself, and the delivery is attempted again.
      logger.error({ err, delivery: delivery.id }, 'could not store what became of a delivery');
    }
  }

  async #send({ url, sealed, event_id, body }: Claimed): Promise<Attempt> {
    let secret: string;
    try {
      secret = this.#parts.vault.openToken(sealed);
    } catch {
      const error = 'the signing secret cannot be opened with the present encryption key';
      return { kind: 'unanswered', error, isRefused: true, latencyMs: 0 };
    }
    return this.#sender.send({ url, secret, eventId: event_id, body, at: this.#signedAt() });
  }

  #signedAt(): Date {
    return new Date(this.#parts.now());
  }

  #report({ id, webhook_id, attempts }: Claimed, { status, error }: Outcome): void {
    this.#outcomes.inc({ outcome: status === 'pending' ? 'retried' : status });
    if (status !== 'failed') return;
    const fields = { delivery: id, webhook: webhook_id, attempts, error };
    this.#parts.logger.warn(fields, 'a webhook delivery was given up');
  }

  async #prune(): Promise<void> {
    const nowMs = this.#parts.now();
    if (nowMs - this.#prunedAtMs < PRUNE_EVERY_MS) return;
    this.#prunedAtMs = nowMs;
    const { dataSource, settings } = this.#parts;
    await pruneFinished(dataSource, new Date(nowMs - settings.historyDays * DAY_MS));
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
