import { In } from 'typeorm';
import { notFound } from '../http/api-error.ts';
import { versionFields } from '../writes/versions.ts';
import type { Reads } from '../writes/writes.ts';
import { ClientCollectionEntity } from './client-collection.entity.ts';
import { ClientEmailEntity } from './client-email.entity.ts';
import type { ClientFields, ClientResponse } from './client.dto.ts';
import { ClientEntity } from './client.entity.ts';

/** A client with the lists that live in tables of their own. */
export interface ClientRecord {
  readonly client: ClientEntity;
  readonly authorized_emails: readonly string[];
  readonly collections: readonly string[];
}

export async function readClient(reads: Reads, id: string): Promise<ClientRecord> {
  const client = await reads.manager.findOneBy(ClientEntity, { id });
  if (client === null) throw notFound(`There is no client ${id}.`);
  const [record] = await withLists(reads, [client]);
  return record!;
}

/** Two queries for any number of clients. */
export async function withLists(
  { manager }: Reads,
  clients: readonly ClientEntity[],
): Promise<ClientRecord[]> {
  if (clients.length === 0) return [];
  const where = { client_id: In(clients.map(({ id }) => id)) };
  const order = { position: 'ASC' } as const;
  const emails = await manager.find(ClientEmailEntity, { where, order });
  const collections = await manager.find(ClientCollectionEntity, { where, order });
  const emailsByClient = Map.groupBy(emails, ({ client_id }) => client_id);
  const collectionsByClient = Map.groupBy(collections, ({ client_id }) => client_id);
  return clients.map((client) => ({
    client,
    authorized_emails: (emailsByClient.get(client.id) ?? []).map(({ email }) => email),
    collections: (collectionsByClient.get(client.id) ?? []).map((row) => row.collection_id),
  }));
}

/** What an admin may write: the document that a patch is merged into. */
export const toClientFields = ({
  client,
  authorized_emails,
  collections,
}: ClientRecord): ClientFields => ({
  name: client.name,
  description: client.description,
  email: client.email,
  active: client.active,
  has_portal_access: client.has_portal_access,
  authorized_emails: [...authorized_emails],
  collections: [...collections],
  policy_id: client.policy_id,
});

export const toClientResponse = (record: ClientRecord): ClientResponse => ({
  id: record.client.id,
  ...toClientFields(record),
  ...versionFields(record.client),
});
