import type { Facet, MetricsBucket, MetricsQuery, MetricsSummary } from '@portico/contracts';
import type { Pool } from 'pg';
import { countSql, type Facetable } from './aggregate-sql.ts';
import { quantileOf } from './latency-buckets.ts';
import { withClient } from './transaction.ts';

export const INTERVAL_MS = {
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
} as const;

/**
 * Charts of hours and days read counts; those of minutes count the records themselves, over the short
 * ranges that the API allows for them. Either is one statement: so totals, buckets and facets are of
 * the same moment.
 */
export async function aggregate(pool: Pool, query: MetricsQuery): Promise<MetricsSummary> {
  const rows = await withClient(pool, (client) =>
    client.query<Row>(countSql(query), valuesOf(query)),
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

/** Counts know whole hours only: a range that starts or ends within one has all of it. */
function valuesOf(query: MetricsQuery): unknown[] {
  const stepMs = INTERVAL_MS[query.interval];
  const start = new Date(Math.floor(Date.parse(query.from) / stepMs) * stepMs);
  const { client_id = null, collection_id = null, profile_id = null } = query;
  return [start, new Date(query.to), client_id, collection_id, profile_id, stepMs];
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
