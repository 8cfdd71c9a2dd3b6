import type { Facet, MetricsBucket, MetricsQuery, MetricsSummary } from '@portico/contracts';
import type { Pool, PoolClient } from 'pg';
import { bucketInSql, quantileOf } from './latency-buckets.ts';
import { inTransaction } from './transaction.ts';

export const INTERVAL_MS = {
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
} as const;
const FACET_VALUES_MAX = 50;

/**
 * Charts of hours and days read the hourly counts; those of minutes count the records themselves,
 * over the short ranges that the API allows for them.
 */
export function aggregate(pool: Pool, query: MetricsQuery): Promise<MetricsSummary> {
  // One transaction, so that totals, buckets and facets are of the same moment.
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const counts = await countLatencies(client, query);
    return {
      totals: summarise(counts),
      buckets: bucketsOf(counts, query),
      facets: {
        clients: await facet(client, query, 'client_id'),
        collections: await facet(client, query, 'collection_id'),
        endpoints: await facet(client, query, 'endpoint_id'),
        statuses: await facet(client, query, 'status'),
      },
    };
  });
}

interface Count {
  readonly atMs: number;
  readonly latencyBucket: number;
  readonly requests: number;
  readonly errors: number;
}

async function countLatencies(client: PoolClient, query: MetricsQuery): Promise<readonly Count[]> {
  const { rows } = await client.query<Record<'at_ms' | 'bucket' | 'requests' | 'errors', string>>(
    `SELECT (extract(epoch FROM at) * 1000)::bigint / $5 * $5 AS at_ms, bucket,
            sum(requests) AS requests, sum(requests) FILTER (WHERE status >= 400) AS errors
     FROM (${sourceOf(query)}) AS counted GROUP BY 1, 2`,
    [...valuesOf(query), INTERVAL_MS[query.interval]],
  );
  return rows.map((row) => ({
    atMs: Number(row.at_ms),
    latencyBucket: Number(row.bucket),
    requests: Number(row.requests),
    errors: Number(row.errors),
  }));
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
            AND ($4::text IS NULL OR collection_id = $4)`;
}

/** Hourly counts know whole hours only: a range that starts within one has all of it. */
function valuesOf({ from, to, interval, client_id, collection_id }: MetricsQuery): unknown[] {
  const start = Math.floor(Date.parse(from) / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  return [new Date(start), new Date(to), client_id ?? null, collection_id ?? null];
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

type Facetable = 'client_id' | 'collection_id' | 'endpoint_id' | 'status';

/** The busiest values; records without one (refused before it was known) are not a value. */
async function facet(
  client: PoolClient,
  query: MetricsQuery,
  column: Facetable,
): Promise<readonly Facet[]> {
  const { rows } = await client.query<Record<'value' | 'requests' | 'errors', string>>(
    `SELECT ${column}::text AS value, sum(requests) AS requests,
            coalesce(sum(requests) FILTER (WHERE status >= 400), 0) AS errors
     FROM (${sourceOf(query)}) AS counted WHERE ${column}::text <> ''
     GROUP BY 1 ORDER BY sum(requests) DESC, 1 LIMIT ${FACET_VALUES_MAX}`,
    valuesOf(query),
  );
  return rows.map(({ value, requests, errors }) => ({
    value,
    requests: Number(requests),
    errors: Number(errors),
  }));
}
