import type { DataSource, EntityManager } from 'typeorm';
import type { ConfigKey } from '../writes/writes.ts';
import { readAllKeys, readResources } from './read-configuration.ts';

/** The database at one revision: all of it, or what changed since another one. */
export interface ReadRevision {
  readonly revision: number;
  readonly complete: boolean;
  readonly values: Map<string, string | null>;
}

/** Everything, as of one moment. */
export const readComplete = (dataSource: DataSource): Promise<ReadRevision> =>
  atOneMoment(dataSource, async (manager, revision) => ({
    revision,
    complete: true,
    values: await readResources(manager, await readAllKeys(manager)),
  }));

/** What the revisions after `since` touched: costs the change, not the estate. */
export const readChanges = (dataSource: DataSource, since: number): Promise<ReadRevision> =>
  atOneMoment(dataSource, async (manager, revision) => {
    const rows: { key: ConfigKey }[] = await manager.query(
      'select distinct key from config_changes where revision > $1 and revision <= $2',
      [since, revision],
    );
    const keys = rows.map(({ key }) => key);
    return { revision, complete: false, values: await readResources(manager, keys) };
  });

/** Rows and revision must be of one moment, or a change could be published under the wrong number. */
function atOneMoment<T>(
  dataSource: DataSource,
  read: (manager: EntityManager, revision: number) => Promise<T>,
): Promise<T> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query('set transaction read only');
    const [row]: [{ revision: string }] = await manager.query(
      'select revision from config_revision where id = 1',
    );
    return read(manager, Number(row.revision));
  });
}
