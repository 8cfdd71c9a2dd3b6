import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase } from '@portico/testkit';
import type { DataSource } from 'typeorm';
import { createDataSource, migrate } from './data-source.ts';

describe('the schema', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  const sources: DataSource[] = [];
  const connect = async (): Promise<DataSource> => {
    const source = createDataSource({ url: database.url, poolMax: 4 });
    sources.push(source);
    return source.initialize();
  };

  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(async () => {
    await Promise.all(sources.map((source) => source.destroy()));
    await database.drop();
  });

  it('is migrated once when several replicas start together', async () => {
    const replicas = await Promise.all([connect(), connect(), connect()]);
    await Promise.all(replicas.map(migrate));
    const rows: unknown[] = await replicas[0]!.query('select * from migrations');
    expect(rows).toHaveLength(replicas[0]!.migrations.length);
  });

  it('is the same in migrations and entities', async () => {
    const source = await connect();
    await migrate(source);
    const difference = await source.driver.createSchemaBuilder().log();
    expect(difference.upQueries.map(({ query }) => query)).toEqual([]);
  });
});
