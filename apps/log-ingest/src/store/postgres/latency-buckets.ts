/**
 * Latencies are counted in buckets that grow by a quarter of a doubling: from 0.1 ms to about an
 * hour in 101 buckets, and no percentile is off by more than 19 %.
 */
const SMALLEST_MS = 0.1;
const BUCKETS_PER_DOUBLING = 4;
const LAST_BUCKET = 100;

/** Bucket 0 holds up to 0.1 ms; bucket n what is above `upperBoundMs(n - 1)`. */
export function bucketOf(latencyMs: number): number {
  if (!(latencyMs > SMALLEST_MS)) return 0;
  const bucket = Math.ceil(BUCKETS_PER_DOUBLING * Math.log2(latencyMs / SMALLEST_MS));
  return Math.min(bucket, LAST_BUCKET);
}

export const upperBoundMs = (bucket: number): number =>
  SMALLEST_MS * 2 ** (bucket / BUCKETS_PER_DOUBLING);

/** The same as `bucketOf`, of a column, in SQL. */
export const bucketInSql = (column: string): string =>
  `CASE WHEN ${column} > ${SMALLEST_MS} THEN least(${LAST_BUCKET},
    ceil(${BUCKETS_PER_DOUBLING} * ln(${column} / ${SMALLEST_MS}) / ln(2.0::float8)))::int ELSE 0 END`;

/** Counts by bucket. */
export type LatencyHistogram = ReadonlyMap<number, number>;

/** The value that `quantile` (0 to 1) of the counted calls did not exceed; null when there are none. */
export function quantileOf(histogram: LatencyHistogram, quantile: number): number | null {
  const buckets = [...histogram].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [bucket, count] of buckets) {
    if (below + count >= rank) return within(bucket, (rank - below) / count);
    below += count;
  }
  return null;
}

/** As if the calls of a bucket were spread evenly over it. */
function within(bucket: number, share: number): number {
  const lower = bucket === 0 ? 0 : upperBoundMs(bucket - 1);
  const value = lower + (upperBoundMs(bucket) - lower) * share;
  return Math.round(value * 100) / 100;
}
