import type { MetricsQuery } from '@portico/contracts';
import { bucketInSql } from './latency-buckets.ts';

const FACET_VALUES_MAX = 50;

const FACETABLE = ['client_id', 'collection_id', 'endpoint_id', 'status'] as const;
export type Facetable = (typeof FACETABLE)[number];

/**
 * Requests and errors by interval and latency (`kind` latency), and of every facet the busiest values;
 * '' (refused before it was known) is not a value. Parameters: from, to, client, collection, profile
 * (null = any), interval in ms.
 */
export function countSql(query: MetricsQuery): string {
  const kinds = FACETABLE.map((column) => `WHEN grouping(${column}) = 0 THEN '${column}'`);
  const values = FACETABLE.map((column) => `WHEN grouping(${column}) = 0 THEN ${column}::text`);
  // Added up over time before they are grouped four ways: that is most of the work.
  return `
    WITH ${sourcesOf(query)}, calls AS (
      SELECT client_id, collection_id, endpoint_id, status, sum(requests) AS requests
      FROM call_source GROUP BY 1, 2, 3, 4
    ), latencies AS (
      SELECT (extract(epoch FROM at) * 1000)::bigint / $6 * $6 AS at_ms, latency_bucket AS bucket,
             sum(requests) AS requests, sum(errors) AS errors
      FROM latency_source GROUP BY 1, 2
    ), facets AS (
      SELECT CASE ${kinds.join(' ')} END AS kind, CASE ${values.join(' ')} END AS value,
             sum(requests) AS requests,
             coalesce(sum(requests) FILTER (WHERE status >= 400), 0) AS errors
      FROM calls GROUP BY GROUPING SETS (${FACETABLE.map((name) => `(${name})`).join(', ')})
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY kind ORDER BY requests DESC, value) AS rank
      FROM facets WHERE value <> ''
    )
    SELECT 'latency' AS kind, at_ms, bucket, NULL AS value, requests, errors, 0 AS rank
    FROM latencies
    UNION ALL
    SELECT kind, NULL, NULL, value, requests, errors, rank FROM ranked
    WHERE rank <= ${FACET_VALUES_MAX} ORDER BY kind, rank`;
}

/** `call_source` and `latency_source`, filtered. */
function sourcesOf({ interval }: MetricsQuery): string {
  switch (interval) {
    case '1m':
    case '5m':
      return sourcesOfMinutes();
    case '1h':
      return sourcesOfCounts([{ grain: 'hourly', until: '$2' }]);
    case '1d':
      // The hours of a last day that the range has only a part of.
      return sourcesOfCounts([
        { grain: 'daily', until: LAST_MIDNIGHT },
        { grain: 'hourly', since: LAST_MIDNIGHT, until: '$2' },
      ]);
  }
}

const LAST_MIDNIGHT = `date_trunc('day', $2::timestamptz, 'UTC')`;

const filtered = (at: string, until: string, since = '$1'): string =>
  `${at} >= greatest($1::timestamptz, ${since}) AND ${at} < ${until}
   AND ($3::text IS NULL OR client_id = $3) AND ($4::text IS NULL OR collection_id = $4)
   AND ($5::text IS NULL OR profile_id = $5)`;

const sourcesOfMinutes = (): string => `
  call_source AS (
    SELECT ts AS at, coalesce(client_id, '') AS client_id,
           coalesce(collection_id, '') AS collection_id, coalesce(endpoint_id, '') AS endpoint_id,
           status, ${bucketInSql('latency_ms')} AS latency_bucket, 1 AS requests,
           (status >= 400)::int AS errors
    FROM logs.records WHERE ${filtered('ts', '$2')}
  ), latency_source AS (SELECT * FROM call_source)`;

interface Part {
  readonly grain: 'hourly' | 'daily';
  readonly since?: string;
  readonly until: string;
}

/** What is still pending belongs to them, too. */
function sourcesOfCounts(parts: readonly Part[]): string {
  const pending = `logs.counts_pending WHERE ${filtered('hour', '$2')}`;
  const calls = 'client_id, collection_id, endpoint_id, status, requests';
  const latencies = 'at, latency_bucket, requests, errors';
  const from = (kind: 'calls' | 'latencies', columns: string) =>
    parts.map(
      ({ grain, since, until }) =>
        `SELECT ${columns} FROM logs.${kind}_${grain} WHERE ${filtered('at', until, since)}`,
    );
  const pendingLatencies = `SELECT hour, latency_bucket, requests,
    CASE WHEN status >= 400 THEN requests ELSE 0 END FROM ${pending}`;
  return `
    call_source AS (${[...from('calls', calls), `SELECT ${calls} FROM ${pending}`].join(' UNION ALL ')}),
    latency_source AS (${[...from('latencies', latencies), pendingLatencies].join(' UNION ALL ')})`;
}
