import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { conflict, notFound } from '../http/api-error.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { amended, changesNothing } from '../writes/amend.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { checkIfMatch, firstVersion, versionFields } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { AdminUserFields, type AdminUserResponse, type CreateAdminUser } from './admin-user.dto.ts';
import { AdminUserEntity } from './admin-user.entity.ts';

@Injectable()
export class AdminUsersService {
  constructor(private readonly dataSource: DataSource) {}

  list(page: PageQuery): Promise<Page<AdminUserEntity>> {
    const query = this.dataSource.manager.createQueryBuilder(AdminUserEntity, 'u');
    whereAnyHolds(query, ['u.id', 'u.name', 'u.email'], page.q);
    return readPage(query, page);
  }

  async get(id: string, { manager }: Reads = this.dataSource): Promise<AdminUserEntity> {
    const user = await manager.findOneBy(AdminUserEntity, { id });
    if (user === null) throw notFound(`There is no admin user ${id}.`);
    return user;
  }

  async create(tx: WriteTx, { id, ...fields }: CreateAdminUser): Promise<AdminUserEntity> {
    await refuseTaken(tx, AdminUserEntity, id);
    await refuseTakenEmail(tx, fields.email, undefined);
    const user = tx.manager.create(AdminUserEntity, {
      id: newId('adminUser', fields.name, id),
      ...fields,
      ...firstVersion(tx),
    });
    await tx.manager.insert(AdminUserEntity, user as never);
    record(tx, 'create', [null, user]);
    return user;
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<AdminUserEntity> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before);
    const fields = validated(AdminUserFields, mergePatch(toFields(before), patch), 'body');
    await refuseTakenEmail(tx, fields.email, id);
    const user = amended(tx, AdminUserEntity, before, fields);
    if (changesNothing(tx, [before, user])) return before;
    await tx.manager.update(AdminUserEntity, { id }, user as never);
    record(tx, 'update', [before, user]);
    return user;
  }

  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const user = await this.get(id, tx);
    checkIfMatch(ifMatch, user);
    await tx.manager.delete(AdminUserEntity, { id });
    record(tx, 'delete', [user, null]);
  }
}

async function refuseTakenEmail(
  { manager }: WriteTx,
  email: string,
  ownId: string | undefined,
): Promise<void> {
  const other = await manager.findOneBy(AdminUserEntity, { email });
  if (other === null || other.id === ownId) return;
  throw conflict(`${email} is an admin user already.`, [
    { path: 'body.email', message: `is taken by ${other.id}` },
  ]);
}

const toFields = ({ email, name, role, active }: AdminUserEntity): AdminUserFields => ({
  email,
  name,
  role,
  active,
});

export const toAdminUserResponse = (user: AdminUserEntity): AdminUserResponse => ({
  id: user.id,
  ...toFields(user),
  ...versionFields(user),
});

function record(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete',
  [before, after]: readonly [AdminUserEntity | null, AdminUserEntity | null],
): void {
  tx.audit({
    action: `admin_user.${verb}`,
    resource_type: 'admin_user',
    resource_id: (after ?? before)!.id,
    before: before && toAdminUserResponse(before),
    after: after && toAdminUserResponse(after),
  });
}
