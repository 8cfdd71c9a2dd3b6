import { DAY_MS } from '@portico/contracts';
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from './transaction.ts';

/** Serialises making and dropping partitions between processes. Any number of our own will do. */
const PARTITION_LOCK = 7_340_112;
const DAYS_AHEAD = 3;

/** A UTC day, `2026-11-21`. */
export type Day = string;
export const dayOf = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);
/** Of many records: a time is written out once per day there is, not once per record. */
export const daysOf = (records: readonly { readonly timestamp_ms: number }[]): Day[] =>
  [...new Set(records.map((record) => Math.floor(record.timestamp_ms / DAY_MS)))].map((day) =>
    dayOf(day * DAY_MS),
  );
const nextDay = (day: Day): Day => dayOf(Date.parse(day) + DAY_MS);
const tableOf = (day: Day): string => `records_${day.replaceAll('-', '')}`;

/** One table per UTC day, made before it is needed and dropped whole. */
export class Partitions {
  readonly #pool: Pool;
  readonly #known = new Set<Day>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async prepareAhead(now: Date): Promise<void> {
    const days = Array.from({ length: DAYS_AHEAD + 2 }, (_, n) => n - 1);
    await this.ensure(days.map((n) => dayOf(now.getTime() + n * DAY_MS)));
  }

  /** Cheap when they exist. Outside of any write transaction: making one briefly locks the table. */
  async ensure(days: Iterable<Day>): Promise<void> {
    const missing = [...new Set(days)].filter((day) => !this.#known.has(day)).sort();
    if (missing.length === 0) return;
    await inTransaction(this.#pool, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
      for (const day of missing) await createPartition(client, day);
    });
    for (const day of missing) this.#known.add(day);
  }

  /** Another process may have dropped a day that we believe to exist. */
  forget(): void {
    this.#known.clear();
  }

  async drop(day: Day): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
      // Rather try again at the next sweep than queue every reader up behind us.
      await client.query(`SET LOCAL lock_timeout = '3s'`);
      await client.query(`DROP TABLE IF EXISTS logs.${tableOf(day)}`);
    });
    this.#known.delete(day);
  }
}

async function createPartition(client: PoolClient, day: Day): Promise<void> {
  if (await isThere(client, day)) return;
  const [from, to] = [`${day} 00:00:00+00`, `${nextDay(day)} 00:00:00+00`];
  // Attached with a check that proves its range, so that the parent is never locked against writers.
  await client.query(
    `CREATE TABLE logs.${tableOf(day)} (LIKE logs.records INCLUDING DEFAULTS,
       CONSTRAINT ${tableOf(day)}_range CHECK (ts >= '${from}' AND ts < '${to}'))`,
  );
  await client.query(
    `ALTER TABLE logs.records ATTACH PARTITION logs.${tableOf(day)}
       FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
  await client.query(`ALTER TABLE logs.${tableOf(day)} DROP CONSTRAINT ${tableOf(day)}_range`);
}

async function isThere(client: PoolClient, day: Day): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS found',
    [`logs.${tableOf(day)}`],
  );
  return rows[0]?.found === true;
}
