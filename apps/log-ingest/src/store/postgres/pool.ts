import pg from 'pg';

export interface PoolServer {
  readonly url: string;
  /** A connection broke; the next use makes a new one. */
  readonly onConnectionLost: (error: Error) => void;
}

export interface PoolLimits {
  /** Most connections at a time. */
  readonly max: number;
  /** Longest a statement may run, ms. */
  readonly timeoutMs: number;
  /** Server settings of every connection, as `-c name=value`. */
  readonly settings?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

export function openPool(
  { url, onConnectionLost }: PoolServer,
  { max, timeoutMs, settings }: PoolLimits,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'portico-log-ingest',
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: timeoutMs,
    // The server may be frozen and never say that the time is up.
    query_timeout: timeoutMs + CONNECT_TIMEOUT_MS,
    keepAlive: true,
    ...(settings === undefined ? {} : { options: settings }),
  });
  // The pool listens to idle connections only: one lost between two statements of a transaction would
  // end this process. Whoever holds it hears of it from its next statement.
  pool.on('connect', (client) => client.on('error', onConnectionLost));
  pool.on('error', () => undefined);
  return pool;
}
