import { join } from 'node:path';
import type { Feeds } from '@portico/messaging';
import { createMetrics } from '@portico/telemetry';
import type { Logger, Metrics } from '@portico/telemetry';
import { createGatewayMetrics } from './admin/gateway-metrics.ts';
import type { GatewayMetrics } from './admin/gateway-metrics.ts';
import type { NodeState } from './config-feed/node-state.ts';
import type { GatewayConfig } from './config.ts';
import type { Exchange } from './handle/exchange.ts';
import { InFlight } from './handle/in-flight.ts';
import { Journal } from './outbox/journal.ts';
import { LeftBehind } from './outbox/left-behind.ts';
import { Outbox } from './outbox/outbox.ts';
import { Spill } from './outbox/spill.ts';
import { buildRecord } from './records/build-record.ts';
import { createRequestSpans } from './tracing/request-spans.ts';
import type { RequestSpans } from './tracing/request-spans.ts';

/** Everything that is written down about requests: in flight, in metrics, in records. */
export class Observation {
  readonly metrics: Metrics = createMetrics({ service: 'gateway', processMetrics: true });
  readonly inFlight = new InFlight();
  readonly outbox: Outbox;
  readonly counters: GatewayMetrics;
  readonly #spans: RequestSpans | null;

  private constructor(
    { outbox, journal }: { readonly outbox: Outbox; readonly journal: Journal },
    state: () => NodeState,
    isTracing: boolean,
  ) {
    this.outbox = outbox;
    this.#spans = createRequestSpans(isTracing);
    this.counters = createGatewayMetrics(this.metrics, {
      revision: () => state().revision,
      isStale: () => state().staleReason !== null,
      inFlight: () => this.inFlight.count,
      outboxDepth: () => outbox.depth,
      outboxBytes: () => outbox.bytes,
      spilledBytes: () => outbox.spilledBytes,
      journalBytes: () => journal.bytes,
      journalFailures: () => journal.failures,
      recordsLost: () => outbox.lost,
      bodiesShed: () => outbox.shedBodies,
    });
  }

  static async start(
    config: GatewayConfig,
    { feeds, logger, state }: { feeds: Feeds; logger: Logger; state: () => NodeState },
  ): Promise<Observation> {
    // Per process start: a restarted node must not repeat the sequence of the one before.
    const node = `${config.nodeId}-${Date.now().toString(36)}`;
    const { outboxBytesMax, spillBytesMax, journalBytesMax } = config.limits;
    const directory = join(config.snapshotCacheDir, 'outbox');
    const spill = await Spill.open(directory, spillBytesMax);
    const leftBehind = await LeftBehind.open(directory, logger);
    const journal = new Journal({ directory, node, logger, bytesMax: journalBytesMax });
    const outbox = new Outbox({
      node,
      publisher: feeds.records,
      logger,
      bytesMax: outboxBytesMax,
      spill,
      journal,
      leftBehind,
    });
    return new Observation({ outbox, journal }, state, config.otlpEndpoint !== undefined);
  }

  readonly opened = (exchange: Exchange): void => {
    this.inFlight.opened(exchange);
    this.#spans?.begin(exchange);
  };

  readonly closed = (exchange: Exchange): void => {
    this.inFlight.closed(exchange);
    this.counters.observe(exchange);
    this.#spans?.end(exchange);
    this.outbox.add(buildRecord(exchange, this.outbox.node));
  };
}
