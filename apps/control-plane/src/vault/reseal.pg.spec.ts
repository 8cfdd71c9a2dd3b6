import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@portico/telemetry';
import type { DataSource } from 'typeorm';
import { migratedDatabase, type MigratedDatabase } from '../../test/migrated-database.ts';
import { insertWebhook } from '../../test/webhook-outbox.ts';
import { loadControlPlaneConfig } from '../config.ts';
import { WriteSignal } from '../writes/write-signal.ts';
import { Writes } from '../writes/writes.ts';
import { heldKeys } from './held-keys.ts';
import { resealAll, ROWS_PER_TRANSACTION } from './reseal.ts';
import { keyUses, SEALED_PLACES } from './sealed-places.ts';
import { Vault } from './vault.ts';

const BEFORE = 'a master secret for tests';
const PRESENT = 'the master secret after that';

describe('sealing many secrets anew', () => {
  let database: MigratedDatabase;
  const rows = 2 * ROWS_PER_TRANSACTION + 500;
  const webhooks = SEALED_PLACES.find(({ table }) => table === 'webhooks')!;
  const config = loadControlPlaneConfig({
    DATABASE_URL: 'postgres://unused',
    PORTICO_ENCRYPTION_KEY: PRESENT,
    PORTICO_ENCRYPTION_KEY_PREVIOUS: BEFORE,
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const partsOver = (dataSource: DataSource) => ({
    vault: new Vault(config),
    writes: new Writes(dataSource, new WriteSignal()),
    logger,
  });
  const uses = async () =>
    Object.fromEntries(
      (await keyUses(database.dataSource.manager, webhooks, [])).map((use) => [
        use.key_id,
        use.count,
      ]),
    );

  beforeEach(async () => {
    database = await migratedDatabase();
    await insertWebhook(database.dataSource, { id: 'wh_0', url: 'https://hook.test', events: [] });
    await database.dataSource.query(
      `insert into webhooks (id, url, events, active, sealed, key_id, created_at, updated_at)
       select 'wh_' || n, url, events, active, sealed, key_id, created_at, updated_at
       from webhooks, generate_series(1, $1::int - 1) n`,
      [rows],
    );
  });
  afterEach(() => database.drop());

  it('goes on where it was cut off', async () => {
    const before = heldKeys(BEFORE).vaultKey.id;
    const present = heldKeys(PRESENT).vaultKey.id;
    let looks = 0;
    const parts = partsOver(database.dataSource);
    const first = await resealAll(parts, () => (looks += 1) > 1);
    expect(first).toEqual({ webhooks: ROWS_PER_TRANSACTION });
    expect(await uses()).toEqual({
      [before]: rows - ROWS_PER_TRANSACTION,
      [present]: ROWS_PER_TRANSACTION,
    });
    expect(await resealAll(parts, () => false)).toEqual({ webhooks: rows - ROWS_PER_TRANSACTION });
    expect(await uses()).toEqual({ [present]: rows });
  });

  it('is done once by replicas that do it at the same time', async () => {
    const sources = await Promise.all([database.connect(), database.connect()]);
    const done = await Promise.all(
      sources.map((source) => resealAll(partsOver(source), () => false)),
    );
    expect(done.reduce((sum, counts) => sum + (counts['webhooks'] ?? 0), 0)).toBe(rows);
    expect(await uses()).toEqual({ [heldKeys(PRESENT).vaultKey.id]: rows });
  });

  it('leaves out no table that keeps sealed texts', async () => {
    const tables: { table_name: string }[] = await database.dataSource.query(
      `select distinct table_name from information_schema.columns
       where table_schema = 'public' and column_name in ('sealed', 'secrets', 'key_id') order by 1`,
    );
    const known = SEALED_PLACES.map(({ table }) => table).sort();
    expect(tables.map(({ table_name }) => table_name)).toEqual(known);
  });

  it('has nothing to do where the same secret is given twice', async () => {
    const same = loadControlPlaneConfig({
      ...{ DATABASE_URL: 'postgres://unused', PORTICO_ENCRYPTION_KEY: BEFORE },
      PORTICO_ENCRYPTION_KEY_PREVIOUS: BEFORE,
    });
    expect(new Vault(same).previousKeyIds).toEqual([]);
  });
});
