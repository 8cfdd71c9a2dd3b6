import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@portico/telemetry';
import { DataSource } from 'typeorm';
import { databaseFailure } from './database-failure.ts';
import { ENTITIES } from './entities.ts';
import { Initial1700000000001 } from './migrations/1700000000001-initial.ts';
import { WebhooksAndAlerts1700000000020 } from './migrations/1700000000020-webhooks-and-alerts.ts';
import { KeepKeyOrder1700000000030 } from './migrations/1700000000030-keep-key-order.ts';
import { QuotaAlertsOfAnyPolicy1700000000040 } from './migrations/1700000000040-quota-alerts-of-any-policy.ts';

/** In order; append only. */
const MIGRATIONS = [
  Initial1700000000001,
  WebhooksAndAlerts1700000000020,
  KeepKeyOrder1700000000030,
  QuotaAlertsOfAnyPolicy1700000000040,
];

/** Any two-part number that nothing else in this database uses. */
const MIGRATION_LOCK = [0x706f7274, 1];

export interface DatabaseOptions {
  readonly url: string;
  readonly poolMax: number;
}

/** A pool that gives up rather than hang: a dead database must show as an error within seconds. */
export const createDataSource = ({ url, poolMax }: DatabaseOptions): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    synchronize: false,
    logging: false,
    applicationName: 'portico-control-plane',
    poolSize: poolMax,
    extra: {
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
    },
  });

const CONNECT_WITHIN_MS = 60_000;
const RETRY_AFTER_MS = 500;

/**
 * Services of one deployment start in any order: a database that is not there yet is waited for, up
 * to a minute. Any other trouble, a wrong password say, ends the start at once.
 */
export async function connect(options: DatabaseOptions, logger: Logger): Promise<DataSource> {
  const deadline = performance.now() + CONNECT_WITHIN_MS;
  for (;;) {
    try {
      return await createDataSource(options).initialize();
    } catch (error) {
      const isAway = databaseFailure(error)?.code === 'unavailable';
      if (!isAway || performance.now() > deadline) throw error;
      logger.warn({ reason: (error as Error).message }, 'waiting for the database');
      await delay(RETRY_AFTER_MS);
    }
  }
}

/** Replicas start together: one migrates, the others wait and find nothing left to do. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('set statement_timeout = 0');
    await runner.query('select pg_advisory_lock($1, $2)', MIGRATION_LOCK);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await runner.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await runner.query('reset statement_timeout').catch(() => undefined);
    await runner.release();
  }
}
