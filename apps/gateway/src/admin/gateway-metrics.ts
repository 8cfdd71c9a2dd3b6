import { GATEWAY_FAILURES } from '@portico/contracts';
import type { Metrics } from '@portico/telemetry';
import type { Exchange } from '../handle/exchange.ts';

export interface GatewayGauges {
  readonly revision: () => number;
  readonly isStale: () => boolean;
  readonly inFlight: () => number;
  readonly outboxDepth: () => number;
  readonly outboxBytes: () => number;
  readonly spilledBytes: () => number;
  readonly journalBytes: () => number;
  readonly journalFailures: () => number;
  readonly recordsLost: () => number;
  readonly bodiesShed: () => number;
}

export interface GatewayMetrics {
  observe(exchange: Exchange): void;
  revisionRefused(): void;
  malformed(code: string): void;
  connectionDropped(): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Labels are ids of configuration and codes of our catalogue: never anything a caller chooses. */
export function createGatewayMetrics(metrics: Metrics, gauges: GatewayGauges): GatewayMetrics {
  const requests = metrics.counter({
    name: 'portico_gateway_requests_total',
    help: 'Requests answered, by collection, outcome, and who has to act on it',
    labelNames: ['collection', 'outcome', 'owner', 'status_class'],
  });
  const latency = metrics.histogram({
    name: 'portico_gateway_request_duration_seconds',
    help: 'From the head of the request to the end of the answer',
    labelNames: ['collection'],
    buckets: SECONDS,
  });
  const upstream = metrics.histogram({
    name: 'portico_gateway_upstream_duration_seconds',
    help: 'From sending the request to the head of the answer',
    labelNames: ['collection'],
    buckets: SECONDS,
  });
  const refusedRevisions = metrics.counter({
    name: 'portico_gateway_revisions_refused_total',
    help: 'Configuration revisions this node could not compile',
  });
  const malformed = metrics.counter({
    name: 'portico_gateway_malformed_total',
    help: 'Connections closed because what arrived was not a request, or not in time',
    labelNames: ['code'],
  });
  const dropped = metrics.counter({
    name: 'portico_gateway_connections_dropped_total',
    help: 'Connections closed unanswered because MAX_CONNECTIONS were open',
  });
  registerGauges(metrics, gauges);
  // Looking a labelled series up costs more than counting in it: each is looked up once.
  const countOf = cached((key) => {
    const [collection = '', outcome = '', statusClass = ''] = key.split(' ');
    return requests.labels(collection, outcome, ownerOf(outcome), statusClass);
  });
  const latencyOf = cached((collection) => latency.labels(collection));
  const upstreamOf = cached((collection) => upstream.labels(collection));
  return {
    observe: (exchange) => {
      const collection = exchange.collection?.id ?? 'none';
      const statusClass = STATUS_CLASSES[Math.floor(exchange.status / 100)] ?? 'none';
      countOf(`${collection} ${exchange.outcome} ${statusClass}`).inc();
      latencyOf(collection).observe(exchange.elapsedMs() / 1_000);
      if (exchange.upstreamLatencyMs !== null) {
        upstreamOf(collection).observe(exchange.upstreamLatencyMs / 1_000);
      }
    },
    revisionRefused: () => refusedRevisions.inc(),
    malformed: (code) => malformed.inc({ code }),
    connectionDropped: () => dropped.inc(),
  };
}

const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function cached<T>(create: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = create(key)));
    return value;
  };
}

const ownerOf = (outcome: string): string =>
  GATEWAY_FAILURES[outcome as keyof typeof GATEWAY_FAILURES]?.owner ?? 'none';

function registerGauges(metrics: Metrics, gauges: GatewayGauges): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    metrics.gauge({
      name: `portico_gateway_${name}`,
      help,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('revision', 'Configuration revision in force', gauges.revision);
  gauge('stale', '1 when this node may be behind', () => (gauges.isStale() ? 1 : 0));
  gauge('in_flight', 'Requests under way', gauges.inFlight);
  gauge('outbox_records', 'Request records waiting to be sent', gauges.outboxDepth);
  gauge('outbox_bytes', 'Their estimated size', gauges.outboxBytes);
  gauge('outbox_spilled_bytes', 'Encoded batches waiting on disk', gauges.spilledBytes);
  gauge('journal_bytes', 'What a kill would leave to the next start', gauges.journalBytes);
  gauge('journal_failures', 'Failed writes of the journal since start', gauges.journalFailures);
  gauge('records_lost', 'Request records given up since start', gauges.recordsLost);
  gauge('bodies_shed', 'Captured bodies given up since start', gauges.bodiesShed);
}
