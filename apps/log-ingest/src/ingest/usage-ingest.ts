import { decodeUsageDelta, UnreadableBatchError, type DeliveredBatch } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';
import type { LogStore } from '../store/log-store.ts';
import { backoffMs } from './backoff.ts';
import type { IngestMetrics } from './ingest-metrics.ts';

export interface UsageIngestOptions {
  readonly store: LogStore;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
}

/** Adds what gateways admitted to the days of their clients, each delta once. */
export async function handleUsageDelta(
  { store, metrics, logger }: UsageIngestOptions,
  delivered: DeliveredBatch,
): Promise<void> {
  try {
    const isNew = await store.addUsage(await decodeUsageDelta(delivered.payload));
    metrics.usageDeltas.inc({ outcome: isNew ? 'stored' : 'duplicate' });
    delivered.ack();
  } catch (err) {
    if (err instanceof UnreadableBatchError) {
      logger.error({ deltaId: delivered.batchId, reason: err.reason }, 'Parked a usage delta');
      metrics.usageDeltas.inc({ outcome: 'parked' });
      return delivered.park(err.reason);
    }
    // Never given up: bills are made from it.
    logger.warn({ err, deltaId: delivered.batchId }, 'Could not add usage; trying again');
    metrics.usageDeltas.inc({ outcome: 'retried' });
    delivered.retry(backoffMs(delivered.attempt));
  }
}
