import { Injectable } from '@nestjs/common';
import { checkEndpoint } from '@portico/enforcement';
import { DataSource } from 'typeorm';
import { refuseUnenforceable } from '../collections/enforceable.ts';
import { invalid, notFound } from '../http/api-error.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import { toSnapshotEndpoint } from '../publishing/compile-collection.ts';
import { refuseMissing } from '../references/references.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { amended, changesNothing } from '../writes/amend.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { checkIfMatch, firstVersion } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { EndpointFields, type CreateEndpoint } from './endpoint.dto.ts';
import { EndpointEntity } from './endpoint.entity.ts';
import { toEndpointFields } from './endpoint.response.ts';
import { recordEndpoint } from './record-endpoint.ts';

@Injectable()
export class EndpointsService {
  constructor(private readonly dataSource: DataSource) {}

  list(collectionId: string, page: PageQuery): Promise<Page<EndpointEntity>> {
    const query = this.dataSource.manager
      .createQueryBuilder(EndpointEntity, 'e')
      .where('e.collection_id = :collectionId', { collectionId });
    whereAnyHolds(query, ['e.id', 'e.name', 'e.description', 'e.path'], page.q);
    return readPage(query, page);
  }

  async get(id: string, { manager }: Reads = this.dataSource): Promise<EndpointEntity> {
    const endpoint = await manager.findOneBy(EndpointEntity, { id });
    if (endpoint === null) throw notFound(`There is no endpoint ${id}.`);
    return endpoint;
  }

  async create(tx: WriteTx, collectionId: string, { id, ...fields }: CreateEndpoint) {
    await refuseTaken(tx, EndpointEntity, id);
    const endpoint = tx.manager.create(EndpointEntity, {
      id: newId('endpoint', fields.name, id),
      collection_id: collectionId,
      ...fields,
      ...firstVersion(tx),
    });
    await checkFields(tx, endpoint);
    await tx.manager.insert(EndpointEntity, endpoint as never);
    await refuseUnenforceable(tx, { collectionId, endpointId: endpoint.id });
    recordEndpoint(tx, 'create', [null, endpoint]);
    return endpoint;
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<EndpointEntity> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before);
    return this.replace(tx, before, mergePatch(toEndpointFields(before), patch));
  }

  async replace(tx: WriteTx, before: EndpointEntity, document: unknown): Promise<EndpointEntity> {
    const fields = validated(EndpointFields, document, 'body');
    const endpoint = amended(tx, EndpointEntity, before, fields);
    if (changesNothing(tx, [before, endpoint])) return before;
    await checkFields(tx, endpoint);
    await tx.manager.update(EndpointEntity, { id: before.id }, endpoint as never);
    await refuseUnenforceable(tx, { collectionId: before.collection_id, endpointId: before.id });
    recordEndpoint(tx, 'update', [before, endpoint]);
    return endpoint;
  }

  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const endpoint = await this.get(id, tx);
    checkIfMatch(ifMatch, endpoint);
    await tx.manager.delete(EndpointEntity, { id });
    recordEndpoint(tx, 'delete', [endpoint, null]);
  }
}

async function checkFields(tx: WriteTx, endpoint: EndpointEntity): Promise<void> {
  const path = 'body.credential_id';
  await refuseMissing(tx, UpstreamCredentialEntity, [{ path, id: endpoint.credential_id }]);
  refuseBadResponseSchema(endpoint);
}

/** Nodes never see the response schema, but portals and exports do: same rules as for requests. */
function refuseBadResponseSchema(endpoint: EndpointEntity): void {
  if (endpoint.response_schema === null) return;
  const asRequest = { ...endpoint, request_schema: endpoint.response_schema };
  const problems = checkEndpoint(toSnapshotEndpoint(asRequest) as never)
    .filter(({ path }) => path.startsWith('request_schema'))
    .map(({ path, message }) => ({
      path: `body.${path.replace('request_schema', 'response_schema')}`,
      message,
    }));
  if (problems.length > 0) throw invalid(...problems);
}
