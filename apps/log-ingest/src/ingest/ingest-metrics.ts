import type { Metrics } from '@portico/telemetry';

/** What an operator needs to see that evidence arrives, whole and in time. */
export const createIngestMetrics = (metrics: Metrics) => ({
  records: metrics.counter({
    name: 'portico_log_ingest_records_total',
    help: 'Request records stored',
  }),
  batches: metrics.counter<'outcome'>({
    name: 'portico_log_ingest_batches_total',
    help: 'Record batches by outcome: stored, duplicate, parked, retried',
    labelNames: ['outcome'],
  }),
  parkedRecords: metrics.counter({
    name: 'portico_log_ingest_parked_records_total',
    help: 'Records that cannot be stored, kept aside with the reason',
  }),
  lostRecords: metrics.counter<'reason'>({
    name: 'portico_log_ingest_lost_records_total',
    help: 'Records that gateways say they had to drop',
    labelNames: ['reason'],
  }),
  usageDeltas: metrics.counter<'outcome'>({
    name: 'portico_log_ingest_usage_deltas_total',
    help: 'Usage deltas by outcome: stored, duplicate, parked, retried',
    labelNames: ['outcome'],
  }),
  lagSeconds: metrics.gauge({
    name: 'portico_log_ingest_lag_seconds',
    help: 'Age of the newest record of the last write when it was stored',
  }),
  writeSeconds: metrics.histogram({
    name: 'portico_log_ingest_write_seconds',
    help: 'Duration of one write transaction',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  }),
  storeUp: metrics.gauge({
    name: 'portico_log_ingest_store_up',
    help: '1 while the last write or check of the log store succeeded',
  }),
});

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;
