import {
  createInProcessFeeds,
  encodeBatch,
  encodeUsageDelta,
  type Feeds,
} from '@portico/messaging';
import type { RequestRecord, UsageDelta } from '@portico/contracts';
import { createLogger } from '@portico/telemetry';
import { loadLogIngestConfig } from '../src/config.ts';
import { startLogIngest, type LogIngest } from '../src/start.ts';
import { aBatch } from './records.ts';

export const TOKEN = 'test-log-ingest-token';
export const silent = createLogger({ service: 'test', level: 'silent' });

export interface RunningIngest extends LogIngest {
  readonly feeds: Feeds;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  getJson<T>(path: string): Promise<T>;
  send(method: string, path: string): Promise<Response>;
  publish(...records: RequestRecord[]): Promise<void>;
  publishUsage(delta: UsageDelta): Promise<void>;
}

/** Log ingest in this process, over in-process feeds. */
export async function startIngest(
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<RunningIngest> {
  const feeds = createInProcessFeeds({ logger: silent });
  const config = loadLogIngestConfig({
    ...{ LOG_DATABASE_URL: databaseUrl, LOG_INGEST_PORT: '0', LOG_INGEST_TOKEN: TOKEN },
    ...env,
  });
  const ingest = await startLogIngest(config, { feeds, logger: silent });
  const send: RunningIngest['send'] = (method, path) =>
    fetch(`http://127.0.0.1:${ingest.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
  return {
    port: ingest.port,
    feeds,
    stop: async () => {
      await ingest.stop();
      await feeds.close();
    },
    get: (path, headers = { authorization: `Bearer ${TOKEN}` }) =>
      fetch(`http://127.0.0.1:${ingest.port}${path}`, { headers }),
    getJson: async <T>(path: string) => (await send('GET', path)).json() as Promise<T>,
    send,
    publish: async (...records) => {
      const batch = aBatch(records);
      await feeds.records.publish('node-1', batch.batch_id, encodeBatch(batch));
    },
    publishUsage: async (delta) => {
      const id = `${delta.node}-${delta.epoch}-${delta.sequence}`;
      await feeds.usage.publishDelta(delta.node, id, encodeUsageDelta(delta));
    },
  };
}
