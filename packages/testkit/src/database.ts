import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { eventually } from './eventually.ts';

export interface DatabaseTemplate {
  /** Same key, same contents: it is built once per test run, and copied from then on. */
  readonly key: string;
  /** Fills the template; must close its connections. */
  prepare(url: string): Promise<void>;
}

export interface TestDatabase {
  readonly url: string;
  /** Fails when a connection stays open: a pool that leaks is a bug. */
  drop(options?: { readonly withinMs?: number }): Promise<void>;
}

/** A fresh database on the run's PostgreSQL, for one test file; a copy of `template` when given. */
export async function testDatabase(
  options: { readonly template?: DatabaseTemplate } = {},
): Promise<TestDatabase> {
  const adminUrl = await runWidePostgres();
  const source = options.template ? await templateOf(adminUrl, options.template) : 'template0';
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(adminUrl, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${source}`));
  return { url: named(adminUrl, name), drop: (options) => dropDatabase(adminUrl, name, options) };
}

let address: Promise<string> | undefined;

/** Asks the process that runs Jest, which starts PostgreSQL when asked for the first time. */
function runWidePostgres(): Promise<string> {
  address ??= (async () => {
    const broker = process.env.PORTICO_TEST_POSTGRES;
    if (!broker) {
      throw new Error('testDatabase() works under Jest only: its global setup runs PostgreSQL');
    }
    const answer = await fetch(broker);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`PostgreSQL for the tests did not start: ${text}`);
    return text;
  })();
  return address;
}

async function templateOf(adminUrl: string, template: DatabaseTemplate): Promise<string> {
  if (!/^[a-z0-9_]{1,40}$/.test(template.key)) throw new Error(`bad template key ${template.key}`);
  const name = `template_${template.key}`;
  await asAdmin(adminUrl, async (admin) => {
    // Test files run in several processes; one builds it, the others wait here and find it built.
    await admin.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const found = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount) return;
    const draft = `draft_${template.key}`;
    await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    await template.prepare(named(adminUrl, draft));
    await untilUnused(admin, draft);
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  });
  return name;
}

async function dropDatabase(
  adminUrl: string,
  name: string,
  options: { readonly withinMs?: number } = {},
): Promise<void> {
  await asAdmin(adminUrl, async (admin) => {
    try {
      await untilUnused(admin, name, options);
    } finally {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
  });
}

async function untilUnused(
  admin: pg.Client,
  name: string,
  options: { readonly withinMs?: number } = {},
): Promise<void> {
  await eventually(async () => {
    const { rows } = await admin.query<{ query: string }>(
      `SELECT query FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0) return true;
    const last = rows.map(({ query }) => query).join('; ');
    throw new Error(`${rows.length} connections left open; last used for: ${last}`);
  }, options);
}

async function asAdmin<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function named(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
