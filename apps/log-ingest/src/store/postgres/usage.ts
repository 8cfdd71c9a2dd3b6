import type {
  UsageDay,
  UsageDelta,
  UsageQuery,
  UsageTotal,
  UsageTotalsQuery,
} from '@portico/contracts';
import type { Pool } from 'pg';
import { inTransaction, withClient } from './transaction.ts';

/** False when this delta was added before: the stream delivers at least once, bills count once. */
export function addUsage(pool: Pool, delta: UsageDelta): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const claimed = await client.query(
      `INSERT INTO logs.usage_deltas (node, epoch, sequence) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING`,
      [delta.node, delta.epoch, delta.sequence],
    );
    if (claimed.rowCount === 0) return false;
    // Summed first: one statement may not touch a row twice. Sorted, so that nobody deadlocks.
    await client.query(
      `INSERT INTO logs.usage_daily AS u (client_id, day, profile_id, apart, admitted)
       SELECT client_id, day, profile_id, apart, sum(admitted)
       FROM unnest($1::text[], $2::date[], $3::text[], $4::boolean[], $5::bigint[])
         AS t (client_id, day, profile_id, apart, admitted)
       GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
       ON CONFLICT (client_id, day, profile_id, apart)
       DO UPDATE SET admitted = u.admitted + excluded.admitted`,
      [
        delta.counts.map((count) => count.client_id),
        delta.counts.map((count) => count.day),
        delta.counts.map((count) => count.profile_id),
        delta.counts.map((count) => count.apart ?? false),
        delta.counts.map((count) => count.admitted),
      ],
    );
    return true;
  });
}

export function usage(pool: Pool, query: UsageQuery): Promise<readonly UsageDay[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<Omit<UsageDay, 'admitted'> & { admitted: string }>(
      `SELECT day::text, profile_id, apart, admitted FROM logs.usage_daily
       WHERE client_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day, profile_id, apart`,
      [query.client_id, query.from, query.to],
    );
    return rows.map((row) => ({ ...row, admitted: Number(row.admitted) }));
  });
}

/** One answer about everybody: whoever watches all quotas must not ask once per client. */
export function usageTotals(pool: Pool, query: UsageTotalsQuery): Promise<readonly UsageTotal[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<Omit<UsageTotal, 'admitted'> & { admitted: string }>(
      `SELECT client_id, profile_id, apart, sum(admitted) AS admitted FROM logs.usage_daily
       WHERE day BETWEEN $1 AND $2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      [query.from, query.to],
    );
    return rows.map((row) => ({ ...row, admitted: Number(row.admitted) }));
  });
}
