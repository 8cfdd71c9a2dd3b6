import { testDatabase } from '@portico/testkit';
import type { DataSource } from 'typeorm';
import { createDataSource, migrate } from '../src/database/data-source.ts';

export interface MigratedDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  /** Another pool, as another replica has one. */
  connect(): Promise<DataSource>;
  drop(): Promise<void>;
}

/** The control plane's tables, without the application. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const database = await testDatabase();
  const sources: DataSource[] = [];
  const connect = async (): Promise<DataSource> => {
    const source = createDataSource({ url: database.url, poolMax: 6 });
    sources.push(source);
    return source.initialize();
  };
  const dataSource = await connect();
  await migrate(dataSource);
  return {
    url: database.url,
    dataSource,
    connect,
    drop: async () => {
      await Promise.all(sources.map((source) => source.isInitialized && source.destroy()));
      await database.drop();
    },
  };
}
