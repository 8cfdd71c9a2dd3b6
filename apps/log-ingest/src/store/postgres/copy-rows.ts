import type { RequestRecord } from '@portico/contracts';
import { copyInto, microsecondsSince2000, type Column } from './copy-format.ts';
import { isTimedBy } from './request-time.ts';

export const RECORD_COLUMNS: readonly Column<RequestRecord>[] = [
  ['ts', (to, r) => to.int8(microsecondsSince2000(r.timestamp_ms))],
  ['request_id', (to, r) => to.text(r.request_id)],
  ['is_timed', (to, r) => to.bool(isTimedBy(r.request_id, r.timestamp_ms))],
  ['client_id', (to, r) => to.text(r.client_id)],
  ['profile_id', (to, r) => to.text(r.profile_id)],
  ['collection_id', (to, r) => to.text(r.collection_id)],
  ['endpoint_id', (to, r) => to.text(r.endpoint_id)],
  ['environment', (to, r) => to.text(r.environment)],
  ['method', (to, r) => to.text(r.method)],
  ['path', (to, r) => to.text(r.path)],
  ['query', (to, r) => to.text(r.query)],
  ['status', (to, r) => to.int2(r.status)],
  ['outcome', (to, r) => to.text(r.outcome)],
  ['reason', (to, r) => to.text(r.reason ?? null)],
  ['latency_ms', (to, r) => to.float8(r.latency_ms)],
  ['upstream_latency_ms', (to, r) => to.float8(r.upstream_latency_ms)],
  ['client_ip', (to, r) => to.text(r.client_ip)],
  ['user_agent', (to, r) => to.text(r.user_agent)],
  ['request_bytes', (to, r) => to.int8(r.request_bytes)],
  ['response_bytes', (to, r) => to.int8(r.response_bytes)],
  ['request_headers', (to, r) => to.text(JSON.stringify(r.request_headers))],
  ['response_headers', (to, r) => to.text(JSON.stringify(r.response_headers))],
  ['request_body', (to, r) => to.bytes(r.request_body)],
  ['response_body', (to, r) => to.bytes(r.response_body)],
  ['truncated', (to, r) => to.bool(r.truncated)],
  ['source', (to, r) => to.text(r.source)],
  ['portal_email', (to, r) => to.text(r.portal_email)],
  ['node', (to, r) => to.text(r.node)],
  ['sequence', (to, r) => to.int8(r.sequence)],
  ['revision', (to, r) => to.int8(r.revision)],
  ['trace_id', (to, r) => to.text(r.trace_id)],
  ['retention_days', (to, r) => to.int4(r.retention_days)],
];

export const COPY_RECORDS = copyInto('logs.records', RECORD_COLUMNS);
