import { join } from 'node:path';
import type { Feeds, Subscription } from '@portico/messaging';
import { shutdownInOrder } from '@portico/telemetry';
import type { Logger, Metrics } from '@portico/telemetry';
import type { Server } from 'node:http';
import { createAdminServer } from './admin/admin-server.ts';
import { ClusterCensus, Heartbeats } from './config-feed/heartbeats.ts';
import { DiskCopy } from './config-feed/disk-copy.ts';
import { nodeMaterial } from './config-feed/node-material.ts';
import { NodeState } from './config-feed/node-state.ts';
import type { GatewayConfig } from './config.ts';
import { AccessTokens } from './forward/access-tokens.ts';
import { createForward } from './forward/forward.ts';
import { Tunnels } from './forward/tunnels.ts';
import { createInjections } from './forward/injection.ts';
import { FailedCredentials } from './handle/failed-credentials.ts';
import { createStillAdmits } from './handle/still-admits.ts';
import { createHandler } from './handle/handle.ts';
import { IssuerKeys } from './keys/issuer-keys.ts';
import { TokenCache } from './keys/verified-tokens.ts';
import { createMeters, usageTruthAt } from './limits/index.ts';
import type { Limits as LimitDesk } from './limits/index.ts';
import { Observation } from './observation.ts';
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
  /** `null` when TLS is off. */
  readonly tlsPort: number | null;
  readonly adminPort: number;
  readonly metrics: Metrics;
  /** Drains: answers what is under way, ships every record, then closes. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * One gateway node: follows the configuration, decides alone, and tells what happened. Closes again
 * what it opened when it cannot start, because a port is taken, say.
 */
export async function startGateway(
  config: GatewayConfig,
  { feeds, logger }: GatewayDependencies,
): Promise<Gateway> {
  const observation = await Observation.start(config, { feeds, logger, state: () => node.state });
  const census = new ClusterCensus(config.nodeId, feeds);
  const desk = await createMeters({
    nodeId: config.nodeId,
    ...(config.redisUrl === undefined ? {} : { redisUrl: config.redisUrl }),
    ...(config.ledger && { usageTruth: usageTruthAt(config.ledger.url, config.ledger.token) }),
    usage: feeds.usage,
    logger,
    metrics: observation.metrics,
    clusterSize: () => census.size(),
    usageDirectory: join(config.snapshotCacheDir, 'usage'),
  });
  const node = new GatewayNode(config, { feeds, logger, observation, census, desk });
  const ports = await node.open().catch(async (error: unknown) => {
    await node.close();
    throw error;
  });
  logger.info({ node: config.nodeId, ...ports }, 'Gateway is listening');
  let stopping: Promise<void> | null = null;
  return { ...ports, metrics: observation.metrics, stop: () => (stopping ??= node.close()) };
}

interface NodeParts extends GatewayDependencies {
  readonly observation: Observation;
  readonly census: ClusterCensus;
  readonly desk: LimitDesk;
}

/** The parts of a node, wired to each other. */
class GatewayNode {
  readonly state: NodeState;
  readonly #config: GatewayConfig;
  readonly #parts: NodeParts;
  readonly #upstreams: UpstreamRegistry;
  readonly #credentials: { readonly keys: IssuerKeys; readonly verifiedTokens: TokenCache };
  readonly #tunnels: Tunnels;
  readonly #traffic: TrafficServer;
  readonly #copy: DiskCopy;
  readonly #heartbeats: Heartbeats;
  readonly #admin: Server;
  #following: Subscription | null = null;
  #copyTimer: NodeJS.Timeout | undefined;

