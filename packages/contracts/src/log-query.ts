import { z } from 'zod';

/**
 * The internal query API of log-ingest, called by the control plane only (bearer
 * `LOG_INGEST_TOKEN`). Shapes here are also what the public request-log routes answer.
 */

/** `200`, or a class like `4xx`. */
export const statusFilterSchema = z.string().regex(/^(?:[1-5]xx|[1-5][0-9]{2})$/);

/** RFC 3339, in UTC or with an offset. */
const instant = z.iso.datetime({
  offset: true,
  error: 'must be an RFC 3339 time, such as 2026-11-21T10:00:00.000Z',
});

export const logSearchQuerySchema = z.strictObject({
  client_id: z.string().optional(),
  profile_id: z.string().optional(),
  collection_id: z.string().optional(),
  endpoint_id: z.string().optional(),
  status: statusFilterSchema.optional(),
  method: z.string().optional(),
  /** Prefix of the path. */
  path: z.string().optional(),
  ip: z.string().optional(),
  request_id: z.string().optional(),
  from: instant.optional(),
  to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});
export type LogSearchQuery = z.infer<typeof logSearchQuerySchema>;

/** What `search` filters by, streamed whole and newest first. */
export const logExportQuerySchema = logSearchQuerySchema
  .omit({ limit: true, cursor: true })
  .extend({ format: z.enum(['ndjson', 'csv']).default('ndjson') });
export type LogExportQuery = z.infer<typeof logExportQuerySchema>;

/** A row of a request-log list: a record without headers and bodies. */
export interface RequestLogEntry {
  readonly request_id: string;
  readonly timestamp: string;
  readonly client_id: string | null;
  readonly profile_id: string | null;
  readonly collection_id: string | null;
  readonly endpoint_id: string | null;
  readonly environment: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly outcome: string;
  /** What exactly failed, for operators; not for partners. */
  readonly reason: string | null;
  readonly latency_ms: number;
  readonly upstream_latency_ms: number | null;
  readonly client_ip: string;
  readonly user_agent: string | null;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly source: 'gateway' | 'portal';
  readonly portal_email: string | null;
  readonly node: string;
  readonly sequence: number;
  readonly revision: number;
  readonly trace_id: string | null;
}

/** One record whole. A body is text when it is valid UTF-8, else base64. */
export interface RequestLogDetail extends RequestLogEntry {
  readonly request_headers: readonly (readonly [string, string])[];
  readonly response_headers: readonly (readonly [string, string])[];
  readonly request_body: string | null;
  readonly request_body_encoding: 'utf8' | 'base64';
  readonly response_body: string | null;
  readonly response_body_encoding: 'utf8' | 'base64';
  readonly truncated: boolean;
}

export interface LogPage {
  readonly data: readonly RequestLogEntry[];
  readonly next_cursor: string | null;
}

export const metricsQuerySchema = z.strictObject({
  client_id: z.string().optional(),
  profile_id: z.string().optional(),
  collection_id: z.string().optional(),
  from: instant,
  to: instant,
  interval: z.enum(['1m', '5m', '1h', '1d']).default('1h'),
});
export type MetricsQuery = z.infer<typeof metricsQuerySchema>;

/** Errors are answers of 400 and above, refusals by the gateway included. */
export interface MetricsBucket {
  readonly at: string;
  readonly requests: number;
  readonly errors: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

export interface MetricsSummary {
  readonly totals: Omit<MetricsBucket, 'at'>;
  readonly buckets: readonly MetricsBucket[];
  readonly facets: {
    readonly clients: readonly Facet[];
    readonly collections: readonly Facet[];
    readonly endpoints: readonly Facet[];
    readonly statuses: readonly Facet[];
  };
}

export interface Facet {
  readonly value: string;
  readonly requests: number;
  readonly errors: number;
}

/** UTC days, both included. */
export const usageQuerySchema = z.strictObject({
  client_id: z.string(),
  from: z.iso.date(),
  to: z.iso.date(),
});
export type UsageQuery = z.infer<typeof usageQuerySchema>;

/**
 * Calls per UTC day and profile: what bills are made from. Those that counted against a policy of the
 * profile's own are a row of their own.
 */
export interface UsageDay {
  readonly day: string;
  readonly profile_id: string;
  /** Counted by the profile's own policy, not by its client's. */
  readonly apart: boolean;
  readonly admitted: number;
}

/** UTC days, both included; everybody's. */
export const usageTotalsQuerySchema = usageQuerySchema.omit({ client_id: true });
export type UsageTotalsQuery = z.infer<typeof usageTotalsQuerySchema>;

/** Calls of a profile over a span of days, as in `UsageDay`; a profile without any is left out. */
export interface UsageTotal {
  readonly client_id: string;
  readonly profile_id: string;
  readonly apart: boolean;
  readonly admitted: number;
}
