import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../http/api-error.ts';
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
import { ApiKeyFields, type ApiKeyResponse, type CreateApiKey } from './api-key.dto.ts';
import { ApiKeyEntity } from './api-key.entity.ts';

const KEY_PREFIX = 'portico_key_';
const HINT_CHARS = KEY_PREFIX.length + 4;

@Injectable()
export class ApiKeysService {
  constructor(private readonly dataSource: DataSource) {}

  list(page: PageQuery): Promise<Page<ApiKeyEntity>> {
    const query = this.dataSource.manager.createQueryBuilder(ApiKeyEntity, 'k');
    whereAnyHolds(query, ['k.id', 'k.name', 'k.hint'], page.q);
    return readPage(query, page);
  }

  async get(id: string, { manager }: Reads = this.dataSource): Promise<ApiKeyEntity> {
    const key = await manager.findOneBy(ApiKeyEntity, { id });
    if (key === null) throw notFound(`There is no API key ${id}.`);
    return key;
  }

  /** `secret` is the key itself: from here on nobody can learn it again. */
  async create(tx: WriteTx, { id, ...fields }: CreateApiKey) {
    await refuseTaken(tx, ApiKeyEntity, id);
    const secret = KEY_PREFIX + randomBytes(30).toString('base64url');
    const key = tx.manager.create(ApiKeyEntity, {
      id: newId('apiKey', fields.name, id),
      ...toColumns(fields),
      sha256: createHash('sha256').update(secret).digest('hex'),
      hint: secret.slice(0, HINT_CHARS),
      last_used_at: null,
      ...firstVersion(tx),
    });
    await tx.manager.insert(ApiKeyEntity, key as never);
    record(tx, 'create', [null, key]);
    return { key, secret };
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<ApiKeyEntity> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before);
    const { name, role, active, expires_at } = toApiKeyResponse(before);
    const document = mergePatch({ name, role, active, expires_at }, patch);
    const fields = validated(ApiKeyFields, document, 'body');
    const key = amended(tx, ApiKeyEntity, before, toColumns(fields));
    if (changesNothing(tx, [before, key])) return before;
    await tx.manager.update(ApiKeyEntity, { id }, key as never);
    record(tx, 'update', [before, key]);
    return key;
  }

  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const key = await this.get(id, tx);
    checkIfMatch(ifMatch, key);
    await tx.manager.delete(ApiKeyEntity, { id });
    record(tx, 'delete', [key, null]);
  }
}

const toColumns = ({ name, role, active, expires_at }: ApiKeyFields) => ({
  name,
  role,
  active,
  expires_at: expires_at === null ? null : new Date(expires_at),
});

export const toApiKeyResponse = (key: ApiKeyEntity): ApiKeyResponse => ({
  id: key.id,
  name: key.name,
  role: key.role,
  active: key.active,
  expires_at: key.expires_at?.toISOString() ?? null,
  hint: key.hint,
  last_used_at: key.last_used_at?.toISOString() ?? null,
  ...versionFields(key),
});

function record(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete',
  [before, after]: readonly [ApiKeyEntity | null, ApiKeyEntity | null],
): void {
  tx.audit({
    action: `api_key.${verb}`,
    resource_type: 'api_key',
    resource_id: (after ?? before)!.id,
    before: before && toApiKeyResponse(before),
    after: after && toApiKeyResponse(after),
  });
}
