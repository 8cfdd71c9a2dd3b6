import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, testDatabase, type TestDatabase } from '@portico/testkit';
import pg from 'pg';
import { StoreUnavailableError } from '../src/store/log-store.ts';
import { openPool } from '../src/store/postgres/pool.ts';
import { inTransaction } from '../src/store/postgres/transaction.ts';

describe('a connection that PostgreSQL ends', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let admin: pg.Client;
  let lost: Error[];

  beforeAll(async () => {
    database = await testDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    lost = [];
    pool = openPool(
      { url: database.url, onConnectionLost: (error) => lost.push(error) },
      { max: 1, timeoutMs: 10_000 },
    );
  });
  afterAll(async () => {
    await pool.end();
    await admin.end();
    await database.drop();
  });

  const endIt = async (pid: number): Promise<void> => {
    lost.length = 0;
    await admin.query('SELECT pg_terminate_backend($1)', [pid]);
    await eventually(() => {
      expect(lost[0]?.message).toMatch(/terminating connection/);
    });
  };

  const pidOf = async (client: pg.Pool | pg.PoolClient): Promise<number> => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]!.pid;
  };

  it('fails the transaction that held it, between two statements, and nothing else', async () => {
    const held = inTransaction(pool, async (client) => {
      await endIt(await pidOf(client));
      return await pidOf(client);
    });
    await expect(held).rejects.toThrow(StoreUnavailableError);
    expect(await pidOf(pool)).toBeGreaterThan(0);
  });

  it('is replaced when it was idle', async () => {
    const before = await pidOf(pool);
    await endIt(before);
    expect(await pidOf(pool)).not.toBe(before);
  });
});
