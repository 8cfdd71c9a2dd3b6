import type { RequestRecord } from '@portico/contracts';
import { copyInto, microsecondsSince2000, type Column } from './copy-format.ts';
import { bucketOf } from './latency-buckets.ts';

const HOUR_MS = 3_600_000;

/** Calls of one hour that are alike in everything that charts tell apart. '' stands for "none". */
export interface Count {
  readonly hourMs: number;
  readonly client: string;
  readonly profile: string;
  readonly collection: string;
  readonly endpoint: string;
  readonly status: number;
  readonly latencyBucket: number;
  requests: number;
}

export const COUNT_COLUMNS: readonly Column<Count>[] = [
  ['hour', (to, count) => to.int8(microsecondsSince2000(count.hourMs))],
  ['client_id', (to, count) => to.text(count.client)],
  ['profile_id', (to, count) => to.text(count.profile)],
  ['collection_id', (to, count) => to.text(count.collection)],
  ['endpoint_id', (to, count) => to.text(count.endpoint)],
  ['status', (to, count) => to.int2(count.status)],
  ['latency_bucket', (to, count) => to.int2(count.latencyBucket)],
  ['requests', (to, count) => to.int8(count.requests)],
];

/** They wait there for `foldCounts`. */
export const COPY_COUNTS = copyInto('logs.counts_pending', COUNT_COLUMNS);

export function countRecords(records: readonly RequestRecord[]): readonly Count[] {
  const byText = new Map<string, Count>();
  for (const record of records) {
    const count = countOf(record);
    const { hourMs, client, profile, collection, endpoint, status, latencyBucket } = count;
    const text = `${hourMs} ${client} ${profile} ${collection} ${endpoint} ${status} ${latencyBucket}`;
    const same = byText.get(text);
    if (same) same.requests++;
    else byText.set(text, count);
  }
  return [...byText.values()];
}

const countOf = (record: RequestRecord): Count => ({
  hourMs: Math.floor(record.timestamp_ms / HOUR_MS) * HOUR_MS,
  client: record.client_id ?? '',
  profile: record.profile_id ?? '',
  collection: record.collection_id ?? '',
  endpoint: record.endpoint_id ?? '',
  status: record.status,
  latencyBucket: bucketOf(record.latency_ms),
  requests: 1,
});
