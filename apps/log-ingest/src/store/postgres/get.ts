import type { RequestLogDetail } from '@portico/contracts';
import type { Pool, PoolClient } from 'pg';
import { DETAIL_COLUMNS, toDetail, type DetailRow } from './record-rows.ts';
import { ID_TIME_TOLERANCE_MS, timeOf } from './request-time.ts';
import { withClient } from './transaction.ts';

/** A caller may use one id twice, and two callers the same one: the newest of those asked for. */
export function get(
  pool: Pool,
  requestId: string,
  clientId: string | undefined,
): Promise<RequestLogDetail | undefined> {
  return withClient(pool, async (client) => {
    const row =
      (await findTimed(client, requestId, clientId)) ??
      (await findOne(client, { where: 'NOT is_timed', values: [] }, { requestId, clientId }));
    return row && toDetail(row);
  });
}

/** Two seconds of one day's partition. */
async function findTimed(
  client: PoolClient,
  requestId: string,
  clientId: string | undefined,
): Promise<DetailRow | undefined> {
  const ms = timeOf(requestId);
  if (ms === undefined) return undefined;
  const around = [new Date(ms - ID_TIME_TOLERANCE_MS), new Date(ms + ID_TIME_TOLERANCE_MS)];
  return findOne(
    client,
    { where: 'ts >= $3 AND ts <= $4', values: around },
    { requestId, clientId },
  );
}

async function findOne(
  client: PoolClient,
  { where, values }: { where: string; values: readonly Date[] },
  { requestId, clientId }: { requestId: string; clientId: string | undefined },
): Promise<DetailRow | undefined> {
  // OFFSET 0 keeps the order out of the lookup: for the sake of LIMIT 1 the planner would walk the
  // time index, which is all of the records when there is none to find.
  const { rows } = await client.query<DetailRow>(
    `SELECT ${DETAIL_COLUMNS}
     FROM (SELECT * FROM logs.records WHERE request_id = $1 AND ${where} OFFSET 0) AS found
     WHERE $2::text IS NULL OR client_id = $2 ORDER BY ts DESC, id DESC LIMIT 1`,
    [requestId, clientId ?? null, ...values],
  );
  return rows[0];
}
