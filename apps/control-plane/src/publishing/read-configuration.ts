import type { EntityManager } from 'typeorm';
import type { ClientEntity } from '../clients/client.entity.ts';
import type { CollectionEntity } from '../collections/collection.entity.ts';
import type { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import type { PolicyEntity } from '../policies/policy.entity.ts';
import type { ProfileCredentialEntity } from '../profiles/profile-credential.entity.ts';
import type { ProfileEntity } from '../profiles/profile.entity.ts';
import type { ConfigKey } from '../writes/writes.ts';
import { toSnapshotClient } from './compile-client.ts';
import { credentialsOf, toSnapshotCollection } from './compile-collection.ts';
import { toSnapshotPolicy } from './compile-policy.ts';

/** Clients are read in portions, so that a large estate neither fills memory nor blocks the loop. */
const CLIENTS_PER_READ = 2_000;

export type ConfigValues = ReadonlyMap<string, string | null>;

/**
 * Compiled resources straight from rows, without entities in between: a hundred thousand clients are
 * read at every start. Column names are property names, which is what makes the casts true.
 */
export async function readResources(
  manager: EntityManager,
  keys: Iterable<ConfigKey>,
): Promise<Map<string, string | null>> {
  const idsByKind = new Map<string, string[]>([
    ['policy', []],
    ['collection', []],
    ['client', []],
  ]);
  const values = new Map<string, string | null>();
  for (const key of keys) {
    const [kind = '', id = ''] = key.split('.', 2);
    idsByKind.get(kind)?.push(id);
    // Gone, unless one of the readers below finds it.
    values.set(key, null);
  }
  await readPolicies(manager, idsByKind.get('policy')!, values);
  await readCollections(manager, idsByKind.get('collection')!, values);
  const clientIds = idsByKind.get('client')!;
  for (let from = 0; from < clientIds.length; from += CLIENTS_PER_READ) {
    await readClients(manager, clientIds.slice(from, from + CLIENTS_PER_READ), values);
  }
  return values;
}

/** The key of everything there is. Drafts are named too, and then found to be no resource. */
export async function readAllKeys(manager: EntityManager): Promise<ConfigKey[]> {
  const rows: { key: ConfigKey }[] = await manager.query(
    `select 'policy.' || id as key from policies
     union all select 'collection.' || id from collections where status = 'published'
     union all select 'client.' || id from clients`,
  );
  return rows.map(({ key }) => key);
}

type Values = Map<string, string | null>;

async function readPolicies(manager: EntityManager, ids: string[], values: Values): Promise<void> {
  if (ids.length === 0) return;
  const rows: PolicyEntity[] = await manager.query('select * from policies where id = any($1)', [
    ids,
  ]);
  for (const row of rows) values.set(`policy.${row.id}`, JSON.stringify(toSnapshotPolicy(row)));
}

async function readCollections(
  manager: EntityManager,
  ids: string[],
  values: Values,
): Promise<void> {
  if (ids.length === 0) return;
  const collections: CollectionEntity[] = await manager.query(
    `select * from collections where id = any($1) and status = 'published'`,
    [ids],
  );
  const endpoints: EndpointEntity[] = await manager.query(
    `select * from endpoints where collection_id = any($1) and status = 'published'`,
    [ids],
  );
  const ofCollection = Map.groupBy(endpoints, ({ collection_id }) => collection_id);
  for (const collection of collections) {
    const own = ofCollection.get(collection.id) ?? [];
    const credentials = await credentialsOf({ manager }, [collection, ...own]);
    const compiled = toSnapshotCollection({ collection, endpoints: own, credentials });
    values.set(`collection.${collection.id}`, JSON.stringify(compiled));
  }
}

async function readClients(manager: EntityManager, ids: string[], values: Values): Promise<void> {
  const select = <T>(text: string): Promise<T[]> => manager.query(text, [ids]);
  const clients = await select<ClientEntity>('select * from clients where id = any($1)');
  const assignments = await select<{ client_id: string; collection_id: string }>(
    `select client_id, collection_id from client_collections where client_id = any($1)
     order by client_id, position`,
  );
  const profiles = await select<ProfileEntity>('select * from profiles where client_id = any($1)');
  const credentials = await select<ProfileCredentialEntity & { client_id: string }>(
    `select c.*, p.client_id from profile_credentials c join profiles p on p.id = c.profile_id
     where p.client_id = any($1) order by c.created_at, c.id`,
  );
  const collectionsOf = Map.groupBy(assignments, ({ client_id }) => client_id);
  const profilesOf = Map.groupBy(profiles, ({ client_id }) => client_id);
  const secretsOf = Map.groupBy(credentials, ({ client_id }) => client_id);
  for (const client of clients) {
    const collections = (collectionsOf.get(client.id) ?? []).map((row) => row.collection_id);
    const compiled = toSnapshotClient({
      record: { client, collections, authorized_emails: [] },
      profiles: profilesOf.get(client.id) ?? [],
      credentials: secretsOf.get(client.id) ?? [],
    });
    values.set(`client.${client.id}`, JSON.stringify(compiled));
  }
}
