import type { Pool } from 'pg';
import { inTransaction } from './transaction.ts';

/** One process at a time. Any number of our own will do. */
const FOLD_LOCK = 7_340_113;
/** Counts taken in one transaction. */
const FOLDED_MAX = 100_000;

/**
 * Adds the counts that are pending to those by hour and by day. They are moved, not copied, so each is
 * added once; and whoever reads finds a count on one side or on the other, never on both.
 */
export async function foldCounts(pool: Pool): Promise<void> {
  let folded = FOLDED_MAX;
  while (folded === FOLDED_MAX) folded = await foldSome(pool);
}

function foldSome(pool: Pool): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ mine: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1) AS mine',
      [FOLD_LOCK],
    );
    // Another process is at it, and will find what is here.
    if (rows[0]?.mine !== true) return 0;
    const result = await client.query<{ folded: number }>(FOLD, [FOLDED_MAX]);
    return result.rows[0]?.folded ?? 0;
  });
}

const DAY = `date_trunc('day', hour, 'UTC')`;

const callsTo = (table: string, at: string): string => `
  INSERT INTO logs.${table} AS c
    (client_id, at, profile_id, collection_id, endpoint_id, status, requests)
  SELECT client_id, ${at}, profile_id, collection_id, endpoint_id, status, sum(requests)
  FROM taken GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (client_id, at, profile_id, collection_id, endpoint_id, status)
  DO UPDATE SET requests = c.requests + excluded.requests`;

const latenciesTo = (table: string, at: string): string => `
  INSERT INTO logs.${table} AS l
    (client_id, at, profile_id, collection_id, latency_bucket, requests, errors)
  SELECT client_id, ${at}, profile_id, collection_id, latency_bucket, sum(requests),
         coalesce(sum(requests) FILTER (WHERE status >= 400), 0)
  FROM taken GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (client_id, at, profile_id, collection_id, latency_bucket)
  DO UPDATE SET requests = l.requests + excluded.requests, errors = l.errors + excluded.errors`;

const FOLD = `
  WITH taken AS (
    DELETE FROM logs.counts_pending
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM logs.counts_pending LIMIT $1)) RETURNING *
  ), calls_by_hour AS (${callsTo('calls_hourly', 'hour')}),
     latencies_by_hour AS (${latenciesTo('latencies_hourly', 'hour')}),
     calls_by_day AS (${callsTo('calls_daily', DAY)}),
     latencies_by_day AS (${latenciesTo('latencies_daily', DAY)})
  SELECT count(*)::int AS folded FROM taken`;

export interface CountFolderOptions {
  readonly pool: Pool;
  readonly everyMs: number;
  /** Counts stay pending, and are read from there, until a later attempt succeeds. */
  readonly onFailed: (error: unknown) => void;
}

/** Folds beside the writes that make it necessary, and no more often than it has to. */
export class CountFolder {
  readonly #options: CountFolderOptions;
  #running: Promise<void> | undefined;
  #nextAtMs: number;

  constructor(options: CountFolderOptions) {
    this.#options = options;
    this.#nextAtMs = performance.now() + options.everyMs;
  }

  /** Call after every write; returns at once. */
  nudge(): void {
    if (this.#running !== undefined || performance.now() < this.#nextAtMs) return;
    const { pool, everyMs, onFailed } = this.#options;
    this.#running = foldCounts(pool)
      .catch(onFailed)
      .finally(() => {
        this.#nextAtMs = performance.now() + everyMs;
        this.#running = undefined;
      });
  }

  async settled(): Promise<void> {
    await this.#running;
  }
}
