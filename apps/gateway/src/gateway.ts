import { join } from 'node:path';
import { unseal } from '@portico/messaging';
import type { Feeds } from '@portico/messaging';
import { createMetrics, shutdownInOrder } from '@portico/telemetry';
import type { Logger } from '@portico/telemetry';
import { createAdminServer } from './admin/admin-server.ts';
import { createGatewayMetrics } from './admin/gateway-metrics.ts';
import { ClusterCensus, Heartbeats } from './config-feed/heartbeats.ts';
import { NodeState } from './config-feed/node-state.ts';
import type { GatewayConfig } from './config.ts';
import { createForward } from './forward/forward.ts';
import { createInjections } from './forward/injection.ts';
import { createHandler } from './handle/handle.ts';
import { InFlight } from './handle/in-flight.ts';
import { TokenCache } from './keys/verified-tokens.ts';
import { createMeters } from './limits/index.ts';
import { Outbox } from './outbox/outbox.ts';
import { Spill } from './outbox/spill.ts';
import { buildRecord } from './records/build-record.ts';
import { createAddressReader } from './server/client-address.ts';
import { listen } from './server/http-listener.ts';
import { TrafficServer } from './server/traffic-server.ts';
import { UpstreamRegistry } from './upstreams/upstream-registry.ts';

export interface GatewayDependencies {
  readonly feeds: Feeds;
  readonly logger: Logger;
}

export interface Gateway {
  readonly httpPort: number;
  readonly tlsPort: number | null;
  readonly adminPort: number;
  /** Drains: answers what is under way, ships every record, then closes. */
  stop(): Promise<void>;
}

/** One gateway node: follows the configuration, decides alone, and tells what happened. */
export async function startGateway(
  config: GatewayConfig,
  { feeds, logger }: GatewayDependencies,
): Promise<Gateway> {
  const startedAtMs = Date.now();
  const { nodeId, limits } = config;
  const metrics = createMetrics({ service: 'gateway', processMetrics: true });
  const census = new ClusterCensus(nodeId, feeds.configPublisher);
  const meters = await createMeters({
    nodeId,
    ...(config.redisUrl === undefined ? {} : { redisUrl: config.redisUrl }),
    usage: feeds.usage,
    logger,
    metrics,
    clusterSize: () => census.size(),
  });
  const outbox = new Outbox({
    // Per process start: a restarted node must not repeat the sequence of the one before.
    node: `${nodeId}-${startedAtMs.toString(36)}`,
    publisher: feeds.records,
    logger,
    bytesMax: limits.outboxBytesMax,
    spill: await Spill.open(join(config.snapshotCacheDir, 'outbox'), limits.spillBytesMax),
  });
  const upstreams = new UpstreamRegistry({
    limits: { connectionsMax: limits.upstreamConnectionsMax },
    logger,
  });
  const injectionOf = createInjections(config.variable);
  const inFlight = new InFlight();
  const gauges = createGatewayMetrics(metrics, {
    revision: () => state.revision,
    isStale: () => state.staleReason !== null,
    inFlight: () => inFlight.count,
    outboxDepth: () => outbox.depth,
    outboxBytes: () => outbox.bytes,
    spilledBytes: () => outbox.spilledBytes,
    recordsLost: () => outbox.lost,
    bodiesShed: () => outbox.shedBodies,
  });
  const state = new NodeState({
    material: { unseal: (sealed) => unseal(sealed, config.keys.sealing) },
    logger,
    nowMs: Date.now,
    onApplied: (index) => {
      upstreams.applyIndex(index);
      meters.applyIndex(index);
      heartbeats.beatNow();
    },
    onRefused: () => {
      gauges.revisionRefused();
      heartbeats.beatNow();
    },
  });
  const handle = createHandler({
    currentIndex: () => state.index,
    meters: meters.meters,
    recordAdmission: (clientId, profileId, nowMs) =>
      meters.recordAdmission(clientId, profileId, nowMs),
    keys: { find: () => ({ kind: 'unknown' }) },
    verifiedTokens: new TokenCache(),
    addressOf: createAddressReader(config.trustedProxies),
    portalSourceKey: config.keys.portalSourceKey,
    forward: createForward({ upstreams, injectionOf, limits }),
    limits,
    onOpened: (exchange) => inFlight.opened(exchange),
    onClosed: (exchange) => {
      inFlight.closed(exchange);
      gauges.observe(exchange);
      outbox.add(buildRecord(exchange, outbox.node));
    },
  });
  const traffic = new TrafficServer(config, {
    handle,
    upgrade: (_request, socket) => socket.destroy(),
    isUnderWay: (socket) => inFlight.hasOne(socket),
    onMalformed: (socket, code) => {
      gauges.malformed(code);
      return inFlight.breakOff(socket, code);
    },
  });
  const heartbeats = new Heartbeats({
    node: nodeId,
    version: config.version,
    startedAtMs,
    feed: feeds.config,
    pulse: () => ({
      revision: state.revision,
      lag_ms: state.lagMs,
      stale: state.staleReason !== null,
      stale_reason: state.staleReason,
      draining: traffic.isDraining,
      in_flight: inFlight.count,
      outbox_depth: outbox.depth,
      records_lost: outbox.lost,
      requests: inFlight.total,
    }),
  });
  const following = await feeds.config.follow(state);
  const admin = createAdminServer({
    metrics,
    health: () => ({
      node: nodeId,
      revision: state.index === null ? null : state.revision,
      stale: state.staleReason !== null,
      stale_reason: state.staleReason,
      draining: traffic.isDraining,
    }),
  });
  const { httpPort } = await traffic.start(config);
  const adminPort = await listen(admin, config.adminPort, config.adminHost);
  heartbeats.beatNow();
  logger.info({ node: nodeId, httpPort, adminPort }, 'Gateway is listening');
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const { drainTimeoutMs } = config;
    const failures = await shutdownInOrder(
      [
        {
          name: 'traffic',
          stop: () => {
            const drained = traffic.drain(config.drainGraceMs, drainTimeoutMs);
            heartbeats.beatNow();
            return drained;
          },
        },
        { name: 'configuration', stop: () => following.stop() },
        { name: 'upstreams', stop: () => upstreams.close() },
        { name: 'records', stop: () => outbox.stop(5_000) },
        { name: 'limits', stop: () => meters.stop() },
        { name: 'census', stop: () => census.stop() },
        { name: 'heartbeats', stop: () => heartbeats.stop() },
        {
          name: 'admin',
          stop: () => {
            admin.closeAllConnections();
            return new Promise((closed) => admin.close(closed));
          },
        },
      ],
      { timeoutMs: drainTimeoutMs + 15_000 },
    );
    for (const failure of failures) logger.error({ failure }, 'Stopping the gateway');
  };
  return { httpPort, tlsPort: null, adminPort, stop: () => (stopping ??= stop()) };
}
