import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isNativeError } from 'node:util/types';
import type { LossMarker, RequestRecord } from '@portico/contracts';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { IncomingBatch, RejectedRecord, WriteOutcome } from '../log-store.ts';
import { encodeRows } from './copy-format.ts';
import { COPY_RECORDS, RECORD_COLUMNS } from './copy-rows.ts';
import { COPY_COUNTS, COUNT_COLUMNS, countRecords } from './counts.ts';
import { dayOf } from './partitions.ts';
import { isDataError } from './transaction.ts';

/**
 * Stores batches within the caller's transaction. Throws a data error when a record does not fit
 * its table; `storeCarefully` then says which.
 */
export async function storeTogether(
  client: PoolClient,
  batches: readonly IncomingBatch[],
): Promise<readonly WriteOutcome[]> {
  const fresh = await claim(client, batches);
  const stored = batches.filter((batch) => fresh.has(batch));
  const records = stored.flatMap((batch) => batch.records);
  await copyIn(client, records);
  await storeRest(client, { records, losses: stored.flatMap((batch) => batch.losses) });
  for (const batch of stored) await park(client, batch, batch.rejected);
  const outcomes: WriteOutcome[] = [];
  for (const batch of batches) {
    outcomes.push(
      fresh.has(batch)
        ? storedOutcome(batch.records.length, batch.rejected)
        : await duplicateOutcome(client, batch),
    );
  }
  return outcomes;
}

/** One batch within the caller's transaction, without the records that PostgreSQL will not take. */
export async function storeCarefully(
  client: PoolClient,
  batch: IncomingBatch,
): Promise<WriteOutcome> {
  const fresh = await claim(client, [batch]);
  if (!fresh.has(batch)) return duplicateOutcome(client, batch);
  const { good, bad } = await copyGoodHalves(client, batch.records);
  await storeRest(client, { records: good, losses: batch.losses });
  const rejected = [...batch.rejected, ...bad];
  await park(client, batch, rejected);
  await client.query('UPDATE logs.batches SET parked = $3 WHERE batch_id = $1 AND first_ms = $2', [
    ...keyOf(batch),
    rejected.length,
  ]);
  return storedOutcome(good.length, rejected);
}

/** Those that no transaction has stored; one that is storing it right now is waited for. */
async function claim(
  client: PoolClient,
  batches: readonly IncomingBatch[],
): Promise<ReadonlySet<IncomingBatch>> {
  const byKey = new Map(batches.map((batch) => [keyOf(batch).join(' '), batch]));
  const sorted = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, batch]) => batch);
  const { rows } = await client.query<{ batch_id: string; first_ms: string }>(
    `INSERT INTO logs.batches (batch_id, first_ms, parked)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[])
     ON CONFLICT DO NOTHING RETURNING batch_id, first_ms`,
    [
      sorted.map((batch) => batch.batchId),
      sorted.map((batch) => firstMs(batch)),
      sorted.map((batch) => batch.rejected.length),
    ],
  );
  const fresh = new Set<IncomingBatch>();
  for (const { batch_id, first_ms } of rows) {
    const batch = byKey.get(`${batch_id} ${first_ms}`);
    if (batch) fresh.add(batch);
  }
  return fresh;
}

const keyOf = (batch: IncomingBatch): [string, number] => [batch.batchId, firstMs(batch)];

/** The same however often the gateway sends the batch, even when it sheds bodies in between. */
function firstMs({ records, losses }: IncomingBatch): number {
  const times = [...records.map((r) => r.timestamp_ms), ...losses.map((loss) => loss.from_ms)];
  return times.length === 0 ? 0 : Math.min(...times);
}

async function copyIn(client: PoolClient, records: readonly RequestRecord[]): Promise<void> {
  if (records.length === 0) return;
  await copy(client, COPY_RECORDS, encodeRows(RECORD_COLUMNS, records));
}

const copy = (client: PoolClient, into: string, rows: Buffer): Promise<void> =>
  pipeline(Readable.from([rows]), client.query(copyFrom(into)));

