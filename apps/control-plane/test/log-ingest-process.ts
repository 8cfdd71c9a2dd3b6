import { fileURLToPath } from 'node:url';
import {
  RECORD_FORMAT,
  USAGE_FORMAT,
  type RequestRecord,
  type UsageDelta,
} from '@portico/contracts';
import { connectNats, encodeBatch, encodeUsageDelta } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { runProcess, startNats, testDatabase } from '@portico/testkit';

const MAIN = fileURLToPath(new URL('../../log-ingest/src/main.ts', import.meta.url));

/** The real log-ingest as a process of its own, fed as gateway nodes feed it. */
export async function startLogIngestProcess(encryptionKey: string) {
  const [nats, database] = await Promise.all([startNats(), testDatabase()]);
  const logIngest = await runProcess({
    command: process.execPath,
    args: ['--conditions=source', '--experimental-transform-types', '--no-warnings', MAIN],
    env: {
      NODE_OPTIONS: '',
      NATS_URL: nats.url,
      LOG_DATABASE_URL: database.url,
      LOG_INGEST_PORT: '0',
      PORTICO_ENCRYPTION_KEY: encryptionKey,
      LOG_LEVEL: 'info',
    },
    readyWhen: /"port":(\d+),"msg":"Log ingest is running"/,
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const feeds = await connectNats({ servers: nats.url, name: 'test', logger });
  let usageSequence = 0;
  return {
    url: `http://127.0.0.1:${logIngest.ready![1]}`,
    freeze: () => logIngest.freeze(),
    thaw: () => logIngest.thaw(),
    publishRecords: async (records: readonly RequestRecord[]): Promise<void> => {
      const node = 'node-1';
      const batch_id = `${node}-${records[0]!.sequence}-${records.at(-1)!.sequence}`;
      const batch = { format: RECORD_FORMAT, batch_id, node, records: [...records], losses: [] };
      await feeds.records.publish(node, batch_id, encodeBatch(batch as never));
    },
    publishUsage: async (counts: UsageDelta['counts']): Promise<void> => {
      usageSequence += 1;
      const delta: UsageDelta = {
        format: USAGE_FORMAT,
        node: 'node-1',
        sequence: usageSequence,
        epoch: 1,
        counts,
      };
      const deltaId = `node-1-1-${usageSequence}`;
      await feeds.usage.publishDelta('node-1', deltaId, encodeUsageDelta(delta));
    },
    stop: async (): Promise<void> => {
      logIngest.thaw();
      await logIngest.stop();
      await feeds.close();
      await nats.stop();
      await database.drop();
    },
  };
}

let sequence = 0;

export const aRecord = (over: Partial<RequestRecord>): RequestRecord => {
  sequence += 1;
  return {
    request_id: `req_test_${sequence}`,
    timestamp_ms: Date.now(),
    client_id: 'cl_acme',
    profile_id: 'pr_acme_token',
    collection_id: 'coll_orders',
    endpoint_id: 'ep_list_orders',
    environment: 'sandbox',
    method: 'GET',
    path: '/orders/v1/orders',
    query: '',
    status: 200,
    outcome: 'forwarded',
    reason: null,
    latency_ms: 12,
    upstream_latency_ms: 10,
    client_ip: '203.0.113.7',
    user_agent: null,
    request_bytes: 0,
    response_bytes: 2,
    request_headers: [],
    response_headers: [],
    request_body: null,
    response_body: Buffer.from('{}'),
    truncated: false,
    source: 'gateway',
    portal_email: null,
    node: 'node-1',
    sequence,
    revision: 1,
    trace_id: null,
    retention_days: 90,
    ...over,
  };
};
