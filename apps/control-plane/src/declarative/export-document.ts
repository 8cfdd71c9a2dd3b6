import type { DataSource } from 'typeorm';
import { ClientEntity } from '../clients/client.entity.ts';
import { toClientFields, withLists } from '../clients/read-client.ts';
import { CollectionEntity } from '../collections/collection.entity.ts';
import { toCollectionFields } from '../collections/collection.response.ts';
import { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { toEndpointFields } from '../endpoints/endpoint.response.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import { toPolicyFields } from '../policies/policy.response.ts';
import { ProfileEntity } from '../profiles/profile.entity.ts';
import { toProfileFields } from '../profiles/profile.response.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';
import type { Reads } from '../writes/writes.ts';
import { DOCUMENT_FORMAT } from './config-document.ts';

const BY_ID = { order: { id: 'ASC' as const } };

/** Everything as of one moment, secrets aside, in the order of ids: two exports can be compared. */
export const exportDocument = (dataSource: DataSource) =>
  dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query('set transaction read only');
    const reads = { manager };
    return {
      format: DOCUMENT_FORMAT,
      policies: (await manager.find(PolicyEntity, BY_ID)).map((policy) => ({
        id: policy.id,
        ...toPolicyFields(policy),
      })),
      upstream_credentials: (await manager.find(UpstreamCredentialEntity, BY_ID)).map(
        ({ id, name, type, settings }) => ({ id, name, type, ...settings }),
      ),
      collections: await collectionsOf(reads),
      clients: await clientsOf(reads),
    };
  });

async function collectionsOf({ manager }: Reads) {
  const endpoints = await manager.find(EndpointEntity, BY_ID);
  const ofCollection = Map.groupBy(endpoints, ({ collection_id }) => collection_id);
  return (await manager.find(CollectionEntity, BY_ID)).map((collection) => ({
    id: collection.id,
    ...toCollectionFields(collection),
    endpoints: (ofCollection.get(collection.id) ?? []).map((endpoint) => ({
      id: endpoint.id,
      ...toEndpointFields(endpoint),
    })),
  }));
}

async function clientsOf(reads: Reads) {
  const profiles = await reads.manager.find(ProfileEntity, BY_ID);
  const ofClient = Map.groupBy(profiles, ({ client_id }) => client_id);
  const clients = await reads.manager.find(ClientEntity, BY_ID);
  const records = await withLists(reads, clients);
  return records.map((record) => ({
    id: record.client.id,
    ...toClientFields(record),
    profiles: (ofClient.get(record.client.id) ?? []).map((profile) => ({
      id: profile.id,
      ...toProfileFields({ profile, credentials: [] }),
    })),
  }));
}
