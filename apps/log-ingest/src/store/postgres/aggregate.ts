import type { Facet, MetricsBucket, MetricsQuery, MetricsSummary } from '@portico/contracts';
import type { Pool } from 'pg';
import { bucketInSql, quantileOf } from './latency-buckets.ts';
import { withClient } from './transaction.ts';

export const INTERVAL_MS = {
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
} as const;
const FACET_VALUES_MAX = 50;

/**
 * Charts of hours and days read the hourly counts; those of minutes count the records themselves,
 * over the short ranges that the API allows for them. Either is read once, whatever it is counted by:
 * so totals, buckets and facets are of the same moment.
 */
export async function aggregate(pool: Pool, query: MetricsQuery): Promise<MetricsSummary> {
  const rows = await withClient(pool, (client) =>
    client.query<Row>(countSql(query), [...valuesOf(query), INTERVAL_MS[query.interval]]),
  );
  const byKind = Map.groupBy(rows.rows, ({ kind }) => kind);
  const counts = (byKind.get('latency') ?? []).map(toCount);
  const facet = (column: Facetable): readonly Facet[] => (byKind.get(column) ?? []).map(toFacet);
  return {
    totals: summarise(counts),
    buckets: bucketsOf(counts, query),
    facets: {
      clients: facet('client_id'),
      collections: facet('collection_id'),
      endpoints: facet('endpoint_id'),
      statuses: facet('status'),
    },
  };
}

const FACETABLE = ['client_id', 'collection_id', 'endpoint_id', 'status'] as const;
type Facetable = (typeof FACETABLE)[number];

/** Either requests of one latency within one interval, or of one value of a facet. */
interface Row {
  readonly kind: 'latency' | Facetable;
  readonly at_ms: string | null;
  readonly bucket: string | null;
  readonly value: string | null;
  readonly requests: string;
  readonly errors: string;
}

interface Count {
  readonly atMs: number;
  readonly latencyBucket: number;
  readonly requests: number;
  readonly errors: number;
}

const toCount = (row: Row): Count => ({
  atMs: Number(row.at_ms),
  latencyBucket: Number(row.bucket),
  requests: Number(row.requests),
  errors: Number(row.errors),
});

const toFacet = ({ value, requests, errors }: Row): Facet => ({
  value: value ?? '',
  requests: Number(requests),
  errors: Number(errors),
});

/** Of every facet the busiest values; '' (refused before it was known) is not a value. */
function countSql(query: MetricsQuery): string {
  const kinds = FACETABLE.map((column) => `WHEN grouping(${column}) = 0 THEN '${column}'`);
  const values = FACETABLE.map((column) => `WHEN grouping(${column}) = 0 THEN ${column}::text`);
  return `
    WITH counted AS (
      SELECT (extract(epoch FROM at) * 1000)::bigint / $6 * $6 AS at_ms, source.*
      FROM (${sourceOf(query)}) AS source
    ), grouped AS (
      SELECT CASE ${kinds.join(' ')} ELSE 'latency' END AS kind, at_ms, bucket,
             CASE ${values.join(' ')} END AS value, sum(requests) AS requests,
             coalesce(sum(requests) FILTER (WHERE status >= 400), 0) AS errors
      FROM counted
      GROUP BY GROUPING SETS ((at_ms, bucket), ${FACETABLE.map((name) => `(${name})`).join(', ')})
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY kind ORDER BY requests DESC, value) AS rank
      FROM grouped WHERE kind = 'latency' OR value <> ''
    )
    SELECT kind, at_ms, bucket, value, requests, errors FROM ranked
    WHERE kind = 'latency' OR rank <= ${FACET_VALUES_MAX} ORDER BY kind, rank`;
}

/** `at, client_id, collection_id, endpoint_id, status, bucket, requests`, filtered. */
function sourceOf(query: MetricsQuery): string {
  const isFine = query.interval === '1m' || query.interval === '5m';
  const [table, at] = isFine ? ['logs.records', 'ts'] : ['logs.rollup_hourly', 'hour'];
  const counted = isFine
    ? `coalesce(client_id, '') AS client_id, coalesce(collection_id, '') AS collection_id,
       coalesce(endpoint_id, '') AS endpoint_id, status, ${bucketInSql('latency_ms')} AS bucket,
       1 AS requests`
    : 'client_id, collection_id, endpoint_id, status, latency_bucket AS bucket, requests';
  return `SELECT ${at} AS at, ${counted} FROM ${table}
          WHERE ${at} >= $1 AND ${at} < $2 AND ($3::text IS NULL OR client_id = $3)
            AND ($4::text IS NULL OR collection_id = $4)
            AND ($5::text IS NULL OR profile_id = $5)`;
}

/** Hourly counts know whole hours only: a range that starts within one has all of it. */
function valuesOf(query: MetricsQuery): unknown[] {
  const stepMs = INTERVAL_MS[query.interval];
  const start = new Date(Math.floor(Date.parse(query.from) / stepMs) * stepMs);
  const { client_id = null, collection_id = null, profile_id = null } = query;
  return [start, new Date(query.to), client_id, collection_id, profile_id];
}

function bucketsOf(counts: readonly Count[], query: MetricsQuery): readonly MetricsBucket[] {
  const byTime = Map.groupBy(counts, ({ atMs }) => atMs);
  const step = INTERVAL_MS[query.interval];
  const buckets: MetricsBucket[] = [];
  const end = Date.parse(query.to);
  for (let atMs = Math.floor(Date.parse(query.from) / step) * step; atMs < end; atMs += step) {
    buckets.push({ at: new Date(atMs).toISOString(), ...summarise(byTime.get(atMs) ?? []) });
  }
  return buckets;
}

function summarise(counts: readonly Count[]): MetricsSummary['totals'] {
  const histogram = new Map<number, number>();
  let [requests, errors] = [0, 0];
  for (const count of counts) {
    requests += count.requests;
    errors += count.errors;
    histogram.set(count.latencyBucket, (histogram.get(count.latencyBucket) ?? 0) + count.requests);
  }
  return {
    requests,
    errors,
    p50_ms: quantileOf(histogram, 0.5),
    p95_ms: quantileOf(histogram, 0.95),
    p99_ms: quantileOf(histogram, 0.99),
  };
}
