import { z } from 'zod';

export const RECORD_FORMAT = 1;

/** Header lists keep order and repetition; secrets are replaced by `REDACTED` before they get here. */
export const REDACTED = '[redacted]';
const headerList = z.array(z.tuple([z.string(), z.string()]));

/** Bodies are bytes: whoever shows them decides how. */
const bytes = z.instanceof(Uint8Array);

/**
 * What happened to one request. Written once per request, refused ones and aborted ones included.
 * `(node, sequence)` is gapless per node, which is what lets anybody prove that
 * emitted = stored + counted as lost.
 */
export const requestRecordSchema = z.strictObject({
  /** `req_` + UUIDv7 without dashes (so it sorts by time), or the caller's own sane X-Request-ID. */
  request_id: z.string().min(1).max(128),
  /** Unix time in ms at which the head of the request was read. */
  timestamp_ms: z.int(),
  client_id: z.string().nullable(),
  profile_id: z.string().nullable(),
  collection_id: z.string().nullable(),
  endpoint_id: z.string().nullable(),
  environment: z.string().nullable(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  status: z.int(),
  /** `forwarded`, or the failure code. */
  outcome: z.string(),
  /** What exactly failed, for operators: `connect_timeout`, `idle_timeout`, `ECONNRESET` … */
  reason: z.string().max(200).nullable().optional(),
  latency_ms: z.number(),
  upstream_latency_ms: z.number().nullable(),
  client_ip: z.string(),
  user_agent: z.string().nullable(),
  request_bytes: z.int(),
  response_bytes: z.int(),
  request_headers: headerList,
  response_headers: headerList,
  request_body: bytes.nullable(),
  response_body: bytes.nullable(),
  /** True when a captured body is shorter than what went over the wire. */
  truncated: z.boolean(),
  source: z.enum(['gateway', 'portal']),
  /** Who clicked Send, when `source` is `portal`. */
  portal_email: z.string().nullable(),
  node: z.string(),
  sequence: z.int(),
  revision: z.int(),
  trace_id: z.string().nullable(),
  retention_days: z.int(),
});
export type RequestRecord = z.infer<typeof requestRecordSchema>;

/** Says that records are missing, how many and whose, in place of the records themselves. */
export const lossMarkerSchema = z.strictObject({
  node: z.string(),
  /** Sequence numbers `[from, to]`, both included. */
  from_sequence: z.int(),
  to_sequence: z.int(),
  lost: z.int(),
  lost_by_client: z.record(z.string(), z.int()),
  /** Unix ms of the first and last lost record. */
  from_ms: z.int(),
  to_ms: z.int(),
  reason: z.enum(['buffer_full', 'spill_full', 'shutdown', 'killed']),
});
export type LossMarker = z.infer<typeof lossMarkerSchema>;

/** One publish on the record stream: msgpack, then zstd. */
export const recordBatchSchema = z.strictObject({
  format: z.literal(RECORD_FORMAT),
  /** `<node>-<first sequence>-<last sequence>`: also the Nats-Msg-Id, and the store's dedupe key. */
  batch_id: z.string().max(200),
  node: z.string(),
  records: z.array(requestRecordSchema),
  losses: z.array(lossMarkerSchema),
});
export type RecordBatch = z.infer<typeof recordBatchSchema>;

/**
 * Identifies a call made for a portal person. The control plane sends
 * `X-Portico-Portal: <email>;<unix ms>;<base64url HMAC-SHA-256>` with `/try`; a node that can check
 * the HMAC marks the record `source: portal`, and strips the header either way.
 */
export const PORTAL_SOURCE_HEADER = 'x-portico-portal';
/** How long such a header is believed, in ms. */
export const PORTAL_SOURCE_MAX_AGE_MS = 60_000;
