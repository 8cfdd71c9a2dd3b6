import { UnreadableBatchError, type DeliveredBatch } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';
import type { IncomingBatch, LogStore, WriteOutcome } from '../store/log-store.ts';
import { backoffMs } from './backoff.ts';
import type { IngestMetrics } from './ingest-metrics.ts';
import { readBatch } from './read-batch.ts';

export interface RecordIngestOptions {
  readonly store: LogStore;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  readonly now: () => number;
  /** Batches per transaction, at most. */
  readonly batchesPerWriteMax: number;
}

interface Waiting {
  readonly delivered: DeliveredBatch;
  readonly batch: IncomingBatch;
  readonly settled: () => void;
}

/**
 * Batches in, verdicts out. Store first, acknowledge after: whatever happens in between, the batch
 * comes again and is recognised. While one transaction runs, the batches that arrive gather for the
 * next, so load makes transactions larger and not more of them.
 */
export class RecordIngest {
  readonly #options: RecordIngestOptions;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #failures = 0;

  constructor(options: RecordIngestOptions) {
    this.#options = options;
  }

  /** True until a write fails; true again once one succeeds. */
  get isStoring(): boolean {
    return this.#failures === 0;
  }

  /** Resolves once the batch has its verdict. */
  async handle(delivered: DeliveredBatch): Promise<void> {
    const { metrics, logger, now } = this.#options;
    try {
      const batch = await readBatch(delivered.payload, now());
      await new Promise<void>((settled) => {
        this.#waiting.push({ delivered, batch, settled });
        void this.#writeWaiting();
      });
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error;
      logger.error({ batchId: delivered.batchId, reason: error.reason }, 'Parked a batch');
      metrics.batches.inc({ outcome: 'parked' });
      await delivered.park(error.reason);
    }
  }

  async #writeWaiting(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#options.batchesPerWriteMax);
      await this.#write(group);
      for (const { settled } of group) settled();
    }
    this.#isWriting = false;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { store, metrics, logger } = this.#options;
    const stopTimer = metrics.writeSeconds.startTimer();
    try {
      const outcomes = await store.write(group.map(({ batch }) => batch));
      stopTimer();
      this.#failures = 0;
      metrics.storeUp.set(1);
      for (const [n, outcome] of outcomes.entries()) await this.#conclude(group[n]!, outcome);
    } catch (err) {
      this.#failures++;
      metrics.storeUp.set(0);
      const delayMs = backoffMs(this.#failures);
      logger.warn({ err, batches: group.length, delayMs }, 'Could not store; trying again');
      for (const { delivered } of group) this.#retry(delivered, delayMs);
    }
  }

  async #conclude(waiting: Waiting, outcome: WriteOutcome): Promise<void> {
    try {
      await this.#settle(waiting, outcome);
    } catch (err) {
      // It is stored; only the dead-letter stream does not know yet, and will when it comes again.
      this.#options.logger.warn({ err }, 'Could not park a batch; trying again');
      this.#retry(waiting.delivered, backoffMs(1));
    }
  }

  #retry(delivered: DeliveredBatch, delayMs: number): void {
    this.#options.metrics.batches.inc({ outcome: 'retried' });
    delivered.retry(delayMs);
  }

  async #settle({ delivered, batch }: Waiting, outcome: WriteOutcome): Promise<void> {
    const { metrics, logger } = this.#options;
    metrics.batches.inc({ outcome: outcome.kind });
    if (outcome.kind === 'duplicate') {
      // The first delivery may have ended before it got the bad records parked.
      if (outcome.parkedBefore === 0) return delivered.ack();
      return delivered.park(`${outcome.parkedBefore} records were not storable`);
    }
    this.#count(batch, outcome.stored);
    if (outcome.parked.length === 0) return delivered.ack();
    const reason = outcome.parked.slice(0, 10).join('; ');
    metrics.parkedRecords.inc(outcome.parked.length);
    logger.error({ batchId: batch.batchId, reason }, 'Parked records that cannot be stored');
    return delivered.park(reason);
  }

  #count({ records, losses }: IncomingBatch, stored: number): void {
    const { metrics, now } = this.#options;
    metrics.records.inc(stored);
    for (const loss of losses) metrics.lostRecords.inc({ reason: loss.reason }, loss.lost);
    const newestMs = records.at(-1)?.timestamp_ms;
    if (newestMs !== undefined) metrics.lagSeconds.set(Math.max(0, now() - newestMs) / 1000);
  }
}
