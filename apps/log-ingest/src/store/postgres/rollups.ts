import type { RequestRecord } from '@portico/contracts';
import type { PoolClient } from 'pg';
import { bucketOf } from './latency-buckets.ts';

const HOUR_MS = 3_600_000;

/** Adds records to the hourly counts, within the transaction that stores them. */
export async function addToRollups(
  client: PoolClient,
  records: readonly RequestRecord[],
): Promise<void> {
  const counts = countByKey(records);
  if (counts.length === 0) return;
  await client.query(
    `INSERT INTO logs.rollup_hourly AS r
       (hour, client_id, profile_id, collection_id, endpoint_id, status, latency_bucket, requests)
     SELECT to_timestamp(hour / 1000.0), client_id, profile_id, collection_id, endpoint_id, status,
            bucket, requests
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[],
                 $7::smallint[], $8::bigint[])
       AS t (hour, client_id, profile_id, collection_id, endpoint_id, status, bucket, requests)
     ON CONFLICT (hour, client_id, profile_id, collection_id, endpoint_id, status, latency_bucket)
     DO UPDATE SET requests = r.requests + excluded.requests`,
    columnsOf(counts),
  );
}

interface Count {
  readonly key: readonly [
    hour: number,
    client: string,
    profile: string,
    coll: string,
    ep: string,
    status: number,
    bucket: number,
  ];
  requests: number;
}

/** In one order everywhere: two processes that take the same rows in different orders deadlock. */
function countByKey(records: readonly RequestRecord[]): readonly Count[] {
  const byText = new Map<string, Count>();
  for (const record of records) {
    const key = [
      Math.floor(record.timestamp_ms / HOUR_MS) * HOUR_MS,
      record.client_id ?? '',
      record.profile_id ?? '',
      record.collection_id ?? '',
      record.endpoint_id ?? '',
      record.status,
      bucketOf(record.latency_ms),
    ] as const;
    const text = key.join(' ');
    const count = byText.get(text);
    if (count) count.requests++;
    else byText.set(text, { key, requests: 1 });
  }
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}

const columnsOf = (counts: readonly Count[]): unknown[][] => [
  ...[0, 1, 2, 3, 4, 5, 6].map((part) => counts.map(({ key }) => key[part])),
  counts.map(({ requests }) => requests),
];