  constructor(config: GatewayConfig, parts: NodeParts) {
    const { logger, observation } = parts;
    const [, ...previousKeys] = config.keys;
    this.#config = config;
    this.#parts = parts;
    this.#upstreams = new UpstreamRegistry({
      limits: { connectionsMax: config.limits.upstreamConnectionsMax },
      logger,
    });
    this.#credentials = { keys: new IssuerKeys({ logger }), verifiedTokens: new TokenCache() };
    this.#tunnels = new Tunnels(config.limits.streamIdleMs, createStillAdmits(this.#credentials));
    this.#copy = new DiskCopy({
      directory: config.snapshotCacheDir,
      sealingKeys: [config.keys[0].sealing.key, ...previousKeys.map((held) => held.sealing.key)],
      logger,
    });
    this.state = this.#createState();
    this.#traffic = this.#createTraffic();
    this.#heartbeats = this.#createHeartbeats();
    this.#admin = createAdminServer({
      metrics: observation.metrics,
      health: () => ({
        node: config.nodeId,
        revision: this.state.index === null ? null : this.state.revision,
        stale: this.state.staleReason !== null,
        stale_reason: this.state.staleReason,
        draining: this.#traffic.isDraining,
      }),
    });
  }

  async open(): Promise<Pick<Gateway, 'httpPort' | 'tlsPort' | 'adminPort'>> {
    const { feeds } = this.#parts;
    this.#following = await feeds.config.follow(this.state);
    if (!feeds.isConnected()) await this.#startFromCopy();
    else this.#copyTimer = setTimeout(() => void this.#startFromCopy(), FEED_PATIENCE_MS);
    const ports = await this.#traffic.start();
    const adminPort = await listen(this.#admin, this.#config.adminPort, this.#config.adminHost);
    this.#heartbeats.beatNow();
    return { ...ports, adminPort };
  }

  /** Better yesterday's contract than none, and it says so: stale until the feed delivers. */
  async #startFromCopy(): Promise<void> {
    if (this.state.index !== null) return;
    const copy = await this.#copy.load();
    // The feed may have delivered while the disk was read: what it says is newer.
    if (copy === null || this.state.index !== null) return;
    this.state.onRevision(copy);
    this.state.markStale('started from the copy on disk');
    this.#parts.logger.warn({ revision: copy.revision }, 'Started from the copy on disk');
    this.#heartbeats.beatNow();
  }

  /** First what lets work in, last what work needs. */
  async close(): Promise<void> {
    const { logger, observation, desk, census } = this.#parts;
    const { drainTimeoutMs } = this.#config;
    const steps = [
      { name: 'traffic', stop: () => this.#drain() },
      { name: 'configuration', stop: () => this.#unfollow() },
      { name: 'upstreams', stop: () => this.#upstreams.close() },
      { name: 'records', stop: () => observation.outbox.stop(RECORDS_FLUSH_MS) },
      { name: 'limits', stop: () => desk.stop() },
      { name: 'census', stop: () => census.stop() },
      { name: 'heartbeats', stop: () => this.#heartbeats.stop() },
      { name: 'admin', stop: () => closeServer(this.#admin) },
    ];
    const timeoutMs = drainTimeoutMs + this.#config.drainGraceMs + 2 * RECORDS_FLUSH_MS;
    for (const failure of await shutdownInOrder(steps, { timeoutMs })) {
      logger.error({ failure }, 'A part of the gateway did not stop');
    }
  }

  async #unfollow(): Promise<void> {
    clearTimeout(this.#copyTimer);
    await this.#following?.stop();
    await this.#copy.settled();
  }

  #drain(): Promise<void> {
    const { drainGraceMs, drainTimeoutMs } = this.#config;
    const closeTunnels = (): void => this.#tunnels.closeAll();
    const drained = this.#traffic.drain(drainGraceMs, drainTimeoutMs, closeTunnels);
    this.#heartbeats.beatNow();
    return drained;
  }

  #createState(): NodeState {
    const { logger, desk, observation } = this.#parts;
    return new NodeState({
      material: nodeMaterial(this.#config.keys, { logger, metrics: observation.metrics }),
      logger,
      nowMs: Date.now,
      onApplied: (index, change) => {
        this.#upstreams.applyIndex(index);
        desk.applyIndex(index);
        this.#tunnels.applyIndex(index);
        this.#heartbeats.beatNow();
        this.#copy.keep(change);
      },
      onRefused: () => {
        observation.counters.revisionRefused();
        this.#heartbeats.beatNow();
      },
    });
  }

  #createTraffic(): TrafficServer {
    const config = this.#config;
    const { logger, observation, desk } = this.#parts;
    const { limits } = config;
    const handler = createHandler({
      currentIndex: () => this.state.index,
      meters: desk.meters,
      recordAdmission: (profile, nowMs) => desk.recordAdmission(profile, nowMs),
      ...this.#credentials,
      addressOf: createAddressReader(config.trustedProxies),
      portalSourceKeys: config.keys.map((held) => held.portalSourceKey),
      failedCredentials: new FailedCredentials({
        max: limits.failedCredentialsMax,
        windowMs: limits.failedCredentialWindowMs,
        delayMs: limits.failedCredentialDelayMs,
        delayedMax: 1_000,
      }),
      forward: createForward({
        upstreams: this.#upstreams,
        tunnels: this.#tunnels,
        accessTokens: new AccessTokens({ logger }),
        injectionOf: createInjections(config.variable),
        limits,
      }),
      limits,
      onOpened: observation.opened,
      onClosed: observation.closed,
      onBroken: ({ requestId }, error) =>
        logger.error({ err: error, request_id: requestId }, 'A call met a bug'),
    });
    const { inFlight, counters } = observation;
    return new TrafficServer(
      config,
      {
        handle: handler.request,
        upgrade: handler.upgrade,
        onDropped: () => counters.connectionDropped(),
        onDraining: () => inFlight.endKeepAlive(),
        isUnderWay: (socket) => inFlight.hasOne(socket),
        onMalformed: (socket, code) => {
          counters.malformed(code);
          return inFlight.breakOff(socket, code);
        },
      },
      logger,
    );
  }

  #createHeartbeats(): Heartbeats {
    const { feeds, observation } = this.#parts;
    return new Heartbeats({
      node: this.#config.nodeId,
      version: this.#config.version,
      startedAtMs: Date.now(),
      feed: feeds.config,
      pulse: () => ({
        revision: this.state.revision,
        lag_ms: this.state.lagMs,
        stale: this.state.staleReason !== null,
        stale_reason: this.state.staleReason,
        draining: this.#traffic.isDraining,
        in_flight: observation.inFlight.count,
        outbox_depth: observation.outbox.depth,
        records_lost: observation.outbox.lost,
      }),
      requests: () => observation.inFlight.total,
    });
  }
}

/** How long a connected feed may stay silent before the copy on disk is better than nothing. */
const FEED_PATIENCE_MS = 3_000;

/** How long unsent records may hold up a stop before they go to disk or are counted as lost. */
const RECORDS_FLUSH_MS = 5_000;

function closeServer(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((closed) => server.close(closed));
}
