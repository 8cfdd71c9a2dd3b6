import { isNativeError } from 'node:util/types';
import type { Pool, PoolClient } from 'pg';
import { StoreUnavailableError } from '../log-store.ts';

/** `work` inside one transaction; rolled back when it throws. */
export function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withClient(pool, async (client) => {
    await client.query('BEGIN');
    try {
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // When the connection itself is gone this fails too, and the server rolls back by itself.
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

/** Errors that say "not now" come out as `StoreUnavailableError`. */
export async function withClient<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  let client: PoolClient | undefined;
  let problem: unknown;
  try {
    client = await pool.connect();
    return await work(client);
  } catch (error) {
    problem = translated(error);
    throw problem;
  } finally {
    // A connection that may be broken must not serve the next caller.
    client?.release(problem instanceof StoreUnavailableError);
  }
}

/** The data is at fault, not the moment: trying again changes nothing. */
export function isDataError(error: unknown): boolean {
  const code = sqlState(error);
  return code !== undefined && /^(?:21|22|23)/.test(code);
}

/** SQLSTATE classes of a server that is away, starting, stopping, full or out of a resource. */
const AWAY = /^(?:08|25|40|53|55|57P|58|XX)/;
const QUERY_CANCELED = '57014';

function translated(error: unknown): unknown {
  const code = sqlState(error);
  if (code === QUERY_CANCELED) return new StoreUnavailableError('too_slow', { cause: error });
  if (code !== undefined && !AWAY.test(code)) return error;
  if (code === undefined && !isConnectionProblem(error)) return error;
  return new StoreUnavailableError('away', { cause: error });
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object)
    ? code
    : undefined;
}

/** What node and pg say without a SQLSTATE. */
function isConnectionProblem(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  if ('syscall' in error || 'errors' in error) return true;
  return /connection|timeout|not queryable|ECONN|EPIPE/i.test(error.message);
}
