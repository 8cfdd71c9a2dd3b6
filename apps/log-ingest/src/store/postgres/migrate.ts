import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { inTransaction } from './transaction.ts';

/** `0001_what_it_does.sql`, beside `src` and `dist` alike. Append only; run in order, once each. */
const FOLDER = fileURLToPath(new URL('../../../migrations/', import.meta.url));
const MIGRATION_LOCK = 7_340_111;

/** Brings the schema `logs` up to date. Several processes may start at once: one works, all wait. */
export async function migrate(pool: Pool): Promise<readonly string[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS logs');
    await client.query(
      `CREATE TABLE IF NOT EXISTS logs.migrations
         (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const { rows } = await client.query<{ name: string }>('SELECT name FROM logs.migrations');
    const done = new Set(rows.map(({ name }) => name));
    const pending = names.filter((name) => !done.has(name));
    for (const name of pending) {
      await client.query(await readFile(`${FOLDER}${name}`, 'utf8'));
      await client.query('INSERT INTO logs.migrations (name) VALUES ($1)', [name]);
    }
    return pending;
  });
}
