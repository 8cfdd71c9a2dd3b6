import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ClientCollectionEntity } from '../clients/client-collection.entity.ts';
import { ClientEntity } from '../clients/client.entity.ts';
import { conflict, notFound } from '../http/api-error.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import { refuseMissing } from '../references/references.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { amended, changesNothing } from '../writes/amend.ts';
import { inUse } from '../writes/in-use.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { checkIfMatch, firstVersion } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { CollectionFields, type CreateCollection } from './collection.dto.ts';
import { CollectionEntity } from './collection.entity.ts';
import { toCollectionFields } from './collection.response.ts';
import { refuseTakenBasePath, refuseUnenforceable } from './enforceable.ts';
import { recordCollection } from './record-collection.ts';
import { unassign } from './unassign.ts';

@Injectable()
export class CollectionsService {
  constructor(private readonly dataSource: DataSource) {}

  list(page: PageQuery): Promise<Page<CollectionEntity>> {
    const query = this.dataSource.manager.createQueryBuilder(CollectionEntity, 'c');
    whereAnyHolds(query, ['c.id', 'c.name', 'c.description', 'c.base_path'], page.q);
    return readPage(query, page);
  }

  async get(id: string, { manager }: Reads = this.dataSource): Promise<CollectionEntity> {
    const collection = await manager.findOneBy(CollectionEntity, { id });
    if (collection === null) throw notFound(`There is no collection ${id}.`);
    return collection;
  }

  async create(tx: WriteTx, { id, ...fields }: CreateCollection): Promise<CollectionEntity> {
    await refuseTaken(tx, CollectionEntity, id);
    const collection = tx.manager.create(CollectionEntity, {
      id: newId('collection', fields.name, id),
      ...fields,
      ...firstVersion(tx),
    });
    await this.checkReferences(tx, collection);
    await tx.manager.insert(CollectionEntity, collection as never);
    await refuseUnenforceable(tx, { collectionId: collection.id });
    recordCollection(tx, 'create', [null, collection]);
    return collection;
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<CollectionEntity> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before);
    return this.replace(tx, before, mergePatch(toCollectionFields(before), patch));
  }

  async replace(tx: WriteTx, before: CollectionEntity, document: unknown) {
    const fields = validated(CollectionFields, document, 'body');
    const collection = amended(tx, CollectionEntity, before, fields);
    if (changesNothing(tx, [before, collection])) return before;
    await this.checkReferences(tx, collection);
    await tx.manager.update(CollectionEntity, { id: before.id }, collection as never);
    await refuseUnenforceable(tx, { collectionId: before.id });
    recordCollection(tx, 'update', [before, collection]);
    return collection;
  }

  /** By force it also leaves the contracts it is in: that only ever narrows what partners may call. */
  async remove(tx: WriteTx, { id, force, ifMatch }: Removal): Promise<void> {
    const collection = await this.get(id, tx);
    checkIfMatch(ifMatch, collection);
    const assignments = await tx.manager.findBy(ClientCollectionEntity, { collection_id: id });
    const clients = await Promise.all(
      assignments.map(({ client_id }) =>
        tx.manager.findOneByOrFail(ClientEntity, { id: client_id }),
      ),
    );
    if (clients.length > 0 && !force) {
      const [message, details] = inUse('collection', clients);
      throw conflict(`${message} Use ?force=true to take it out of their contracts.`, details);
    }
    for (const client of clients) await unassign(tx, client, id);
    await tx.manager.delete(CollectionEntity, { id });
    recordCollection(tx, 'delete', [collection, null]);
  }

  private async checkReferences(tx: WriteTx, collection: CollectionEntity): Promise<void> {
    const path = 'body.credential_id';
    await refuseMissing(tx, UpstreamCredentialEntity, [{ path, id: collection.credential_id }]);
    await refuseTakenBasePath(tx, collection);
  }
}
