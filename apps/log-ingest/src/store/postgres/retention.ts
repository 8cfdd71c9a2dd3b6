import { DAY_MS } from '@portico/contracts';
import type { Pool } from 'pg';
import type { DropReport } from '../log-store.ts';
import { foldCounts } from './fold-counts.ts';
import { dayOf, type Day, type Partitions } from './partitions.ts';
import { inTransaction, withClient } from './transaction.ts';

/**
 * How long a batch is remembered to recognise it again. Longer than any gateway holds one back:
 * what comes later than this could be stored twice.
 */
const DEDUPE_DAYS = 14;
const PARKED_DAYS = 30;
const LOSSES_DAYS = 400;
/** As far back as charts reach. Usage is kept for good: bills are made from it. */
const COUNTS_DAYS = 1_100;
const COUNT_TABLES = [
  'calls_hourly',
  'calls_daily',
  'latencies_hourly',
  'latencies_daily',
] as const;

/**
 * A record goes when its day lies more than its retention back. A day whose records have all had
 * their time is dropped as a table; until then those whose time is over are deleted from it.
 */
export async function dropExpired(
  pool: Pool,
  partitions: Partitions,
  now: Date,
): Promise<DropReport> {
  const report = { days: 0, records: 0 };
  // What has been written since the last write that folded.
  await foldCounts(pool);
  for (const { day, expired, isWhole } of await expiredDays(pool, now)) {
    if (isWhole) {
      await partitions.drop(day);
      report.days++;
    } else {
      report.records += await deleteFrom(pool, day, expired);
    }
    await forgetRetention(pool, day, expired);
  }
  await dropBookkeeping(pool, now);
  return report;
}

interface ExpiredDay {
  readonly day: Day;
  /** The retention times that are over. */
  readonly expired: number[];
  readonly isWhole: boolean;
}

function expiredDays(pool: Pool, now: Date): Promise<readonly ExpiredDay[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ day: string; expired: number[]; is_whole: boolean }>(
      `SELECT day::text, bool_and(day + retention_days < $1::date) AS is_whole,
              array_agg(retention_days) FILTER (WHERE day + retention_days < $1::date) AS expired
       FROM logs.retention GROUP BY day
       HAVING bool_or(day + retention_days < $1::date) ORDER BY day`,
      [dayOf(now.getTime())],
    );
    return rows.map(({ day, expired, is_whole: isWhole }) => ({ day, expired, isWhole }));
  });
}

function deleteFrom(pool: Pool, day: Day, expired: readonly number[]): Promise<number> {
  return withClient(pool, async (client) => {
    const { rowCount } = await client.query(
      `DELETE FROM logs.records
       WHERE ts >= $1 AND ts < $2 AND retention_days = ANY($3::int[])`,
      [new Date(day), new Date(Date.parse(day) + DAY_MS), expired],
    );
    return rowCount ?? 0;
  });
}

/** Day by day, so that no statement runs long and none holds every day's rows locked. */
export async function erase(pool: Pool, clientId: string): Promise<number> {
  const days = await withClient(pool, (client) =>
    client.query<{ day: string }>('SELECT DISTINCT day::text FROM logs.retention ORDER BY 1'),
  );
  let erased = 0;
  for (const { day } of days.rows) {
    erased += await withClient(pool, async (client) => {
      const { rowCount } = await client.query(
        'DELETE FROM logs.records WHERE client_id = $1 AND ts >= $2 AND ts < $3',
        [clientId, new Date(day), new Date(Date.parse(day) + DAY_MS)],
      );
      return rowCount ?? 0;
    });
  }
  return erased + (await eraseParked(pool, clientId));
}

/** Bytes, because a parked record may be anything; our own JSON names the client in one way only. */
function eraseParked(pool: Pool, clientId: string): Promise<number> {
  return withClient(pool, async (client) => {
    const { rowCount } = await client.query(
      'DELETE FROM logs.parked_records WHERE position($1::bytea IN record) > 0',
      [Buffer.from(`"client_id":${JSON.stringify(clientId)}`)],
    );
    return rowCount ?? 0;
  });
}

const forgetRetention = (pool: Pool, day: Day, expired: readonly number[]): Promise<unknown> =>
  withClient(pool, (client) =>
    client.query('DELETE FROM logs.retention WHERE day = $1 AND retention_days = ANY($2::int[])', [
      day,
      expired,
    ]),
  );

const dropBookkeeping = (pool: Pool, now: Date): Promise<unknown> =>
  inTransaction(pool, async (client) => {
    const before = (days: number): Date => new Date(now.getTime() - days * DAY_MS);
    await client.query('DELETE FROM logs.batches WHERE stored_at < $1', [before(DEDUPE_DAYS)]);
    await client.query('DELETE FROM logs.usage_deltas WHERE stored_at < $1', [before(DEDUPE_DAYS)]);
    await client.query('DELETE FROM logs.parked_records WHERE parked_at < $1', [
      before(PARKED_DAYS),
    ]);
    await client.query('DELETE FROM logs.losses WHERE to_ts < $1', [before(LOSSES_DAYS)]);
    for (const table of COUNT_TABLES) {
      await client.query(`DELETE FROM logs.${table} WHERE at < $1`, [before(COUNTS_DAYS)]);
    }
  });
