import { Injectable } from '@nestjs/common';
import { findShadowed, mayCall, maySee, type ScopedClient } from '@portico/enforcement';
import { DataSource, In } from 'typeorm';
import { ClientCollectionEntity } from '../../clients/client-collection.entity.ts';
import { ClientEntity } from '../../clients/client.entity.ts';
import { CollectionEntity } from '../../collections/collection.entity.ts';
import { EndpointEntity } from '../../endpoints/endpoint.entity.ts';
import { notFound } from '../../http/api-error.ts';

/** A collection with the endpoints of it that this client may call. */
export interface VisibleCollection {
  readonly collection: CollectionEntity;
  readonly endpoints: readonly EndpointEntity[];
}

export interface VisibleEndpoint {
  readonly collection: CollectionEntity;
  readonly endpoint: EndpointEntity;
}

type Status = 'draft' | 'published';
const publishable = ({ id, status }: { readonly id: string; readonly status: Status }) => ({
  id,
  published: status === 'published',
});

/**
 * What one client's contract covers, judged by the gateway's own rule. Whatever it does not cover
 * is answered exactly like what does not exist.
 */
@Injectable()
export class PortalCatalogue {
  constructor(private readonly dataSource: DataSource) {}

  /** In the order of the contract. */
  async collections(clientId: string): Promise<VisibleCollection[]> {
    const { client, ids } = await this.scopeOf(clientId);
    if (ids.length === 0) return [];
    const found = await this.dataSource.getRepository(CollectionEntity).findBy({ id: In(ids) });
    const byId = new Map(found.map((collection) => [collection.id, collection]));
    const visible = ids
      .flatMap((id) => byId.get(id) ?? [])
      .filter((collection) => maySee(client, publishable(collection)));
    return this.withEndpoints(client, visible);
  }

  async collection(clientId: string, collectionId: string): Promise<VisibleCollection> {
    const { client } = await this.scopeOf(clientId);
    const collection = await this.dataSource
      .getRepository(CollectionEntity)
      .findOneBy({ id: collectionId });
    if (collection === null || !maySee(client, publishable(collection))) throw notFound();
    const [visible] = await this.withEndpoints(client, [collection]);
    if (visible === undefined) throw notFound();
    return visible;
  }

  async endpoint(clientId: string, endpointId: string): Promise<VisibleEndpoint> {
    const { client } = await this.scopeOf(clientId);
    const endpoint = await this.dataSource
      .getRepository(EndpointEntity)
      .findOneBy({ id: endpointId });
    if (endpoint === null) throw notFound();
    const collection = await this.dataSource
      .getRepository(CollectionEntity)
      .findOneBy({ id: endpoint.collection_id });
    if (collection === null) throw notFound();
    if (!mayCall(client, publishable(collection), publishable(endpoint))) throw notFound();
    if (isHidden(collection, endpoint, await this.published())) throw notFound();
    return { collection, endpoint };
  }

  private async scopeOf(clientId: string): Promise<{ client: ScopedClient; ids: string[] }> {
    const [client, assigned] = await Promise.all([
      this.dataSource.getRepository(ClientEntity).findOneBy({ id: clientId }),
      this.dataSource.getRepository(ClientCollectionEntity).find({
        where: { client_id: clientId },
        order: { position: 'ASC', collection_id: 'ASC' },
      }),
    ]);
    const ids = assigned.map(({ collection_id }) => collection_id);
    return { client: { active: client?.active === true, collectionIds: new Set(ids) }, ids };
  }

  private async withEndpoints(
    client: ScopedClient,
    collections: readonly CollectionEntity[],
  ): Promise<VisibleCollection[]> {
    const [published, endpoints] = await Promise.all([
      this.published(),
      this.dataSource.getRepository(EndpointEntity).find({
        where: { collection_id: In(collections.map(({ id }) => id)) },
        order: { created_at: 'ASC', id: 'ASC' },
      }),
    ]);
    return collections.map((collection) => ({
      collection,
      endpoints: endpoints.filter(
        (endpoint) =>
          endpoint.collection_id === collection.id &&
          mayCall(client, publishable(collection), publishable(endpoint)) &&
          !isHidden(collection, endpoint, published),
      ),
    }));
  }

  /** Everybody's: a base path takes requests from another one whoever is assigned to it. */
  private published(): Promise<Pick<CollectionEntity, 'id' | 'base_path'>[]> {
    return this.dataSource.getRepository(CollectionEntity).find({
      select: { id: true, base_path: true },
      where: { status: 'published' },
    });
  }
}

/** True when a longer base path takes every request to the endpoint: it cannot be called at all. */
const isHidden = (
  collection: CollectionEntity,
  endpoint: EndpointEntity,
  published: readonly Pick<CollectionEntity, 'id' | 'base_path'>[],
): boolean => findShadowed(collection, endpoint, published) !== null;
