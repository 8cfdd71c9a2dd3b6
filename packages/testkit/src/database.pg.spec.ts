import { describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { testDatabase, type DatabaseTemplate } from './database.ts';

const ask = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  await client.end();
  return rows.flat();
};

describe('testDatabase', () => {
  it('gives every caller an empty database of its own', async () => {
    const [one, other] = await Promise.all([testDatabase(), testDatabase()]);
    await ask(one.url, 'CREATE TABLE mine ()');
    expect(await ask(other.url, `SELECT to_regclass('mine')`)).toEqual([null]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(ask(one.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });

  it('builds a template once and copies it', async () => {
    const prepare = jest.fn<DatabaseTemplate['prepare']>(async (url) => {
      await ask(url, 'CREATE TABLE ready AS SELECT 7 AS n');
    });
    const template = { key: 'testkit_spec', prepare };
    const copies = await Promise.all([testDatabase({ template }), testDatabase({ template })]);
    for (const copy of copies) {
      expect(await ask(copy.url, 'SELECT n FROM ready')).toEqual([7]);
      await copy.drop();
    }
    expect(prepare).toHaveBeenCalledTimes(1);
  });

  it('fails on a connection left open, and drops the database all the same', async () => {
    const database = await testDatabase();
    const leak = new pg.Client({ connectionString: database.url });
    leak.on('error', () => undefined);
    await leak.connect();
    await leak.query('SELECT 42');
    await expect(database.drop({ withinMs: 500 })).rejects.toThrow(
      '1 connections left open; last used for: SELECT 42',
    );
    await expect(ask(database.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });
});