/** Halves what fails until single records are left to blame: n bad ones cost about n·log(batch). */
async function copyGoodHalves(
  client: PoolClient,
  records: readonly RequestRecord[],
): Promise<{ good: readonly RequestRecord[]; bad: readonly RejectedRecord[] }> {
  await client.query('SAVEPOINT half');
  try {
    await copyIn(client, records);
    await client.query('RELEASE SAVEPOINT half');
    return { good: records, bad: [] };
  } catch (error) {
    if (!isRecordAtFault(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT half');
    if (records.length === 1) return { good: [], bad: [blamed(records, error)] };
  }
  const middle = records.length >> 1;
  const first = await copyGoodHalves(client, records.slice(0, middle));
  const second = await copyGoodHalves(client, records.slice(middle));
  return { good: [...first.good, ...second.good], bad: [...first.bad, ...second.bad] };
}

/** PostgreSQL refuses the data, or a number does not fit the column's width when it is encoded. */
export const isRecordAtFault = (error: unknown): boolean =>
  isDataError(error) || (error as { code?: unknown }).code === 'ERR_OUT_OF_RANGE';

function blamed([record]: readonly RequestRecord[], error: unknown): RejectedRecord {
  const reason = isNativeError(error) ? error.message : String(error);
  return { sequence: record?.sequence ?? null, record, reason };
}

async function storeRest(
  client: PoolClient,
  { records, losses }: { records: readonly RequestRecord[]; losses: readonly LossMarker[] },
): Promise<void> {
  await noteRetention(client, records);
  if (records.length > 0) {
    await copy(client, COPY_COUNTS, encodeRows(COUNT_COLUMNS, countRecords(records)));
  }
  await storeLosses(client, losses);
}

async function noteRetention(client: PoolClient, records: readonly RequestRecord[]): Promise<void> {
  const seen = new Set(records.map((r) => `${dayOf(r.timestamp_ms)} ${r.retention_days}`));
  const pairs = [...seen].sort().map((pair) => pair.split(' '));
  await client.query(
    `INSERT INTO logs.retention (day, retention_days)
     SELECT * FROM unnest($1::date[], $2::int[]) ON CONFLICT DO NOTHING`,
    [pairs.map(([day]) => day), pairs.map(([, days]) => days)],
  );
}

async function storeLosses(client: PoolClient, losses: readonly LossMarker[]): Promise<void> {
  if (losses.length === 0) return;
  await client.query(
    `INSERT INTO logs.losses
       (node, from_sequence, to_sequence, lost, lost_by_client, from_ts, to_ts, reason)
     SELECT node, from_sequence, to_sequence, lost, lost_by_client,
            to_timestamp(from_ms / 1000.0), to_timestamp(to_ms / 1000.0), reason
     FROM jsonb_to_recordset($1::jsonb) AS t (node text, from_sequence bigint, to_sequence bigint,
       lost bigint, lost_by_client jsonb, from_ms bigint, to_ms bigint, reason text)`,
    [JSON.stringify(losses)],
  );
}

async function park(
  client: PoolClient,
  batch: IncomingBatch,
  rejected: readonly RejectedRecord[],
): Promise<void> {
  if (rejected.length === 0) return;
  await client.query(
    `INSERT INTO logs.parked_records (batch_id, sequence, reason, record)
     SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::bytea[])`,
    [
      batch.batchId,
      rejected.map(({ sequence }) => sequence),
      rejected.map(({ reason }) => reason),
      rejected.map(({ record }) => Buffer.from(asJson(record))),
    ],
  );
}

function asJson(record: unknown): string {
  const text = JSON.stringify(record, function (this: Record<string, unknown>, key, value) {
    // Looked up again: a Buffer has already been turned into an object of numbers here.
    const bytes = this[key];
    return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64') : (value as unknown);
  }) as string | undefined;
  return text ?? 'null';
}

const storedOutcome = (stored: number, rejected: readonly RejectedRecord[]): WriteOutcome => ({
  kind: 'stored',
  stored,
  parked: rejected.map(({ sequence, reason }) => `record ${sequence ?? '?'}: ${reason}`),
});

async function duplicateOutcome(client: PoolClient, batch: IncomingBatch): Promise<WriteOutcome> {
  const { rows } = await client.query<{ parked: number }>(
    'SELECT parked FROM logs.batches WHERE batch_id = $1 AND first_ms = $2',
    keyOf(batch),
  );
  return { kind: 'duplicate', parkedBefore: rows[0]?.parked ?? 0 };
}
