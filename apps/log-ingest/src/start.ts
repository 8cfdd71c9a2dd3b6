import type { AddressInfo } from 'node:net';
import type { Feeds, Subscription } from '@portico/messaging';
import { createMetrics, shutdownInOrder, type Logger } from '@portico/telemetry';
import type { LogIngestConfig } from './config.ts';
import { createServer } from './http/server.ts';
import { createIngestMetrics, type IngestMetrics } from './ingest/ingest-metrics.ts';
import { RecordIngest } from './ingest/record-ingest.ts';
import { handleUsageDelta } from './ingest/usage-ingest.ts';
import { unreadyReason } from './readiness.ts';
import { startSweeps } from './retention/sweeps.ts';
import { openStore } from './store/open-store.ts';
import { PostgresLogStore } from './store/postgres/postgres-log-store.ts';

export interface LogIngest {
  readonly port: number;
  /** Takes no more batches, finishes those it has, then closes. Safe to call twice. */
  stop(): Promise<void>;
}

interface Deps {
  readonly feeds: Feeds;
  readonly logger: Logger;
}

const STOP_TIMEOUT_MS = 20_000;
const DELTAS_IN_FLIGHT_MAX = 2;

/**
 * Answers probes at once, and takes batches as soon as the store is ready: while PostgreSQL is away
 * the stream keeps what gateways send. Rejects when the store can never become ready.
 */
export async function startLogIngest(config: LogIngestConfig, deps: Deps): Promise<LogIngest> {
  const { feeds, logger } = deps;
  const metrics = createMetrics({ service: 'log-ingest' });
  const ingestMetrics = createIngestMetrics(metrics);
  const store = storeOf(config, logger);
  const records = recordIngestOf(config, { store, metrics: ingestMetrics, logger });
  const consumers: Subscription[] = [];
  const isConsuming = (): boolean => consumers.length > 0;
  const needs = { store, feeds, isConsuming, isStoring: () => records.isStoring };
  const server = createServer({
    store,
    metrics,
    tokens: config.tokens,
    exportsMax: config.query.exportsMax,
    unreadyReason: () => unreadyReason(needs),
    logger,
  });
  const opening = openStore(store, logger);
  const consuming = opening.isReady.then(async (isReady) => {
    if (!isReady) return;
    consumers.push(...(await consume(config, { ...deps, store, records, ingestMetrics })));
  });
  let stopped: Promise<void> | undefined;
  const stopParts = async (): Promise<void> => {
    opening.stop();
    await consuming.catch(() => undefined);
    const steps = [
      { name: 'consumers', stop: () => Promise.all(consumers.map((part) => part.stop())) },
      { name: 'http', stop: () => server.close() },
      { name: 'store', stop: () => store.close() },
    ];
    const failures = await shutdownInOrder(steps, { timeoutMs: STOP_TIMEOUT_MS });
    for (const failure of failures) logger.error({ ...failure }, 'A part did not stop');
  };
  const stop = (): Promise<void> => (stopped ??= stopParts());
  try {
    await server.listen({ host: config.host, port: config.port });
    // Once the store is there, "started" means that batches are being taken.
    if (await opening.firstAttempt) await consuming;
  } catch (error) {
    await stop();
    throw error;
  }
  return { port: (server.server.address() as AddressInfo).port, stop };
}

const storeOf = (config: LogIngestConfig, logger: Logger): PostgresLogStore =>
  new PostgresLogStore({
    url: config.databaseUrl,
    queryConnectionsMax: config.query.connectionsMax,
    queryTimeoutMs: config.query.timeoutMs,
    onConnectionLost: (err) => logger.warn({ err }, 'Lost a connection to PostgreSQL'),
    onFoldFailed: (err) => logger.warn({ err }, 'Could not add up counts; trying again'),
  });

const recordIngestOf = (
  { ingest }: LogIngestConfig,
  parts: { store: PostgresLogStore; metrics: IngestMetrics; logger: Logger },
): RecordIngest =>
  new RecordIngest({ ...parts, now: Date.now, batchesPerWriteMax: ingest.batchesPerWriteMax });

interface Consuming extends Deps {
  readonly store: PostgresLogStore;
  readonly records: RecordIngest;
  readonly ingestMetrics: IngestMetrics;
}

async function consume(
  config: LogIngestConfig,
  { feeds, logger, store, records, ingestMetrics: metrics }: Consuming,
): Promise<readonly Subscription[]> {
  return [
    await feeds.recordConsumer.consume((batch) => records.handle(batch), {
      maxInFlight: config.ingest.batchesInFlightMax,
    }),
    await feeds.usage.consumeDeltas(
      (delta) => handleUsageDelta({ store, metrics, logger }, delta),
      {
        maxInFlight: DELTAS_IN_FLIGHT_MAX,
      },
    ),
    startSweeps(store, { intervalMs: config.sweepIntervalMs, logger }),
  ];
}
