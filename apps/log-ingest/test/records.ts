import type { RecordBatch, RequestRecord, UsageDelta } from '@portico/contracts';
import { uuidV7 } from './uuid-v7.ts';

let sequence = 0;

/** A valid record of now, unlike any other; spread what the test is about over it. */
export function aRecord(over: Partial<RequestRecord> = {}): RequestRecord {
  const timestamp = over.timestamp_ms ?? Date.now();
  return {
    request_id: `req_${uuidV7(timestamp)}`,
    timestamp_ms: timestamp,
    client_id: 'cl_acme',
    profile_id: 'pr_default',
    collection_id: 'coll_orders',
    endpoint_id: 'ep_list_orders',
    environment: 'production',
    method: 'GET',
    path: '/v1/orders',
    query: '',
    status: 200,
    outcome: 'forwarded',
    reason: null,
    latency_ms: 12.5,
    upstream_latency_ms: 11,
    client_ip: '192.0.2.7',
    user_agent: 'acme/1.0',
    request_bytes: 0,
    response_bytes: 17,
    request_headers: [['accept', 'application/json']],
    response_headers: [['content-type', 'application/json']],
    request_body: null,
    response_body: null,
    truncated: false,
    source: 'gateway',
    portal_email: null,
    node: 'node-1',
    sequence: ++sequence,
    revision: 1,
    trace_id: null,
    retention_days: 90,
    ...over,
  };
}

export function aBatch(
  records: readonly RequestRecord[],
  over: Partial<RecordBatch> = {},
): RecordBatch {
  const [first, last] = [records.at(0)?.sequence ?? 0, records.at(-1)?.sequence ?? 0];
  return {
    format: 1,
    batch_id: `node-1-${first}-${last}`,
    node: 'node-1',
    records: [...records],
    losses: [],
    ...over,
  };
}

export const aDelta = (over: Partial<UsageDelta> = {}): UsageDelta => ({
  format: 1,
  node: 'node-1',
  epoch: 1,
  sequence: 1,
  counts: [{ client_id: 'cl_acme', profile_id: 'pr_default', day: '2026-11-20', admitted: 5 }],
  ...over,
});
