import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_FORMAT, upstreamSchema } from '@portico/contracts';
import type {
  ConfigMessage,
  Heartbeat,
  RequestRecord,
  RecordBatch,
  SnapshotClient,
  SnapshotCollection,
  SnapshotPolicy,
  Upstream,
} from '@portico/contracts';
import type { z } from 'zod';
import {
  ConfigDigest,
  createInProcessFeeds,
  decodeBatch,
  seal,
  signMessage,
} from '@portico/messaging';
import type { Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { aClient, aCollection, anEndpoint, eventually, TEST_TOKEN } from '@portico/testkit';
import { loadGatewayConfig, startGateway } from '../src/index.ts';
import type { Gateway, GatewayConfig } from '../src/index.ts';

export interface Resources {
  readonly clients?: readonly SnapshotClient[];
  readonly collections?: readonly SnapshotCollection[];
  readonly policies?: readonly SnapshotPolicy[];
}

export interface TestGateway {
  readonly url: string;
  readonly adminUrl: string;
  readonly gateway: Gateway;
  readonly config: GatewayConfig;
  readonly feeds: Feeds;
  readonly logs: readonly string[];
  /** All records shipped so far, in order of arrival. */
  readonly records: readonly RequestRecord[];
  readonly batches: readonly RecordBatch[];
  readonly heartbeats: readonly Heartbeat[];
  /** Publishes a revision that sets these resources, and waits until the node runs it. */
  publish(resources: Resources): Promise<number>;
  /** As it stands on the feed; `null` takes the resource away. Does not wait. */
  publishRaw(values: ReadonlyMap<string, string | null>): Promise<number>;
  /** The one record with this request id. */
  recordOf(requestId: string | null): Promise<RequestRecord>;
  seal(plaintext: string): string;
  stop(): Promise<void>;
}

export const IDENTITY = {
  'x-client-id': 'cl_acme',
  'x-profile-id': 'pr_default',
  authorization: `Bearer ${TEST_TOKEN}`,
} as const;

export interface HarnessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly feeds?: Feeds;
  readonly resources?: Resources;
  /** Where the feed is away at first: nobody can consume from it yet. */
  readonly withoutRecords?: boolean;
}

/** A gateway node on free ports over real feeds, with its records and beats collected. */
export async function startTestGateway(options: HarnessOptions = {}): Promise<TestGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'portico-gateway-'));
  const logs: string[] = [];
  const logger = createLogger({
    service: 'gateway',
    level: 'debug',
    destination: { write: (line: string) => void logs.push(line) },
  });
  const config = loadGatewayConfig({
    GATEWAY_PORT: '0',
    GATEWAY_TLS_PORT: 'off',
    GATEWAY_ADMIN_PORT: '0',
    DRAIN_GRACE_MS: '0',
    PORTICO_DATA_DIR: dataDir,
    PORTICO_ENCRYPTION_KEY: 'a master secret for tests',
    ...options.env,
  });
  const feeds = options.feeds ?? createInProcessFeeds({ logger });
  const collected = await collect(feeds, options.withoutRecords !== true);
  const gateway = await startGateway(config, { feeds, logger });
  const publisher = new RevisionPublisher(feeds);
  const publishRaw = (values: ReadonlyMap<string, string | null>): Promise<number> =>
    publisher.publish(values);
  const publish = async (resources: Resources): Promise<number> => {
    const revision = await publishRaw(valuesOf(resources));
    await eventually(() => collected.heartbeats.some((beat) => beat.revision === revision));
    return revision;
  };
  const test: TestGateway = {
    url: `http://127.0.0.1:${gateway.httpPort}`,
    adminUrl: `http://127.0.0.1:${gateway.adminPort}`,
    gateway,
    config,
    feeds,
    logs,
    ...collected,
    publish,
    publishRaw,
    recordOf: (requestId) =>
      eventually(() => {
        const found = collected.records.filter((record) => record.request_id === requestId);
        if (found.length !== 1) throw new Error(`${found.length} records of ${requestId}`);
        return found[0] as RequestRecord;
      }),
    seal: (plaintext) => seal(plaintext, config.keys[0].sealing),
    stop: async () => {
      await gateway.stop();
      await collected.stop();
      if (options.feeds === undefined) await feeds.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  if (options.resources !== undefined) await publish(options.resources);
  return test;
}

async function collect(feeds: Feeds, isConsuming: boolean) {
  const records: RequestRecord[] = [];
  const batches: RecordBatch[] = [];
  const heartbeats: Heartbeat[] = [];
  const consuming = !isConsuming
    ? null
    : await feeds.recordConsumer.consume(
        async (delivered) => {
          const batch = await decodeBatch(delivered.payload);
          batches.push(batch);
          records.push(...batch.records);
          delivered.ack();
        },
        { maxInFlight: 4 },
      );
  const listening = await feeds.configPublisher.onHeartbeat((beat) => void heartbeats.push(beat));
  const stop = async (): Promise<void> => {
    await consuming?.stop();
    await listening.stop();
  };
  return { records, batches, heartbeats, stop };
}

export const valuesOf = ({ clients = [], collections = [], policies = [] }: Resources) =>
  new Map<string, string>([
    ...policies.map((it) => [`policy.${it.id}`, JSON.stringify(it)] as const),
    ...collections.map((it) => [`collection.${it.id}`, JSON.stringify(it)] as const),
    ...clients.map((it) => [`client.${it.id}`, JSON.stringify(it)] as const),
  ]);

/** What the control plane does, reduced to what the feed must carry. */
export class RevisionPublisher {
  readonly #feeds: Feeds;
  readonly #signingKey: KeyObject | undefined;
  readonly #bodyByKey = new Map<string, string>();
  #revision = 0;

  constructor(feeds: Feeds, signingKey?: KeyObject) {
    this.#feeds = feeds;
    this.#signingKey = signingKey;
  }

  async publish(values: ReadonlyMap<string, string | null>): Promise<number> {
    this.#revision += 1;
    const revision = this.#revision;
    const digest = new ConfigDigest();
    for (const [key, body] of values) {
      if (body === null) this.#bodyByKey.delete(key);
      else this.#bodyByKey.set(key, body);
    }
    for (const [key, body] of this.#bodyByKey) digest.set(key, body);
    const message = (key: string, body: string | null, last: boolean): ConfigMessage => {
      const unsigned = { format: CONFIG_FORMAT, key, revision, last, body };
      return this.#signingKey === undefined ? unsigned : signMessage(unsigned, this.#signingKey);
    };
    const meta = JSON.stringify({
      format: CONFIG_FORMAT,
      revision,
      digest: digest.root(),
      keys: this.#bodyByKey.size,
      published_at: new Date().toISOString(),
    });
    await this.#feeds.configPublisher.publish([
      ...[...values].map(([key, body]) => message(key, body, false)),
      message('meta', meta, true),
    ]);
    return revision;
  }
}

export type UpstreamOver = Partial<z.input<typeof upstreamSchema>>;

/** An upstream definition with every default filled in. */
export const upstreamAt = (url: string, over: UpstreamOver = {}): Upstream =>
  upstreamSchema.parse({ targets: [{ url }], ...over });

/** One client and one collection, whose calls go to this upstream. */
export const estateOn = (upstream: Upstream) => ({
  clients: [aClient()],
  collections: [
    aCollection({
      upstreams: { production: upstream },
      endpoints: [anEndpoint({ methods: ['GET', 'POST', 'PUT'] })],
    }),
  ],
});
