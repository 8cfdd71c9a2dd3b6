import { DataSource } from 'typeorm';
import { ENTITIES } from './entities.ts';
import { Initial1700000000001 } from './migrations/1700000000001-initial.ts';
import { WebhooksAndAlerts1700000000020 } from './migrations/1700000000020-webhooks-and-alerts.ts';
import { KeepKeyOrder1700000000030 } from './migrations/1700000000030-keep-key-order.ts';

/** In order; append only. */
const MIGRATIONS = [
  Initial1700000000001,
  WebhooksAndAlerts1700000000020,
  KeepKeyOrder1700000000030,
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
