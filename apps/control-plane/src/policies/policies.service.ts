import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ClientEntity } from '../clients/client.entity.ts';
import { conflict, notFound } from '../http/api-error.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import { ProfileEntity } from '../profiles/profile.entity.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { amended, changesNothing } from '../writes/amend.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { inUse } from '../writes/in-use.ts';
import { checkIfMatch, firstVersion } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { PolicyFields, type CreatePolicy } from './policy.dto.ts';
import { PolicyEntity } from './policy.entity.ts';
import { toPolicyFields, toPolicyResponse } from './policy.response.ts';

@Injectable()
export class PoliciesService {
  constructor(private readonly dataSource: DataSource) {}

  list(page: PageQuery): Promise<Page<PolicyEntity>> {
    const query = this.dataSource.getRepository(PolicyEntity).createQueryBuilder('policy');
    whereAnyHolds(query, ['policy.id', 'policy.name', 'policy.description'], page.q);
    return readPage(query, page);
  }

  async get(id: string, { manager }: Reads = this.dataSource): Promise<PolicyEntity> {
    const policy = await manager.findOneBy(PolicyEntity, { id });
    if (policy === null) throw notFound(`There is no policy ${id}.`);
    return policy;
  }

  async create(tx: WriteTx, { id, ...fields }: CreatePolicy): Promise<PolicyEntity> {
    await refuseTaken(tx, PolicyEntity, id);
    const policy = tx.manager.create(PolicyEntity, {
      id: newId('policy', fields.name, id),
      ...fields,
      ...firstVersion(tx),
    });
    await tx.manager.insert(PolicyEntity, policy as never);
    recordPolicy(tx, 'create', [null, policy]);
    return policy;
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<PolicyEntity> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before);
    return this.replace(tx, before, mergePatch(toPolicyFields(before), patch));
  }

  async replace(tx: WriteTx, before: PolicyEntity, document: unknown): Promise<PolicyEntity> {
    const fields = validated(PolicyFields, document, 'body');
    const policy = amended(tx, PolicyEntity, before, fields);
    if (changesNothing(tx, [before, policy])) return before;
    await tx.manager.update(PolicyEntity, { id: before.id }, policy as never);
    recordPolicy(tx, 'update', [before, policy]);
    return policy;
  }

  /** Never by force: taking a policy away would leave its clients without any limit. */
  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const policy = await this.get(id, tx);
    checkIfMatch(ifMatch, policy);
    const [clients, profiles] = await Promise.all([
      tx.manager.findBy(ClientEntity, { policy_id: id }),
      tx.manager.findBy(ProfileEntity, { policy_id: id }),
    ]);
    const users = [...clients, ...profiles];
    if (users.length > 0) throw conflict(...inUse('policy', users));
    await tx.manager.delete(PolicyEntity, { id });
    recordPolicy(tx, 'delete', [policy, null]);
  }
}

function recordPolicy(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete',
  [before, after]: readonly [PolicyEntity | null, PolicyEntity | null],
): void {
  const id = (after ?? before)!.id;
  tx.changed(`policy.${id}`);
  tx.audit({
    action: `policy.${verb}`,
    resource_type: 'policy',
    resource_id: id,
    before: before && toPolicyResponse(before),
    after: after && toPolicyResponse(after),
  });
}
